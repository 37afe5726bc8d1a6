import pytest
from django.contrib.auth import get_user_model
from knox.models import get_token_model

from hardening.testing.client import Client, codes
from tests.accounts.factories import WEAK_PASSWORDS

OWN = "/api/v1/accounts/me/"


def test_get_returns_the_users_own_account(ada):
    response = ada.get(OWN)

    assert response.status_code == 200
    assert response.json() == {"id": ada.user.pk, "username": "ada", "email": "ada@example.com", "name": ""}


def test_a_request_without_a_token_is_401_with_a_challenge(client):
    response = client.get(OWN)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json() == {
        "detail": "Authentication credentials were not provided.",
        "code": "not_authenticated",
    }


def test_a_patch_changes_name_and_email(ada):
    response = ada.patch(OWN, {"name": "Ada King", "email": "king@example.com"})

    assert response.status_code == 200
    assert response.json() == {"id": ada.user.pk, "username": "ada", "email": "king@example.com", "name": "Ada King"}


def test_a_patch_to_an_existing_email_is_409(ada, bob):
    response = ada.patch(OWN, {"email": "BOB@example.com"})

    assert response.status_code == 409
    assert response.json() == {"email": ["A user with that email address already exists."]}


def test_a_patch_ignores_the_username(ada):
    response = ada.patch(OWN, {"username": "eve"})

    assert response.status_code == 200
    assert response.json()["username"] == "ada"


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({}, "This field is required."),
        ({"current_password": "wrong"}, "The current password is incorrect."),
    ],
)
def test_a_new_password_requires_the_current_password(ada, sent, error):
    response = ada.patch(OWN, {"password": "another horse battery", **sent})

    assert response.status_code == 400
    assert response.json() == {"current_password": [error]}
    assert get_user_model().objects.get().check_password("correct horse battery")


def test_a_new_password_revokes_all_tokens_except_the_one_used(ada, client):
    _stored, other = get_token_model().objects.create(ada.user)

    response = ada.patch(OWN, {"password": "another horse battery", "current_password": "correct horse battery"})

    assert response.status_code == 200
    assert get_user_model().objects.get().check_password("another horse battery")
    assert ada.get(OWN).status_code == 200
    assert client.get(OWN, headers={"Authorization": f"Bearer {other}"}).status_code == 401


@pytest.mark.parametrize(("password", "code"), WEAK_PASSWORDS)
def test_a_weak_new_password_is_400(ada, password, code):
    body = {"password": password, "current_password": "correct horse battery"}

    response = ada.patch(OWN, body)

    assert response.status_code == 400
    assert list(response.json()) == ["password"]
    assert codes(response.data) == {code}


def test_a_wrong_current_password_has_its_own_code(ada):
    body = {"password": "another horse battery", "current_password": "wrong"}

    response = ada.patch(OWN, body)

    assert response.status_code == 400
    assert codes(response.data) == {"wrong_password"}


def test_deleting_the_account_deletes_its_tokens_too(ada):
    response = ada.delete(OWN)

    assert response.status_code == 204
    assert not get_user_model().objects.exists()
    assert ada.get(OWN).status_code == 401


@pytest.mark.parametrize("method", ["put", "post"])
def test_post_and_put_are_405(ada: Client, method):
    response = getattr(ada, method)(OWN, {})

    assert response.status_code == 405
    assert set(response["Allow"].split(", ")) == {"GET", "PATCH", "DELETE", "HEAD"}
