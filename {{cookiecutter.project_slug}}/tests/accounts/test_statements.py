"""The SQL statements of requests about profiles that `contract.json` does not record."""

from accounts.models import Profile
from hardening.testing.statements import SIGN_IN, send, statements

PROFILE = Profile._meta.db_table


def test_a_duplicate_costs_one_query_for_the_other_constraints(transactional_db, ada):
    body = {"username": "new", "email": "new@example.com"}
    assert send(ada, "post profile-list", body=body).status_code == 201

    with statements() as taken:
        response = send(ada, "post profile-list", body=body)

    assert response.status_code == 409
    assert taken == [SIGN_IN, f"INSERT {PROFILE}", f"SELECT {PROFILE}"]  # checks the other field for a duplicate
