from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from knox.models import get_token_model

from tests.client import Client

LOGIN, LOGOUT, LOGOUT_ALL, OWN = (
    f"/api/v1/{path}/" for path in ("auth/login", "auth/logout", "auth/logout-all", "accounts/me")
)


def bearer(token: str) -> Client:
    return Client(HTTP_AUTHORIZATION=f"Bearer {token}")


@pytest.mark.parametrize("username", ["ada", "ADA"])
def test_a_username_in_any_case_and_its_password_get_a_token(ada, client, username):
    response = client.post(LOGIN, {"username": username, "password": "correct horse battery"})

    assert response.status_code == 200
    assert set(response.json()) == {"token", "expiry"}
    assert parse_datetime(response.json()["expiry"]) > timezone.now() + timedelta(hours=11)
    assert bearer(response.json()["token"]).get(OWN).json()["username"] == "ada"


@pytest.mark.parametrize(("username", "password"), [("ada", "wrong"), ("nobody", "correct horse battery")])
def test_a_wrong_pair_is_401_whichever_half_is_wrong(ada, client, username, password):
    response = client.post(LOGIN, {"username": username, "password": password})

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json() == {
        "detail": "The username or the password is wrong.",
        "code": "authentication_failed",
    }


@pytest.mark.parametrize("body", [{}, {"username": "ada"}, {"username": "ada", "password": ""}])
def test_an_incomplete_body_is_400(client, body):
    response = client.post(LOGIN, body)

    assert response.status_code == 400


def test_a_stale_token_does_not_keep_anyone_from_signing_in(ada):
    response = bearer("stale").post(LOGIN, {"username": "ada", "password": "correct horse battery"})

    assert response.status_code == 200


def test_logging_out_ends_this_token_only(ada):
    _stored, other = get_token_model().objects.create(ada.user)

    response = ada.post(LOGOUT)

    assert response.status_code == 204
    assert ada.get(OWN).status_code == 401
    assert bearer(other).get(OWN).status_code == 200


def test_logging_out_everywhere_ends_all_tokens(ada):
    _stored, other = get_token_model().objects.create(ada.user)

    response = ada.post(LOGOUT_ALL)

    assert response.status_code == 204
    assert bearer(other).get(OWN).status_code == 401


def test_a_token_is_found_in_one_statement(ada, django_assert_num_queries):
    with django_assert_num_queries(2):  # the token with its user, and the account
        assert ada.get(OWN).status_code == 200


@pytest.mark.parametrize("token", ["unknown", "x" * 5000, "\x00", "ä", "töken"])
def test_a_token_that_is_none_is_401(db, client, token):
    response = client.get(OWN, HTTP_AUTHORIZATION=f"Bearer {token}".encode().decode("latin-1"))

    assert response.status_code == 401


def test_an_expired_token_is_401_and_is_not_deleted_by_a_read(ada, client):
    stored, token = get_token_model().objects.create(ada.user, expiry=timedelta(seconds=-1))

    assert bearer(token).get(OWN).status_code == 401
    assert get_token_model().objects.filter(pk=stored.pk).exists()


def test_the_token_of_an_inactive_user_is_401(ada):
    ada.user.is_active = False
    ada.user.save()

    assert ada.get(OWN).status_code == 401


def test_tokens_are_stored_as_digests(ada, client):
    token = client.post(LOGIN, {"username": "ada", "password": "correct horse battery"}).json()["token"]

    assert not get_token_model().objects.filter(digest__contains=token[-20:]).exists()
