import functools
from datetime import timedelta

import argon2
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher, make_password
from django.core.management import call_command
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from knox.models import get_token_model

from hardening.testing.client import Client

LOGIN, LOGOUT, LOGOUT_ALL, OWN = (
    f"/api/v1/{path}/" for path in ("auth/login", "auth/logout", "auth/logout-all", "accounts/me")
)


def bearer(token: str) -> Client:
    return Client(HTTP_AUTHORIZATION=f"Bearer {token}")


@pytest.mark.parametrize("username", ["ada", "ADA"])
def test_a_login_accepts_the_username_in_any_case(ada, client, username):
    response = client.post(LOGIN, {"username": username, "password": "correct horse battery"})

    assert response.status_code == 200
    assert set(response.json()) == {"token", "expiry"}
    assert parse_datetime(response.json()["expiry"]) > timezone.now() + timedelta(hours=11)
    assert bearer(response.json()["token"]).get(OWN).json()["username"] == "ada"


@pytest.mark.parametrize(("username", "password"), [("ada", "wrong"), ("nobody", "correct horse battery")])
def test_login_with_a_wrong_username_or_password_is_401(ada, client, username, password):
    response = client.post(LOGIN, {"username": username, "password": password})

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json() == {
        "detail": "The username or the password is incorrect.",
        "code": "authentication_failed",
    }


@pytest.mark.parametrize("body", [{}, {"username": "ada"}, {"username": "ada", "password": ""}])
def test_an_incomplete_login_is_400(client, body):
    response = client.post(LOGIN, body)

    assert response.status_code == 400


def test_login_ignores_an_invalid_token(ada):
    response = bearer("stale").post(LOGIN, {"username": "ada", "password": "correct horse battery"})

    assert response.status_code == 200


def test_logout_revokes_only_the_token_used(ada):
    _stored, other = get_token_model().objects.create(ada.user)

    response = ada.post(LOGOUT)

    assert response.status_code == 204
    assert ada.get(OWN).status_code == 401
    assert bearer(other).get(OWN).status_code == 200


def test_logout_all_revokes_all_tokens(ada):
    _stored, other = get_token_model().objects.create(ada.user)

    response = ada.post(LOGOUT_ALL)

    assert response.status_code == 204
    assert bearer(other).get(OWN).status_code == 401


@pytest.mark.parametrize("token", ["unknown", "x" * 5000, "\x00", "ä", "töken"])
def test_an_invalid_token_is_401(db, client, token):
    response = client.get(OWN, HTTP_AUTHORIZATION=f"Bearer {token}".encode().decode("latin-1"))

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "bearer a b", "BEARER x"])
def test_a_bearer_header_without_a_valid_token_is_reported_as_invalid_token(db, client, header):
    response = client.get(OWN, HTTP_AUTHORIZATION=header)

    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer error="invalid_token"')


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Token x", "x"])
def test_another_authentication_scheme_is_401_without_an_error(db, client, header):
    response = client.get(OWN, HTTP_AUTHORIZATION=header)

    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_authentication_scheme_is_case_insensitive(ada, scheme):
    _stored, token = get_token_model().objects.create(ada.user)

    assert Client(HTTP_AUTHORIZATION=f"{scheme} {token}").get(OWN).status_code == 200


@pytest.mark.parametrize("query", ["access_token", "token"])
def test_a_token_in_the_query_string_is_401(ada, client, query):
    _stored, token = get_token_model().objects.create(ada.user)

    assert client.get(f"{OWN}?{query}={token}").status_code == 401


def test_an_expired_token_is_401_and_a_get_does_not_delete_it(ada, client):
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


def test_a_token_starts_with_the_prefix_of_the_project(ada, client, settings):
    token = client.post(LOGIN, {"username": "ada", "password": "correct horse battery"}).json()["token"]

    assert token.startswith(settings.REST_KNOX["TOKEN_PREFIX"])


def test_a_login_beyond_the_limit_revokes_the_oldest_token(ada, bob, client):
    tokens = [
        client.post(LOGIN, {"username": "ada", "password": "correct horse battery"}).json()["token"] for _ in range(11)
    ]

    assert [bearer(token).get(OWN).status_code for token in tokens] == [401] + [200] * 10
    assert ada.get(OWN).status_code == 401
    assert bob.get(OWN).status_code == 200


def test_purge_deletes_only_expired_tokens(ada, capsys):
    get_token_model().objects.create(ada.user, expiry=timedelta(seconds=-1))
    get_token_model().objects.create(ada.user, expiry=None)

    call_command("purge")

    assert capsys.readouterr().out == "Deleted 1 tokens and 0 stored responses.\n"
    assert get_token_model().objects.count() == 2
    assert ada.get(OWN).status_code == 200


@pytest.fixture
def cheap_hashes(monkeypatch):
    """Reduce the work of the production hashers to their minimum, because they take 0.2 s by design."""
    for cost, least in {"time_cost": 1, "memory_cost": 8, "parallelism": 1}.items():
        monkeypatch.setattr(Argon2PasswordHasher, cost, least)
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)


@pytest.fixture
def hashings(monkeypatch, settings, cheap_hashes) -> list[str]:
    """The calls of argon2, through any of its functions."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    ran: list[str] = []
    for name in ("hash_secret", "verify_secret"):
        run = getattr(argon2.low_level, name)
        counted = functools.partial(_counted, run, ran, name)
        monkeypatch.setattr(argon2.low_level, name, counted)
    monkeypatch.setattr("argon2._password_hasher.verify_secret", argon2.low_level.verify_secret)
    return ran


def _counted(run, ran, name, *args, **kwargs):
    ran.append(name)
    return run(*args, **kwargs)


def test_every_failed_login_hashes_one_password(sign_in, client, hashings):
    sign_in("ada")
    lazy = sign_in("lazy").user
    lazy.is_active = False
    lazy.save()
    counts = {}
    for username, password in [
        ("ada", "wrong"),
        ("nobody", "wrong"),
        ("lazy", "wrong"),
        ("lazy", "correct horse battery"),
    ]:
        hashings.clear()
        assert client.post(LOGIN, {"username": username, "password": password}).status_code == 401
        counts[username, password] = len(hashings)

    assert set(counts.values()) == {1}, counts


def test_a_login_upgrades_an_outdated_password_hash(ada, client, settings, cheap_hashes):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
    ada.user.password = make_password("correct horse battery", hasher="pbkdf2_sha256")
    ada.user.save()

    response = client.post(LOGIN, {"username": "ada", "password": "correct horse battery"})

    ada.user.refresh_from_db()
    assert response.status_code == 200
    assert ada.user.password.startswith("argon2$argon2id$")
