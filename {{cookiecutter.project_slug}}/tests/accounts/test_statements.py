"""The SQL statements of every route of the accounts."""

import pytest
from django.contrib.auth.tokens import default_token_generator

from accounts.models import Profile
from hardening.testing.statements import SIGN_IN, send, statements

PROFILE, USER, TOKEN = "accounts_profile", "accounts_user", "knox_authtoken"

# tests/config/test_statements.py fails for a route without a row.
STATEMENTS = {
    "post account-list": [f"INSERT {USER}"],
    "get account-me": [SIGN_IN, f"SELECT {USER}"],
    "patch account-me": [SIGN_IN, "BEGIN", f"SELECT {USER}", f"UPDATE {USER}", "COMMIT"],
    "delete account-me": [
        *(SIGN_IN, "BEGIN", f"SELECT {USER}", f"DELETE {USER}_groups", f"DELETE {USER}_user_permissions"),
        *(f"DELETE {PROFILE}", f"DELETE {TOKEN}", f"DELETE {USER}", "COMMIT"),
    ],
    "post login": [
        *(f"SELECT {USER}", "BEGIN", f"SELECT {USER}", f"INSERT {TOKEN}", f"DELETE {TOKEN}", "COMMIT"),
        f"UPDATE {USER}",
    ],
    "post password-reset": [f"SELECT {USER}"],
    # The password is hashed between the two SELECTs, because hashing must not hold a lock.
    "post password-reset-confirm": [
        *(f"SELECT {USER}", "BEGIN", f"SELECT {USER}", f"UPDATE {USER}", f"DELETE {TOKEN}", "COMMIT"),
    ],
    "post logout": [SIGN_IN, f"DELETE {TOKEN}"],
    # The lock orders a concurrent login before this request, which then revokes its token too, or after it.
    "post logout-all": [SIGN_IN, "BEGIN", f"SELECT {USER}", f"DELETE {TOKEN}", "COMMIT"],
    "get profile-list": [SIGN_IN, f"SELECT {PROFILE}"],
    "post profile-list": [SIGN_IN, f"INSERT {PROFILE}"],
    "get profile-detail": [SIGN_IN, f"SELECT {PROFILE}"],
    "put profile-detail": [SIGN_IN, "BEGIN", f"SELECT {PROFILE}", f"UPDATE {PROFILE}", "COMMIT"],
    "patch profile-detail": [SIGN_IN, "BEGIN", f"SELECT {PROFILE}", f"UPDATE {PROFILE}", "COMMIT"],
    "delete profile-detail": [SIGN_IN, "BEGIN", f"SELECT {PROFILE}", f"DELETE {PROFILE}", "COMMIT"],
}

PASSWORD, NEW = "correct horse battery", "another horse battery"
BODIES = {
    "post account-list": {
        "username": "eve",
        "email": "eve@example.com",
        "name": "Eve",
        "password": PASSWORD,
        "confirm_password": PASSWORD,
    },
    "patch account-me": {"name": "Ada"},
    "post login": {"username": "ada", "password": PASSWORD},
    "post password-reset": {"email": "nobody@example.com"},
    "post profile-list": {"username": "new", "email": "new@example.com"},
    "put profile-detail": {"username": "new", "email": "new@example.com"},
    "patch profile-detail": {"bio": "New."},
}


def _is_ours(statement: str) -> bool:
    """Return whether *statement* belongs to this app: deleting an account queries every app that refers to it."""
    return " " not in statement or f" {TOKEN}" in statement or " accounts_" in statement


@pytest.mark.parametrize("route", STATEMENTS)
def test_a_request_executes_exactly_these_statements(transactional_db, ada, route):
    profile = Profile.objects.create(owner=ada.user, username="ada", email="ada@example.com")
    token = f"{ada.user.pk}-{default_token_generator.make_token(ada.user)}"
    known = {"post password-reset-confirm": {"token": token, "password": NEW, "confirm_password": NEW}}

    with statements() as taken:
        response = send(ada, route, profile.pk, (BODIES | known).get(route))

    assert response.status_code < 300, response.content
    assert [each for each in taken if _is_ours(each)] == STATEMENTS[route]


@pytest.mark.parametrize("count", [1, 10, 100])
def test_a_list_executes_the_same_statements_for_any_number_of_rows(ada, count):
    Profile.objects.bulk_create(
        [Profile(owner=ada.user, username=str(each), email=f"{each}@example.com") for each in range(count)]
    )

    with statements() as taken:
        response = send(ada, "get profile-list", body={"page_size": 100})

    assert len(response.json()["results"]) == count
    assert taken == STATEMENTS["get profile-list"]


def test_a_duplicate_costs_one_query_for_the_other_constraints(transactional_db, ada):
    body = BODIES["post profile-list"]
    assert send(ada, "post profile-list", body=body).status_code == 201

    with statements() as taken:
        response = send(ada, "post profile-list", body=body)

    assert response.status_code == 409
    assert taken == [SIGN_IN, f"INSERT {PROFILE}", f"SELECT {PROFILE}"]  # checks the other field for a duplicate
