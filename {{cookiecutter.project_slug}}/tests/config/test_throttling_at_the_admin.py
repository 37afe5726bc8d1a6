"""Throttling at the admin, and without the cache that stores the counters."""

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from redis.exceptions import ConnectionError as Refused

from hardening.testing.client import Client
from tests.config.test_throttling import statuses

LOGIN, REGISTRATION, OWN, PROFILES, RESET = (
    f"/api/v1/{path}/" for path in ("auth/login", "accounts", "accounts/me", "profiles", "auth/password-reset")
)
PASSWORD = "correct horse battery"

pytestmark = pytest.mark.django_db


@pytest.fixture
def without_cache(monkeypatch):
    """Make the cache server unreachable."""

    def refuse(*args, **kwargs):
        raise Refused

    for name in ("add", "incr"):
        monkeypatch.setattr(type(cache._connections[cache._alias]), name, refuse)


@pytest.mark.usefixtures("without_cache")
def test_reads_are_not_throttled_and_a_warning_is_logged_if_the_cache_is_unavailable(ada, rates, log):
    rates(user="1/day")

    assert statuses(3, lambda _: ada.get(PROFILES)) == [200] * 3
    assert "The cache is unavailable; the throttle 'user' counts nothing: ConnectionError" in log.getvalue()


@pytest.mark.usefixtures("without_cache")
def test_login_is_503_if_the_cache_is_unavailable(ada, client, rates, log):
    rates(login="9/day")

    response = client.post(LOGIN, {"username": "ada", "password": "correct horse battery"})

    assert (response.status_code, response["Retry-After"], response.json()["code"]) == (503, "1", "try_again")
    assert "The cache is unavailable" in log.getvalue()


def test_login_attempts_at_the_admin_are_counted_together_with_the_api(client, rates):
    rates(login="2/day")
    get_user_model().objects.create_superuser("root", "root@example.com", "correct horse battery")
    guess = {"username": "root", "password": "wrong"}

    def attempt(form, address):
        return client.post("/admin/login/", form, format="multipart", REMOTE_ADDR=address, secure=True)

    assert client.post(LOGIN, guess).status_code == 401
    assert [attempt(guess, f"10.0.0.{number}").status_code for number in (1, 2)] == [200, 429]
    refused = attempt({"username": "root", "password": "correct horse battery"}, "10.0.0.3")
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert int(refused["Retry-After"]) > 0
    assert client.get("/admin/login/", secure=True).status_code == 200


@pytest.mark.usefixtures("without_cache")
def test_login_at_the_admin_is_503_if_the_cache_is_unavailable(client, rates):
    rates(login="9/day")

    response = client.post("/admin/login/", {"username": "root", "password": "x"}, format="multipart", secure=True)

    assert (response.status_code, response["Retry-After"]) == (503, "1")


def test_wrong_passwords_in_the_admins_password_form_are_counted_with_failed_logins(sign_in, client, rates, log):
    rates(login="3/day")
    root = get_user_model().objects.create_superuser("root", "root@example.com", PASSWORD)
    client.force_login(root)
    guess = {
        "old_password": "wrong",
        "new_password1": "another horse battery",
        "new_password2": "another horse battery",
    }

    def attempt(old: str):
        return client.post("/admin/password_change/", guess | {"old_password": old}, format="multipart", secure=True)

    assert Client().post(LOGIN, {"username": "root", "password": "wrong"}, REMOTE_ADDR="10.0.0.2").status_code == 401
    assert [attempt("wrong").status_code for _ in range(3)] == [200, 200, 429]
    refused = attempt(PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert int(refused["Retry-After"]) > 0
    assert client.get("/admin/password_change/", secure=True).status_code == 200
    assert [log.getvalue().count(f'"event": "{event}"') for event in ("wrong_password", "throttled")] == [2, 2]


@pytest.mark.usefixtures("without_cache")
def test_a_password_change_is_503_if_the_cache_is_unavailable(ada, rates):
    rates(login="9/day")

    refused = ada.patch(OWN, {"password": "another horse battery", "current_password": PASSWORD})

    assert (refused.status_code, refused["Retry-After"]) == (503, "1")
    assert ada.patch(OWN, {"name": "Ada"}).status_code == 200
