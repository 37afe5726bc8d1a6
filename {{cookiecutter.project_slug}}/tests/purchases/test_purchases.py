import pytest
from django.contrib.auth import get_user_model

from purchases.models import Location, Purchase

LIST = "/api/v1/purchases/"


def test_a_created_purchase_belongs_to_the_user(ada, buy, contact):
    related = contact(ada).json()

    response = buy(ada, reference="A-1", location=related["location"], contacts=[related["id"]], quantity=3)

    assert response.status_code == 201
    assert response.json() == {
        "id": Purchase.objects.get().pk,
        "purchaser": ada.user.pk,
        "reference": "A-1",
        "location": related["location"],
        "contacts": [related["id"]],
        "quantity": 3,
        "earliest": "2026-12-01T08:00:00Z",
        "latest": "2026-12-01T18:00:00Z",
    }


def test_date_times_are_returned_in_utc(ada, buy):
    response = buy(ada, earliest="2026-12-01T10:00:00+02:00")

    assert response.json()["earliest"] == "2026-12-01T08:00:00Z"


def test_a_duplicate_reference_is_409_for_the_same_purchaser(ada, bob, buy):
    buy(ada, reference="A-1")

    response = buy(ada, reference="A-1")

    assert response.status_code == 409
    assert response.json() == {"reference": ["You already have a purchase with this reference."]}
    assert buy(bob, reference="A-1").status_code == 201


@pytest.mark.parametrize("latest", ["2026-12-01T08:00:00Z", "2026-12-01T07:59:59Z", "2026-12-01T09:00:00+01:00"])
def test_a_window_that_closes_before_it_opens_is_400(ada, buy, locate, django_assert_num_queries, latest):
    location = locate(ada)

    with django_assert_num_queries(5):  # the token, a savepoint, the location, and back to the savepoint
        response = buy(ada, location=location, latest=latest)

    assert response.status_code == 400
    assert response.json() == {"latest": ["The delivery window must open before it closes."]}


@pytest.mark.parametrize("latest", ["2026-12-01T08:00:00Z", "2026-12-01T09:00:00+01:00"])
def test_a_patched_window_that_closes_as_it_opens_is_400(ada, buy, latest):
    target = f"{LIST}{buy(ada).json()['id']}/"

    response = ada.patch(target, {"earliest": "2026-12-01T08:00:00Z", "latest": latest}, headers={"If-Match": "*"})

    assert response.status_code == 400
    assert response.json() == {"latest": ["The delivery window must open before it closes."]}


def test_a_patched_end_of_the_window_is_validated_with_the_stored_start(ada, buy):
    target = f"{LIST}{buy(ada).json()['id']}/"

    response = ada.patch(target, {"latest": "2026-11-30T00:00:00Z"}, headers={"If-Match": "*"})

    assert response.status_code == 400
    assert list(response.json()) == ["latest"]


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "many", None, 2**31, 10**30])
def test_a_quantity_that_is_not_a_positive_integer_is_400(ada, buy, quantity):
    response = buy(ada, quantity=quantity)

    assert response.status_code == 400
    assert list(response.json()) == ["quantity"]


def test_a_reference_of_more_than_40_characters_is_400(ada, buy):
    assert buy(ada, reference="x" * 40).status_code == 201
    assert list(buy(ada, reference="x" * 41).json()) == ["reference"]


def test_one_response_reports_all_invalid_fields(ada, buy):
    buy(ada, reference="A-1")

    response = buy(ada, reference="x" * 41, quantity=0, location=0, contacts=[0], bogus=1)

    assert response.status_code == 400
    assert set(response.json()) == {"reference", "quantity", "location", "contacts", "bogus"}


@pytest.mark.parametrize("field", ["location", "contacts"])
def test_another_users_object_and_a_missing_id_get_the_same_error(ada, bob, buy, contact, field):
    theirs = contact(bob).json()
    id_of = {"location": theirs["location"], "contacts": theirs["id"]}[field]

    def refused(identity: int) -> str:
        response = buy(ada, **{field: [identity] if field == "contacts" else identity})
        assert response.status_code == 400
        return response.content.decode().replace(str(identity), "ID")

    assert refused(id_of) == refused(id_of + 1000)


def test_each_invalid_contact_is_reported_under_its_index(ada, bob, buy, contact):
    good, theirs = contact(ada).json()["id"], contact(bob).json()["id"]

    response = buy(ada, contacts=[good, theirs, "x", good, None])

    assert response.status_code == 400
    assert response.json() == {
        "contacts": {
            "1": [f'Invalid pk "{theirs}" - object does not exist.'],
            "2": ["Incorrect type. Expected pk value, received str."],
            "4": ["Incorrect type. Expected pk value, received NoneType."],
        }
    }


