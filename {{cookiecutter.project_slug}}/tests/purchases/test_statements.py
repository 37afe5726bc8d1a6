"""The SQL statements of requests to the example that `contract.json` does not record."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from hardening.testing.statements import SIGN_IN, send, statements
from purchases.models import Contact, Location, Purchase

LOCATION, CONTACT, PURCHASE = "purchases_location", "purchases_contact", "purchases_purchase"
NAMED = [f"SELECT {LOCATION}", f"SELECT {CONTACT}"]  # the related objects of a body, regardless of their number
LINKS = "purchases_purchase_contacts"

# What `contract.json` records for a request with at least one contact.
STATEMENTS = {
    "post purchase-list": [SIGN_IN, "BEGIN", *NAMED, f"INSERT {PURCHASE}", f"INSERT {LINKS}", "COMMIT"],
    "put purchase-detail": [
        *(SIGN_IN, "BEGIN", f"SELECT {PURCHASE}", *NAMED, f"UPDATE {PURCHASE}"),
        *(f"SELECT {CONTACT}", f"DELETE {LINKS}", f"INSERT {LINKS}", f"SELECT {CONTACT}", "COMMIT"),
    ],
}
COUNTS = [1, 10, 100]


@pytest.fixture
def made(ada):
    """A function that creates *count* objects of each model, and returns primary keys and valid bodies by resource."""
    start = datetime(2026, 12, 1, tzinfo=UTC)
    window = {"earliest": start, "latest": start + timedelta(hours=1)}

    def made(count: int = 1) -> tuple[dict[str, int], dict[str, Any]]:
        home, *unused = Location.objects.bulk_create(
            [Location(owner=ada.user, name=str(each)) for each in range(count + 1)]
        )
        first, *others = Contact.objects.bulk_create(
            [Contact(location=home, name=str(each), kind="phone", value="+491") for each in range(count + 1)]
        )
        purchases = Purchase.objects.bulk_create(
            [
                Purchase(purchaser=ada.user, reference=str(each), location=home, quantity=1, **window)
                for each in range(count)
            ]
        )
        first.purchases.set(purchases)
        ids = [each.pk for each in others]
        return {"location": unused[0].pk, "contact": others[0].pk, "purchase": purchases[0].pk}, {
            "location": {"name": "Work"},
            "contact": {"location": home.pk, "name": "Bell", "kind": "phone", "value": "+4930123456"},
            "purchase": {"reference": "New", "location": home.pk, "contacts": ids, "quantity": 1, **window},
        }

    return made


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("route", ["post purchase-list", "put purchase-detail"])
def test_a_purchase_executes_the_same_statements_for_any_number_of_contacts(transactional_db, ada, made, route, count):
    keys, bodies = made(count)

    with statements() as taken:
        response = send(ada, route, keys["purchase"], bodies["purchase"])

    assert len(response.json()["contacts"]) == count
    assert taken == STATEMENTS[route]


def test_a_304_costs_the_queries_of_a_get(ada, made):
    keys, _bodies = made()
    tag = send(ada, "get purchase-detail", keys["purchase"])["ETag"]

    with statements() as taken:
        response = ada.get(f"/api/v1/purchases/{keys['purchase']}/", headers={"If-None-Match": tag})

    assert response.status_code == 304
    assert taken == [SIGN_IN, f"SELECT {PURCHASE}", f"SELECT {CONTACT}"]


def test_an_etag_in_if_match_costs_the_queries_of_a_get(transactional_db, ada, made):
    keys, _bodies = made()
    target = f"/api/v1/purchases/{keys['purchase']}/"
    tag, taken = ada.get(target)["ETag"], []

    for known in (tag, tag, "*"):  # the second request sends an outdated tag
        with statements() as of_this_time:
            ada.patch(target, {"quantity": 3}, headers={"If-Match": known})
        taken.append(of_this_time)

    found, done = [SIGN_IN, "BEGIN", f"SELECT {PURCHASE}"], [f"UPDATE {PURCHASE}", f"SELECT {CONTACT}", "COMMIT"]
    assert taken == [[*found, f"SELECT {CONTACT}", *done], [*found, "ROLLBACK"], [*found, *done]]


def test_a_duplicate_costs_no_query_if_there_is_one_constraint(transactional_db, ada, made):
    _keys, bodies = made()
    assert send(ada, "post location-list", body=bodies["location"]).status_code == 201

    with statements() as taken:
        response = send(ada, "post location-list", body=bodies["location"])

    assert response.status_code == 409
    assert taken == [SIGN_IN, f"INSERT {LOCATION}"]


def test_a_retry_costs_only_the_query_for_the_stored_response(transactional_db, ada, made):
    _keys, bodies = made()
    body, key = bodies["purchase"], {"Idempotency-Key": "a"}
    lock = ["SELECT pg_try_advisory_xact_lock"] if connection.vendor == "postgresql" else []
    stored = "hardening_storedanswer"
    answers, taken = [], []
    for _time in range(2):
        with statements() as of_this_time:
            answers.append(ada.post("/api/v1/purchases/", body, headers=key))
        taken.append(of_this_time)

    assert [answer.status_code for answer in answers] == [201, 201]
    effect = [f"INSERT {PURCHASE}", f"INSERT {LINKS}"]
    claimed = [SIGN_IN, "BEGIN", *lock, f"SELECT {stored}"]
    assert taken[0] == [*claimed, *NAMED, *effect, f"INSERT {stored}", "COMMIT"]
    assert taken[1] == [*claimed, "COMMIT"]
