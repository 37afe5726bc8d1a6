"""Nobody overwrites what they have not seen: ETag, If-Match and If-None-Match (RFC 9110, 13)."""

import pytest
from django.db.models import F

from shapes.models import Basket, Label, Ticket

TICKETS = "/shapes/tickets/"


@pytest.fixture
def ticket(ada):
    """The answer to a new ticket."""
    return ada.post(TICKETS, {"title": "One"})


@pytest.fixture
def target(ticket):
    return f"{TICKETS}{ticket.json()['id']}/"


def match(*tags: str) -> dict[str, str]:
    return {"If-Match": ", ".join(tags)}


def test_a_response_with_one_object_has_its_etag(ada, ticket, target):
    shown = ada.get(target)
    changed = ada.patch(target, {"count": 1}, headers=match(shown["ETag"]))

    assert ticket["ETag"] == shown["ETag"]
    assert changed["ETag"] != shown["ETag"]
    assert ada.get(target)["ETag"] == changed["ETag"]
    assert "ETag" not in ada.get(TICKETS)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_change_without_if_match_is_428(ada, ticket, target, method):
    response = getattr(ada, method)(target, {"title": "Two", "nonsense": 1})

    assert response.status_code == 428
    assert response.json() == {
        "detail": "Send If-Match with the ETag of the object.",
        "code": "precondition_required",
    }
    assert ada.get(target).json() == ticket.json()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
@pytest.mark.parametrize("tags", ['"0-0"', "W/{tag}", '"a", "b"', '""'])
def test_a_change_of_a_stale_object_is_412_before_its_body_is_validated(ada, ticket, target, method, tags):
    response = getattr(ada, method)(target, {"nonsense": 1}, headers=match(tags.format(tag=ticket["ETag"])))

    assert response.status_code == 412
    assert response.json() == {
        "detail": "The object has changed since you read it. Read it again and retry.",
        "code": "precondition_failed",
    }
    assert ada.get(target).json() == ticket.json()


@pytest.mark.parametrize("tags", ["*", "{tag}", '"x", {tag}', '"x",{tag} , W/"y"'])
def test_a_change_of_the_state_that_was_named_is_made(ada, ticket, target, tags):
    sent = match(tags.format(tag=ticket["ETag"]))

    assert ada.patch(target, {"count": 2}, headers=sent).status_code == 200
    assert ada.get(target).json()["count"] == 2


def test_two_changes_of_the_same_state_are_one_change_and_a_412(ada, ticket, target):
    first = ada.patch(target, {"title": "First"}, headers=match(ticket["ETag"]))
    second = ada.patch(target, {"count": 5}, headers=match(ticket["ETag"]))

    assert (first.status_code, second.status_code) == (200, 412)
    assert ada.get(target).json() == first.json()


@pytest.mark.parametrize("sent", ["", "x", '"open', "1-1", '"a" "b"', '*, "a"', '"ä"', "W/x", '"a",'])
def test_an_invalid_etag_is_400(ada, ticket, target, sent):
    change = ada.patch(target, {"count": 3}, headers={"If-Match": sent})
    read = ada.get(target, headers={"If-None-Match": sent})

    assert (change.status_code, change.json()["code"]) == (400, "bad_request")
    assert (read.status_code, read.json()["code"]) == (400, "bad_request")


def test_401_and_404_come_before_precondition_errors(ada, client, ticket, target):
    assert client.patch(target, {"count": 3}).status_code == 401
    assert ada.patch(f"{TICKETS}999999/", {"count": 3}).status_code == 404


def test_a_rejected_change_leaves_the_tag(ada, ticket, target):
    ada.post(TICKETS, {"title": "Taken"})
    refused = ada.patch(target, {"title": "Taken"}, headers=match(ticket["ETag"]))

    assert refused.status_code == 409
    assert "ETag" not in refused
    assert ada.get(target)["ETag"] == ticket["ETag"]


def test_a_change_of_related_objects_alone_is_a_change(ada, ticket, target):
    label = Label.objects.create(basket=Basket.objects.create(name="b"), text="t")

    changed = ada.patch(target, {"labels": [label.pk]}, headers=match(ticket["ETag"]))

    assert changed.status_code == 200
    assert changed["ETag"] != ticket["ETag"]


@pytest.mark.parametrize("known", ["{tag}", "W/{tag}", '"x", {tag}', "*"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_matching_if_none_match_is_304(ada, ticket, target, method, known):
    response = getattr(ada, method)(target, headers={"If-None-Match": known.format(tag=ticket["ETag"])})

    assert response.status_code == 304
    assert response.content == b""
    assert response["ETag"] == ticket["ETag"]


def test_a_changed_object_is_sent_again(ada, ticket, target):
    ada.patch(target, {"count": 1}, headers=match(ticket["ETag"]))

    response = ada.get(target, headers={"If-None-Match": ticket["ETag"]})

    assert response.status_code == 200
    assert response.json()["count"] == 1


def test_a_change_of_anything_but_the_named_state_can_be_asked_for(ada, ticket, target):
    unless = {"If-Match": "*", "If-None-Match": ticket["ETag"]}

    assert ada.patch(target, {"count": 1}, headers=unless).status_code == 412
    assert ada.patch(target, {"count": 1}, headers=match("*")).status_code == 200
    assert ada.patch(target, {"count": 2}, headers=unless).status_code == 200


def test_a_viewset_can_do_without_if_match_and_still_judges_it(ada, ticket):
    target = f"/shapes/tickets-lax/{ticket.json()['id']}/"

    assert ada.patch(target, {"count": 1}, headers=match('"0-0"')).status_code == 412
    assert ada.patch(target, {"count": 1}).status_code == 200
    assert ada.delete(target).status_code == 204


def test_every_way_of_writing_a_row_counts(ada, ticket, target):
    stored = Ticket.objects.get()
    tags = [ticket["ETag"]]

    stored.save()
    tags.append(ada.get(target)["ETag"])
    stored.save(update_fields=["count"])
    tags.append(ada.get(target)["ETag"])
    Ticket.objects.update(count=F("count") + 1)
    tags.append(ada.get(target)["ETag"])
    Ticket.objects.bulk_update([stored], ["count"])
    tags.append(ada.get(target)["ETag"])

    assert len(set(tags)) == 5


def test_stale_copies_never_share_a_tag(ada, ticket, target):
    copies = [Ticket.objects.get() for _ in range(3)]
    tags = set()
    for copy in copies:
        copy.save()
        tags.add(ada.get(target)["ETag"])

    assert len(tags) == 3


def test_a_method_that_the_route_lacks_is_405_whatever_its_conditions_are(ada):
    ticket = ada.post("/shapes/tickets/", {"title": "A"}).json()["id"]

    response = ada.generic("TRACE", f"/shapes/tickets/{ticket}/", headers={"If-Match": "0"})

    assert response.status_code == 405