def test_repeated_contacts_are_stored_once(ada, buy, contact):
    one = contact(ada).json()["id"]

    response = buy(ada, contacts=[one, one])

    assert response.status_code == 201
    assert response.json()["contacts"] == [one]


def test_more_than_100_contacts_are_400(ada, buy, contact):
    one = contact(ada).json()["id"]

    assert buy(ada, contacts=[one] * 100).status_code == 201
    assert buy(ada, contacts=[one] * 101).json() == {"contacts": ["Ensure this field has no more than 100 items."]}


@pytest.mark.parametrize("method", ["put", "patch", "post"])
def test_another_purchaser_is_400(ada, bob, buy, method):
    purchase = buy(ada).json()
    target = LIST if method == "post" else f"{LIST}{purchase['id']}/"

    response = getattr(ada, method)(target, {**purchase, "purchaser": bob.user.pk}, headers={"If-Match": "*"})

    assert response.status_code == 400
    assert response.json() == {"purchaser": ["This field cannot be changed."]}


def test_a_put_of_the_read_representation_is_200(ada, buy):
    bought = buy(ada)
    purchase = bought.json()

    response = ada.put(f"{LIST}{purchase['id']}/", purchase, headers={"If-Match": bought["ETag"]})

    assert response.status_code == 200
    assert response.json() == purchase


def test_another_users_purchase_is_404(ada, bob, buy):
    target = f"{LIST}{buy(ada).json()['id']}/"

    assert [getattr(bob, method)(target, {}).status_code for method in ("get", "put", "patch", "delete")] == [404] * 4
    assert bob.get(LIST).json()["results"] == []


def test_deleting_an_account_deletes_its_locations_in_use(ada, buy):
    buy(ada)

    assert ada.delete("/api/v1/accounts/me/").status_code == 204
    assert [model.objects.count() for model in (get_user_model(), Location, Purchase)] == [0, 0, 0]


def test_a_change_without_if_match_is_428_and_with_an_old_etag_412(ada, buy):
    bought = buy(ada)
    target = f"{LIST}{bought.json()['id']}/"

    assert ada.patch(target, {"quantity": 2}).status_code == 428
    assert ada.patch(target, {"quantity": 2}, headers={"If-Match": bought["ETag"]}).status_code == 200
    assert ada.delete(target, headers={"If-Match": bought["ETag"]}).status_code == 412


def test_deleting_a_contact_changes_the_etag_of_its_purchases(ada, buy, contact):
    related = contact(ada).json()
    bought = buy(ada, location=related["location"], contacts=[related["id"]])
    target = f"{LIST}{bought.json()['id']}/"
    assert ada.get(target)["ETag"] == bought["ETag"]

    assert ada.delete(f"/api/v1/contacts/{related['id']}/").status_code == 204
    read = ada.get(target, headers={"If-None-Match": bought["ETag"]})

    assert (read.status_code, read.json()["contacts"]) == (200, [])
    assert ada.patch(target, {"quantity": 2}, headers={"If-Match": bought["ETag"]}).status_code == 412
    assert ada.patch(target, {"quantity": 2}, headers={"If-Match": read["ETag"]}).status_code == 200


def test_a_repeated_idempotency_key_returns_the_first_response(ada, buy, locate):
    known = {"location": locate(ada), "reference": "A", "headers": {"Idempotency-Key": "a"}}

    first, again = buy(ada, **known), buy(ada, **known)

    assert again.content == first.content
    assert again["Idempotency-Replayed"] == "true"
    assert Purchase.objects.count() == 1


def test_a_closed_location_does_not_exist_for_a_new_purchase(ada, buy, locate):
    closed = locate(ada)
    assert ada.patch(f"/api/v1/locations/{closed}/", {"closed": True}).status_code == 200

    refused, absent = buy(ada, location=closed), buy(ada, location=999_999)

    assert refused.status_code == 400
    assert refused.json() == {"location": [f'Invalid pk "{closed}" - object does not exist.']}
    assert absent.json() == {"location": ['Invalid pk "999999" - object does not exist.']}


def test_a_purchase_keeps_its_location_after_it_is_closed(ada, buy, locate):
    here, elsewhere = locate(ada), locate(ada)
    bought = buy(ada, location=here)
    target = f"{LIST}{bought.json()['id']}/"
    for each in (here, elsewhere):
        ada.patch(f"/api/v1/locations/{each}/", {"closed": True})

    put = ada.put(target, bought.json(), headers={"If-Match": bought["ETag"]})
    moved = ada.patch(target, {"location": elsewhere}, headers={"If-Match": put["ETag"]})

    assert (put.status_code, moved.status_code) == (200, 400)
    assert set(moved.json()) == {"location"}
