"""Related fields accept and offer what the caller may see, whatever their kind and however they are sent."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from hardening.testing.client import Client
from shapes.models import Crate, Parcel

pytestmark = pytest.mark.django_db

KINDS = ["key", "slug", "link"]


def crate(client: Client, code: str) -> Crate:
    return Crate.objects.create(owner=client.user, code=code)


def named(kind: str, target: Crate) -> Any:
    """Return what names *target* in a body."""
    return {"key": target.pk, "slug": target.code, "link": f"http://testserver/shapes/crate/{target.pk}/"}[kind]


def absent(kind: str) -> Any:
    return {"key": 10**6, "slug": "nothing", "link": "http://testserver/shapes/crate/1000000/"}[kind]


def told(response: HttpResponse, name: Any) -> str:
    """Return what a refusal says, without what the client sent."""
    assert response.status_code == 400
    return response.content.decode().replace(str(name), "X")


@pytest.fixture
def send(ada: Client) -> Callable[..., HttpResponse]:
    """Return a function that sends a relation of Ada's by a method to a kind of field."""

    def sent(kind: str, method: str, **fields: Any) -> HttpResponse:
        target = f"/shapes/parcels-by-{kind}/"
        if method != "post":
            target += f"{Parcel.objects.create(title='x').pk}/"
        return getattr(ada, method)(target, {"title": "x", **fields})

    return sent


@pytest.mark.parametrize("method", ["post", "put", "patch"])
@pytest.mark.parametrize("kind", KINDS)
def test_objects_visible_to_the_user_are_accepted(ada, send, kind, method):
    mine = [crate(ada, code) for code in ("a", "b")]

    response = send(kind, method, crate=named(kind, mine[0]), crates=[named(kind, each) for each in mine])

    assert response.status_code in (200, 201)
    parcel = Parcel.objects.get()
    assert (parcel.crate, list(parcel.crates.all())) == (mine[0], mine)


