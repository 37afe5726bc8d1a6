"""The log contains security events by name and every server error once, but never a secret."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core import mail
from django.db import connections
from rest_framework.exceptions import PermissionDenied

from hardening.operations.security_events import EVENTS
from hardening.testing.client import Client

pytestmark = pytest.mark.django_db

ACCOUNTS, OWN, LOGIN, LOGOUT, RESET, CONFIRM, PROFILES = (
    f"/api/v1/{path}/"
    for path in (
        "accounts", "accounts/me", "auth/login", "auth/logout", "auth/password-reset", "auth/password-reset/confirm",
        "profiles",
    )
)  # fmt: skip
PASSWORD = "correct horse battery"


def lines(log: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def events(log: Any) -> list[tuple[str, Any]]:
    """Return the name and the user of each security event in *log*."""
    found = [line for line in lines(log) if line["logger"] == "hardening.security"]
    assert all(line["request_id"] and line["address"] == "127.0.0.1" for line in found)
    assert all(line["meaning"] == EVENTS[line["event"]] for line in found)
    return [(line["event"], line.get("user")) for line in found]


def test_login_and_logout_are_logged(ada, client, log):
    user = ada.user.pk

    token = client.post(LOGIN, {"username": "ada", "password": PASSWORD}).json()["token"]
    client.post(LOGIN, {"username": "ada", "password": "wrong"})
    Client(HTTP_AUTHORIZATION=f"Bearer {token}").post(LOGOUT)
    Client(HTTP_AUTHORIZATION=f"Bearer {token}").get(OWN)

    assert events(log) == [("login", user), ("login_failed", None), ("logout", user), ("token_refused", None)]


@pytest.mark.django_db(transaction=True)
def test_a_password_change_is_logged(ada, log):
    ada.patch(OWN, {"password": "another good phrase", "current_password": PASSWORD})

    assert events(log) == [("password_changed", ada.user.pk)]


@pytest.mark.django_db(transaction=True)
def test_a_wrong_current_password_is_logged_instead_of_a_change(ada, log):
    ada.patch(OWN, {"password": "another good phrase", "current_password": "wrong"})

    assert events(log) == [("wrong_password", ada.user.pk)]


@pytest.mark.django_db(transaction=True)
def test_registration_email_change_and_deletion_are_logged(client, log):
    account = {"username": "eve", "email": "eve@example.com", "name": "Eve"}
    user = client.post(ACCOUNTS, account | {"password": PASSWORD, "confirm_password": PASSWORD}).json()["id"]
    token = client.post(LOGIN, {"username": "eve", "password": PASSWORD}).json()["token"]
    eve = Client(HTTP_AUTHORIZATION=f"Bearer {token}")
    eve.patch(OWN, {"email": "king@example.com"})
    eve.patch(OWN, {"name": "King", "email": "king@example.com"})
    eve.delete(OWN)

    names = ["account_registered", "login", "email_changed", "account_deleted"]
    assert events(log) == [(name, user) for name in names]
    assert "@example.com" not in log.getvalue()


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_change_is_not_logged(ada, bob, client, log):
    account = {"username": "ADA", "email": "new@example.com", "name": "A"}
    client.post(ACCOUNTS, account | {"password": PASSWORD, "confirm_password": PASSWORD})
    ada.patch(OWN, {"email": "bob@example.com", "password": "another good phrase", "current_password": PASSWORD})

    assert events(log) == []


def test_a_reset_with_an_invalid_token_is_logged(client, log):
    new = {"password": "another good phrase", "confirm_password": "another good phrase"}
    client.post(CONFIRM, {"token": "1-a-b", **new})

    assert events(log) == [("password_reset_failed", None)]


def reset_token() -> str:
    found = re.search(r"[0-9]+-[0-9a-z]+-[0-9a-f]+", str(mail.outbox[-1].body))
    assert found
    return found[0]


def test_a_requested_and_a_completed_password_reset_are_logged(ada, client, log, mail_at_once):
    client.post(RESET, {"email": "nobody@example.com"})
    client.post(RESET, {"email": "ada@example.com"})
    new = {"password": "another good phrase", "confirm_password": "another good phrase"}
    client.post(CONFIRM, {"token": reset_token(), **new})

    asked, user = "password_reset_requested", ada.user.pk
    assert events(log) == [(asked, None), (asked, None), ("password_reset", user)]
    assert [line["known"] for line in lines(log) if line["event"] == asked] == [False, True]


def test_denied_throttled_and_plain_http_requests_are_logged(ada, client, log, monkeypatch, settings):
    def refuse(*args: Any) -> None:
        raise PermissionDenied

    monkeypatch.setattr("accounts.views.ProfileViewSet.list", refuse)
    ada.get(PROFILES)
    monkeypatch.setattr("hardening.throttling.AnonRateThrottle.rate", "1/day", raising=False)
    for _time in range(2):
        client.post(ACCOUNTS, {})
    settings.SECURE_SSL_REDIRECT, settings.TRUSTED_PROXIES = True, 1
    client.get(PROFILES)

    assert events(log) == [("permission_denied", ada.user.pk), ("throttled", None), ("plain_http_refused", None)]


def test_each_line_has_the_user_of_its_own_request(ada, client, log):
    ada.get(PROFILES)
    client.get(PROFILES)

    access = [line for line in lines(log) if line["logger"] == "hardening.access"]
    assert [line.get("user") for line in access] == [ada.user.pk, None]
    assert [(line["method"], line["path"], line["status"]) for line in access] == [
        ("GET", PROFILES, 200),
        ("GET", PROFILES, 401),
    ]


def test_every_line_has_level_timestamp_and_request_id(ada, client, log):
    before = datetime.now(UTC)
    ada.get(PROFILES)
    client.post(LOGIN, {"username": "ada", "password": "wrong"})

    found = lines(log)
    assert [line["event"] for line in found] == ["request", "login_failed", "request"]
    assert {line["level"] for line in found} == {"info"}
    assert all(before <= datetime.fromisoformat(line["timestamp"]) <= datetime.now(UTC) for line in found)
    assert len({line["request_id"] for line in found}) == 2


def test_a_line_break_in_a_path_does_not_start_a_line(client, log):
    client.get('/api/v1/profiles%0a{"logger": "forged"}%0d/')

    assert [(line["logger"], line["path"]) for line in lines(log)] == [
        ("hardening.access", '/api/v1/profiles\n{"logger": "forged"}\r/')
    ]


def test_django_logs_an_invalid_host_and_a_missing_csrf_token(client, log):
    client.get(PROFILES, headers={"Host": "evil.example.com"})
    Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "a"}, format="multipart", secure=True)

    loggers = [line["logger"] for line in lines(log) if line["logger"] != "hardening.access"]
    assert loggers == ["django.security.DisallowedHost", "django.security.csrf"]


@pytest.mark.parametrize("path", [PROFILES, "/livez"])
def test_a_server_error_is_logged_with_one_traceback(ada, log, monkeypatch, path):
    monkeypatch.setattr("accounts.views.ProfileViewSet.list", lambda *args: {}["a fault"])
    monkeypatch.setattr("django.http.JsonResponse.__init__", lambda *args: {}["a fault"])

    response = ada.get(path)

    found = [line for line in lines(log) if "exception" in line]
    assert response.status_code == 500
    assert [line["request_id"] for line in found] == [response["X-Request-ID"]]
    assert found[0]["exception"].endswith("KeyError: 'a fault'")


def test_secrets_are_never_logged(client, log, caplog, monkeypatch, mail_at_once):
    monkeypatch.setattr(connections["default"], "force_debug_cursor", True)
    caplog.set_level(logging.DEBUG, "django.db.backends")
    old, new, newest, mistyped = "canary old phrase", "canary new phrase", "canary newest phrase", "canary-mistyped"
    account = {"username": "eve", "email": "eve@example.com", "name": "Eve"}

    client.post(ACCOUNTS, account | {"password": old, "confirm_password": old})
    client.post(LOGIN, {"username": "eve", "password": mistyped})
    client.post(f"{LOGIN}?password={mistyped}", b"{" + mistyped.encode(), content_type="application/json")
    token = client.post(LOGIN, {"username": "eve", "password": old}).json()["token"]
    eve = Client(HTTP_AUTHORIZATION=f"Bearer {token}")
    eve.patch(OWN, {"password": new, "current_password": old})
    client.post(RESET, {"email": "eve@example.com"})
    client.post(CONFIRM, {"token": reset_token(), "password": newest, "confirm_password": newest})
    again = client.post(LOGIN, {"username": "eve", "password": newest}).json()["token"]
    monkeypatch.setattr("accounts.views.authenticate", lambda *args, **kwargs: {}["a fault"])
    assert client.post(f"{LOGIN}", {"username": "eve", "password": newest}).status_code == 500
    monkeypatch.setattr("accounts.views.ProfileViewSet.list", lambda *args: {}["a fault"])
    assert Client(HTTP_AUTHORIZATION=f"Bearer {again}").get(f"{PROFILES}?cursor={mistyped}").status_code == 500

    text = log.getvalue()
    assert "SELECT" in text
    assert "KeyError" in text
    for secret in (old, new, newest, mistyped, token, token[8:], again[8:], reset_token()):
        assert secret not in text
