"""Concurrent changes of an account while a password is hashed, which happens without a lock."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher, PBKDF2PasswordHasher, make_password
from django.contrib.auth.tokens import default_token_generator
from django.db import connection
from knox.models import get_token_model

from hardening.authentication import revoke_tokens
from hardening.testing.client import Client

ACCOUNTS, OWN, LOGIN, LOGOUT_ALL, CONFIRM = (
    f"/api/v1/{path}/"
    for path in ("accounts", "accounts/me", "auth/login", "auth/logout-all", "auth/password-reset/confirm")
)
ADMIN_LOGIN, ADMIN_CHANGE = "/admin/login/", "/admin/password_change/"
OLD, NEW, NEWEST = "correct horse battery", "another horse battery", "a third horse battery"
CHANGE = {"password": NEW, "current_password": OLD}
LOGIN_BODY = {"username": "ada", "password": OLD}

pytestmark = pytest.mark.django_db


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that schedules an action between reading the account and the end of hashing, once."""

    def during_hashing(action: Callable[[], Any], hashing: str = "verify", hasher: Any = MD5PasswordHasher) -> None:
        original = getattr(hasher, hashing)
        waiting = [action]

        def hash_slowly(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(self, *args, **kwargs)
            while waiting:
                waiting.pop()()
            return result

        monkeypatch.setattr(hasher, hashing, hash_slowly)

    return during_hashing


def stored() -> Any:
    return get_user_model().objects.get(username="ada")


def update(**columns: Any) -> Callable[[], Any]:
    return lambda: get_user_model().objects.filter(username="ada").update(**columns)


def set_password() -> None:
    """Set another password and revoke all tokens, as the API and the admin do."""
    update(password=make_password(NEWEST))()
    revoke_tokens(stored())


def delete() -> None:
    stored().delete()


CHANGES = [set_password, update(is_active=False), delete]
IDS = ["another password", "deactivated", "deleted"]


@pytest.mark.parametrize("change", CHANGES, ids=IDS)
def test_a_login_during_a_change_of_the_account_is_401_and_creates_no_token(ada, client, meanwhile, change):
    revoke_tokens(ada.user)
    meanwhile(change)

    response = client.post(LOGIN, LOGIN_BODY)

    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert response.json() == {
        "detail": "The username or the password is incorrect.",
        "code": "authentication_failed",
    }
    assert not get_token_model().objects.exists()


@pytest.mark.parametrize("change", CHANGES, ids=IDS)
def test_rehashing_at_login_never_restores_an_old_password(ada, client, meanwhile, monkeypatch, settings, change):
    settings.PASSWORD_HASHERS = [*settings.PASSWORD_HASHERS, "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)
    update(password=make_password(OLD, hasher="pbkdf2_sha256"))()
    meanwhile(change, hasher=PBKDF2PasswordHasher)

    assert client.post(LOGIN, LOGIN_BODY).status_code == 401
    if change is set_password:
        assert stored().check_password(NEWEST)
        assert client.post(LOGIN, LOGIN_BODY | {"password": NEWEST}).status_code == 200


def test_two_logins_that_rehash_the_same_password_both_succeed(ada, client, meanwhile, monkeypatch, settings):
    settings.PASSWORD_HASHERS = [*settings.PASSWORD_HASHERS, "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)
    update(password=make_password(OLD, hasher="pbkdf2_sha256"))()
    answers: list[int] = []
    meanwhile(lambda: answers.append(Client().post(LOGIN, LOGIN_BODY).status_code), hasher=PBKDF2PasswordHasher)

    answers.append(client.post(LOGIN, LOGIN_BODY).status_code)

    assert answers == [200, 200]
    assert stored().password.startswith("md5$")


def test_a_login_during_logout_all_keeps_its_token(ada, client, meanwhile):
    meanwhile(lambda: ada.post(LOGOUT_ALL))

    response = client.post(LOGIN, LOGIN_BODY)

    assert response.status_code == 200
    assert ada.get(OWN).status_code == 401
    assert Client(HTTP_AUTHORIZATION=f"Bearer {response.json()['token']}").get(OWN).status_code == 200


def test_a_password_change_during_another_one_is_400(ada, meanwhile):
    meanwhile(set_password)

    response = ada.patch(OWN, {**CHANGE, "name": "King"})

    assert (response.status_code, response.json()) == (
        400,
        {"current_password": ["The current password is incorrect."]},
    )
    assert stored().check_password(NEWEST)
    assert stored().first_name == ""


def test_a_password_changed_during_hashing_is_not_overwritten(ada, meanwhile):
    meanwhile(set_password, "encode")

    assert ada.patch(OWN, CHANGE).status_code == 400
    assert stored().check_password(NEWEST)


def test_a_password_change_keeps_concurrent_changes_of_other_fields(ada, meanwhile):
    meanwhile(update(email="king@example.com", first_name="King"))

    response = ada.patch(OWN, CHANGE)

    assert (response.status_code, response.json()["email"]) == (200, "king@example.com")
    assert (stored().first_name, stored().check_password(NEW)) == ("King", True)


def test_a_password_change_of_a_concurrently_deleted_account_is_404(ada, meanwhile):
    meanwhile(delete)

    assert ada.patch(OWN, CHANGE).status_code == 404


def reset(client: Client) -> Any:
    user = stored()
    token = f"{user.pk}-{default_token_generator.make_token(user)}"
    return lambda: client.post(CONFIRM, {"token": token, "password": NEW, "confirm_password": NEW})


@pytest.mark.parametrize("change", [*CHANGES, update(email="king@example.com")], ids=[*IDS, "another address"])
def test_a_reset_during_a_change_of_the_account_is_400(ada, client, meanwhile, change):
    confirm = reset(client)
    meanwhile(change, "encode")

    response = confirm()

    assert (response.status_code, response.json()) == (400, {"token": ["The token is invalid or has expired."]})
    if change is not delete:
        assert not stored().check_password(NEW)


def test_of_two_resets_with_the_same_token_one_is_400(ada, client, meanwhile):
    confirm = reset(client)
    answers: list[int] = []
    meanwhile(lambda: answers.append(confirm().status_code), "encode")

    answers.append(confirm().status_code)

    assert answers == [204, 400]


def test_of_two_simultaneous_registrations_of_a_username_one_is_409(client, meanwhile):
    body = {"username": "eve", "email": "eve@example.com", "name": "E", "password": OLD, "confirm_password": OLD}
    answers: list[int] = []
    meanwhile(lambda: answers.append(Client().post(ACCOUNTS, body).status_code), "encode")

    answers.append(client.post(ACCOUNTS, body | {"username": "EVE"}).status_code)

    assert answers == [201, 409]


def form(client: Client, path: str, body: Any) -> Any:
    return client.post(path, body, format="multipart", secure=True)


@pytest.fixture
def browser(ada) -> Client:
    """A client with an admin session of Ada, who is staff."""
    update(is_staff=True)()
    browser = Client()
    browser.force_login(stored())
    return browser


@pytest.mark.parametrize("change", CHANGES, ids=IDS)
def test_a_login_to_the_admin_during_a_change_of_the_account_opens_no_session(browser, client, meanwhile, change):
    meanwhile(change)

    response = form(client, ADMIN_LOGIN, LOGIN_BODY)

    shown = client.get("/admin/", secure=True, headers={"Accept": "text/html"})
    assert response.status_code in (200, 302)
    assert (shown.status_code, shown["Location"]) == (302, "/admin/login/?next=/admin/")


PASSWORDS = {"old_password": OLD, "new_password1": NEW, "new_password2": NEW}


@pytest.mark.parametrize("change", CHANGES[:2], ids=IDS[:2])
def test_a_password_change_in_the_admin_overwrites_no_concurrent_change(browser, meanwhile, change):
    meanwhile(change)

    response = form(browser, ADMIN_CHANGE, PASSWORDS)

    assert response.status_code == 200  # the form with its error
    assert not stored().check_password(NEW)
    assert stored().is_active is (change is set_password)


def test_a_password_change_in_the_admin_revokes_tokens_and_keeps_other_fields(browser, ada, meanwhile):
    meanwhile(update(email="king@example.com"))

    response = form(browser, ADMIN_CHANGE, PASSWORDS)

    assert response.status_code == 302
    assert (stored().check_password(NEW), stored().email) == (True, "king@example.com")
    assert ada.get(OWN).status_code == 401
    assert browser.get("/admin/", secure=True, headers={"Accept": "text/html"}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_passwords_are_hashed_outside_of_transactions(ada, client, monkeypatch):
    update(is_staff=True)()
    hashed: list[bool] = []
    for name in ("verify", "encode"):
        original = getattr(MD5PasswordHasher, name)

        def watch(self: Any, *args: Any, original: Any = original) -> Any:
            hashed.append(connection.in_atomic_block)
            return original(self, *args)

        monkeypatch.setattr(MD5PasswordHasher, name, watch)
    account = {"username": "eve", "email": "eve@example.com", "name": "E", "password": OLD, "confirm_password": OLD}

    answers = [
        client.post(ACCOUNTS, account),
        client.post(LOGIN, LOGIN_BODY),
        client.post(LOGIN, LOGIN_BODY | {"password": "wrong"}),
        client.post(LOGIN, LOGIN_BODY | {"username": "nobody"}),
        ada.patch(OWN, CHANGE | {"current_password": "wrong"}),
        ada.patch(OWN, CHANGE),
        reset(client)(),
        form(client, ADMIN_LOGIN, LOGIN_BODY | {"password": NEW}),
        form(client, ADMIN_CHANGE, PASSWORDS | {"old_password": NEW}),
    ]

    assert [answer.status_code for answer in answers] == [201, 200, 401, 401, 400, 200, 204, 302, 302]
    assert len(hashed) >= len(answers)
    assert not any(hashed)