@pytest.mark.parametrize("method", ["post", "put", "patch"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("many", [False, True])
def test_another_users_object_gets_the_same_response_as_a_missing_one_in_as_many_queries(
    ada, bob, send, kind, method, many
):
    answers = []
    for name in (named(kind, crate(bob, "theirs")), absent(kind)):
        with CaptureQueriesContext(connection) as queries:
            response = send(kind, method, **({"crates": [name]} if many else {"crate": name}))
        answers.append((told(response, name), len(queries)))

    assert answers[0] == answers[1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", [1.5, True, {}, [], {"pk": 1}, "a\x00b", "\ud800", None])
def test_a_value_that_cannot_be_a_primary_key_is_rejected_before_any_sql(ada, kind, bad, django_assert_num_queries):
    with django_assert_num_queries(1):  # the token
        response = ada.send("post", f"/shapes/parcels-by-{kind}/", {"title": "x", "crates": [bad]})

    assert response.status_code == 400
    assert list(response.json()["crates"]) == ["0"]


@pytest.mark.parametrize("bad", [10**30, -(10**30), "", "\u0967", " 1", "1.0", "0x1", "9" * 101])
def test_a_value_that_is_not_a_primary_key_is_rejected_before_any_sql(ada, bad, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = ada.post("/shapes/parcels-by-key/", {"title": "x", "crates": [bad]})

    assert response.status_code == 400
    assert list(response.json()["crates"]) == ["0"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", [1.5, True, {}, [], "a\x00b", "\ud800"])
def test_a_value_that_cannot_be_a_primary_key_is_rejected_in_a_single_field_too(
    ada, kind, bad, django_assert_num_queries
):
    with django_assert_num_queries(1):
        response = ada.send("post", f"/shapes/parcels-by-{kind}/", {"title": "x", "crate": bad})

    assert response.status_code == 400
    assert list(response.json()) == ["crate"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 10, 100])
def test_many_are_found_in_one_query(ada, kind, count):
    crates = Crate.objects.bulk_create([Crate(owner=ada.user, code=f"c{number}") for number in range(count)])

    with CaptureQueriesContext(connection) as queries:
        response = ada.post(
            f"/shapes/parcels-by-{kind}/", {"title": "x", "crates": [named(kind, each) for each in crates]}
        )

    assert response.status_code == 201
    looked_up = [each["sql"] for each in queries if each["sql"].startswith("SELECT") and "shapes_crate" in each["sql"]]
    written = [each["sql"] for each in queries if "INSERT" in each["sql"] and "shapes_parcel_crates" in each["sql"]]
    assert (len(looked_up), len(written)) == (1, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_rows_of_a_list_share_one_query_for_each_field(ada, bob, kind):
    mine, theirs = [crate(ada, code) for code in "abc"], crate(bob, "theirs")
    rows = [{"title": "x", "crate": named(kind, each), "crates": [named(kind, each) for each in mine]} for each in mine]

    with CaptureQueriesContext(connection) as queries:
        response = ada.post(f"/shapes/parcels-by-{kind}/", rows)
    looked_up = [each["sql"] for each in queries if each["sql"].startswith('SELECT "shapes_crate"')]
    rows[1]["crates"][2] = named(kind, theirs)
    refused = ada.post(f"/shapes/parcels-by-{kind}/", rows)

    assert response.status_code == 201
    assert len([each for each in looked_up if "JOIN" not in each]) == 2
    assert refused.status_code == 400
    assert list(refused.json()) == ["1"]
    assert list(refused.json()["1"]["crates"]) == ["2"]


@pytest.mark.parametrize("method", ["post", "put", "patch"])
@pytest.mark.parametrize(
    ("kind", "single", "many"), [("key", "crate", "crates"), ("slug", "code", "codes"), ("link", "link", "links")]
)
def test_a_scope_holds_in_nested_objects_and_their_lists(ada, bob, method, kind, single, many):
    mine, theirs = crate(ada, "mine"), crate(bob, "theirs")
    path = "/shapes/parcels-stamped/"
    if method != "post":
        path += f"{Parcel.objects.create(title='x').pk}/"

    def stamp(target: Crate) -> dict[str, Any]:
        return {"crate": mine.pk, single: named(kind, target), many: [named(kind, mine), named(kind, target)]}

    def stamped(*targets: Crate) -> HttpResponse:
        first, *others = (stamp(each) for each in targets)
        return getattr(ada, method)(path, {"title": "x", "stamp": first, "stamps": others})

    accepted, refused, refused_later = stamped(mine, mine), stamped(theirs, mine), stamped(mine, mine, theirs)
    text = refused.json()["stamp"][single]
    assert accepted.status_code == (201 if method == "post" else 200)
    assert refused.json() == {"stamp": {single: text, many: {"1": text}}}
    assert refused_later.json() == {"stamps": {"1": {single: text, many: {"1": text}}}}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("by-key", lambda key: {"title": "x", "crate": key}),
        ("by-key", lambda key: [{"title": "x", "crate": key, "crates": [key]}] * 2),
        ("stamped", lambda key: {"title": "x", "stamp": {"crate": key}, "stamps": [{"crate": key}] * 2}),
    ],
    ids=["single", "rows", "nested"],
)
def test_two_users_in_turn_get_their_own(ada, bob, path, body):
    crates = {client: crate(client, client.user.username) for client in (ada, bob)}

    for client, other in ((ada, bob), (bob, ada), (ada, bob)):
        accepted = client.post(f"/shapes/parcels-{path}/", body(crates[client].pk))
        refused = client.post(f"/shapes/parcels-{path}/", body(crates[other].pk))
        assert (accepted.status_code, refused.status_code) == (201, 400)


def test_a_key_of_another_column_is_a_slug(ada, bob):
    mine, theirs = crate(ada, "mine"), crate(bob, "theirs")

    accepted = ada.post("/shapes/parcels-by-key/", {"title": "x", "by_code": mine.code})
    refused = ada.post("/shapes/parcels-by-key/", {"title": "x", "by_code": theirs.code})

    assert (accepted.status_code, accepted.json()["by_code"]) == (201, "mine")
    assert refused.json() == {"by_code": ["Object with code=theirs does not exist."]}


def test_the_models_own_limit_stays_beside_the_scope(ada):
    small, large = crate(ada, "s1"), crate(ada, "l1")

    assert ada.post("/shapes/parcels-by-key/", {"title": "x", "small": small.pk}).status_code == 201
    assert ada.post("/shapes/parcels-by-key/", {"title": "x", "small": large.pk}).status_code == 400


def test_a_user_can_be_chosen_among_those_that_may_be(ada, bob):
    assert ada.post("/shapes/parcels-by-key/", {"title": "x", "purchaser": ada.user.pk}).status_code == 201
    assert ada.post("/shapes/parcels-by-key/", {"title": "x", "purchaser": bob.user.pk}).status_code == 400


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_scope_can_read_the_object_being_edited(ada, method):
    parcel, other = (Parcel.objects.create(title=title) for title in "ab")

    def change(sibling: Parcel) -> int:
        response = getattr(ada, method)(f"/shapes/parcels-by-key/{parcel.pk}/", {"title": "x", "sibling": sibling.pk})
        return int(response.status_code)

    assert change(other) == 200
    assert change(parcel) == 400


def test_the_limit_of_items_counts_the_items_in_the_request(ada):
    mine = crate(ada, "mine")

    response = ada.post("/shapes/parcels-by-key/", {"title": "x", "crates": [mine.pk] * 101})

    assert response.status_code == 400
    assert response.json() == {"crates": ["Ensure this field has no more than 100 items."]}


@pytest.mark.parametrize("bad", ["text", 1, {"0": 1}, None])
def test_many_are_a_list(ada, bad):
    response = ada.post("/shapes/parcels-by-key/", {"title": "x", "crates": bad})

    assert response.status_code == 400
    assert list(response.json()) == ["crates"]


def test_a_long_value_is_not_repeated_in_full(ada):
    response = ada.post("/shapes/parcels-by-slug/", {"title": "x", "crate": "x" * 1000})

    assert response.json() == {"crate": [f"Object with code={'x' * 64}… does not exist."]}


def test_a_hyperlink_to_something_else_is_rejected(ada):
    for link in ("http://testserver/nothing/", "http://testserver/shapes/badges/1/", "http://[", "ftp:", "/", 5):
        assert ada.post("/shapes/parcels-by-link/", {"title": "x", "crate": link}).status_code == 400
