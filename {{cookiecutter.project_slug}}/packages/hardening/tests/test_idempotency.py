"""A POST with an Idempotency-Key has its effect once, and one answer."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from hardening.models import StoredAnswer
from shapes.models import Ticket

TICKETS = "/shapes/tickets/"

pytestmark = pytest.mark.usefixtures("way")


def keyed(key: str = "k-1") -> dict[str, str]:
    return {"Idempotency-Key": key}


def test_a_retry_gets_the_first_response_and_has_no_effect(ada):
    first = ada.post(TICKETS, {"title": "One", "count": 3}, headers=keyed())
    again = ada.post(TICKETS, {"count": 3, "title": "One"}, headers=keyed())

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["ETag"] == first["ETag"]
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert Ticket.objects.count() == 1


def test_the_first_response_is_replayed_unchanged(ada):
    first = ada.post(TICKETS, {"title": "One"}, headers=keyed())
    Ticket.objects.all().delete()

    assert ada.post(TICKETS, {"title": "One"}, headers=keyed()).content == first.content
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("other", [{"title": "Two"}, {"title": "One", "count": 0}, [{"title": "One"}], {"title": 1}])
def test_another_request_with_the_same_key_is_422(ada, other):
    ada.post(TICKETS, {"title": "One"}, headers=keyed())

    response = ada.post(TICKETS, other, headers=keyed())

    assert response.status_code == 422
    assert response.json() == {
        "detail": "This Idempotency-Key was used for another request. Use a new key.",
        "code": "idempotency_key_reused",
    }
    assert Ticket.objects.count() == 1


def test_another_route_is_another_request(ada):
    ada.post(TICKETS, {"title": "One"}, headers=keyed())

    assert ada.post("/shapes/tickets-lax/", {"title": "One"}, headers=keyed()).status_code == 422


def test_without_a_key_and_with_another_one_each_request_is_its_own(ada):
    bodies = [{"title": "One"}, {"title": "Two"}, {"title": "Three"}]
    answers = [
        ada.post(TICKETS, body, headers=headers)
        for body, headers in zip(bodies, [{}, keyed("a"), keyed("b")], strict=True)
    ]

    assert [answer.status_code for answer in answers] == [201] * 3


def test_keys_are_a_users_own(ada, bob):
    assert ada.post(TICKETS, {"title": "One"}, headers=keyed()).status_code == 201
    assert bob.post(TICKETS, {"title": "Two"}, headers=keyed()).json()["title"] == "Two"


@pytest.mark.parametrize("key", ["", "a b", "ä", "a/b", "x" * 256, '"', '"a', 'a"', "a,b", '""', "a\tb"])
def test_a_malformed_key_is_400(ada, key):
    response = ada.post(TICKETS, {"title": "One"}, headers=keyed(key))

    assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("key", ["a", "x" * 255, "A-Z.a_9", '"quoted"'])
def test_a_wellformed_key_is_taken(ada, key):
    assert ada.post(TICKETS, {"title": "One"}, headers=keyed(key)).status_code == 201
    assert ada.post(TICKETS, {"title": "One"}, headers=keyed(key))["Idempotency-Replayed"] == "true"


def test_a_key_is_the_same_with_quotes_and_without(ada):
    ada.post(TICKETS, {"title": "One"}, headers=keyed("k"))

    assert ada.post(TICKETS, {"title": "One"}, headers=keyed('"k"'))["Idempotency-Replayed"] == "true"


def test_an_error_response_is_not_stored(ada):
    taken = ada.post(TICKETS, {"title": "Taken"})
    refused = ada.post(TICKETS, {"title": "Taken"}, headers=keyed())
    invalid = ada.post(TICKETS, {}, headers=keyed())
    Ticket.objects.filter(pk=taken.json()["id"]).delete()
    taken_now = ada.post(TICKETS, {"title": "Taken"}, headers=keyed())

    assert (refused.status_code, refused.json()) == (409, {"title": ["ticket with this title already exists."]})
    assert invalid.status_code == 400
    assert taken_now.status_code == 201


def test_a_list_is_created_once(ada):
    body = [{"title": "One"}, {"title": "Two"}]
    first = ada.post(TICKETS, body, headers=keyed())

    assert ada.post(TICKETS, body, headers=keyed()).content == first.content
    assert Ticket.objects.count() == 2


def test_an_expired_response_is_not_replayed(ada, settings):
    ada.post(TICKETS, {"title": "One"}, headers=keyed())
    StoredAnswer.objects.update(created=timezone.now() - settings.IDEMPOTENCY_KEY_TTL)

    response = ada.post(TICKETS, {"title": "Two"}, headers=keyed())

    assert (response.status_code, response.json()["title"]) == (201, "Two")
    assert ada.post(TICKETS, {"title": "Two"}, headers=keyed())["Idempotency-Replayed"] == "true"


def test_purge_deletes_only_expired_responses(ada, settings, capsys):
    for key in ("old", "new"):
        ada.post(TICKETS, {"title": key}, headers=keyed(key))
    old = timezone.now() - settings.IDEMPOTENCY_KEY_TTL - timedelta(seconds=1)
    StoredAnswer.objects.filter(key="old").update(created=old)

    call_command("purge")

    assert [each.key for each in StoredAnswer.objects.all()] == ["new"]
    assert capsys.readouterr().out == "Deleted 0 tokens and 1 stored responses.\n"


def test_other_methods_do_not_read_the_key(ada):
    ticket = ada.post(TICKETS, {"title": "One"}).json()
    headers = keyed() | {"If-Match": "*"}

    for count in (1, 2):
        changed = ada.patch(f"{TICKETS}{ticket['id']}/", {"count": count}, headers=headers)
        assert changed.json()["count"] == count


def test_an_anonymous_user_with_an_invalid_idempotency_key_is_401(client):
    assert client.post(TICKETS, {"title": "One"}, headers=keyed(" ")).status_code == 401
