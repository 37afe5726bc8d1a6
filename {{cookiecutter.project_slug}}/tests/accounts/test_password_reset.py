"""A forgotten password is reset by email, and no response reveals whether an account exists."""

import re
from concurrent.futures import ThreadPoolExecutor
from smtplib import SMTPRecipientsRefused

import pytest
from django.contrib.auth import get_user_model

from hardening.testing.client import codes

RESET, CONFIRM, LOGIN, OWN = (
    f"/api/v1/{path}/" for path in ("auth/password-reset", "auth/password-reset/confirm", "auth/login", "accounts/me")
)
NEW = "another horse battery"


pytestmark = pytest.mark.usefixtures("mail_at_once")


@pytest.fixture
def token(ada, client, mailoutbox) -> str:
    """The token that was emailed to Ada."""
    client.post(RESET, {"email": "ada@example.com"})
    return re.search(r"Token: (\S+)", mailoutbox.pop().body)[1]


def confirm(client, token, password=NEW, **changes):
    return client.post(CONFIRM, {"token": token, "password": password, "confirm_password": password} | changes)


@pytest.mark.parametrize("address", ["ada@example.com", "ADA@Example.COM"])
def test_a_password_reset_accepts_an_email_address_in_any_case(ada, client, mailoutbox, address):
    response = client.post(RESET, {"email": address})

    assert (response.status_code, response.content) == (202, b"")
    assert [message.to for message in mailoutbox] == [["ada@example.com"]]
    assert "for the account ada of" in mailoutbox[0].body


def test_the_email_contains_a_link_if_password_reset_url_is_set(ada, client, mailoutbox, settings):
    settings.PASSWORD_RESET_URL = "https://app.example.com/reset"

    client.post(RESET, {"email": "ada@example.com"})

    link = r"https://app.example.com/reset\?token=[0-9]+-[0-9a-z]+-[0-9a-f]+"
    assert re.search(rf"^{link}$", mailoutbox[0].body, re.MULTILINE)


@pytest.mark.parametrize("who", ["nobody", "inactive", "without a password"])
def test_the_response_is_the_same_if_no_account_can_be_reset(ada, client, mailoutbox, who):
    helped = client.post(RESET, {"email": "ada@example.com"})
    mailoutbox.clear()
    get_user_model().objects.create_user("idle", "idle@example.com", "x", is_active=False)
    get_user_model().objects.create_user("bare", "bare@example.com")
    address = {"nobody": "nobody", "inactive": "idle", "without a password": "bare"}[who]

    response = client.post(RESET, {"email": f"{address}@example.com"})

    assert (response.status_code, response.content) == (helped.status_code, helped.content)
    assert set(response.headers) == set(helped.headers)
    assert mailoutbox == []


@pytest.mark.parametrize("body", [{}, {"email": "x"}, {"email": ""}, {"email": ["ada@example.com"]}, []])
def test_an_invalid_email_address_is_400(db, client, body):
    assert client.post(RESET, body).status_code == 400


@pytest.mark.parametrize(
    ("token", "code"),
    [
        *((text, "invalid") for text in (" ", "a", "-", "1-", "a-b-c", "1-a-b ", "1-A-b", "-1-a-b", "1-a")),
        ("\u0661-a-b", "invalid"),
        ("1-a-" + "0" * 200, "max_length"),
        *((text, "invalid_token") for text in ("1-a-b", "0-0-0", "9" * 18 + "-a-b", "1-a-" + "0" * 64)),
    ],
)
def test_a_token_that_was_not_emailed_is_400(ada, client, token, code):
    response = confirm(client, token)

    assert response.status_code == 400
    assert list(response.json()) == ["token"]
    assert code in codes(response.data)
    assert ada.user.check_password("correct horse battery")


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        SMTPRecipientsRefused({"ada@example.com": (550, b"canary")}),
        ValueError("Header values can't contain newlines (got 'canary')"),
        UnicodeEncodeError("ascii", "canary", 0, 1, "ordinal not in range"),
        RuntimeError("canary"),
        AssertionError("canary"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_failed_email_is_logged_by_exception_class_without_its_content(ada, client, monkeypatch, log, error):
    def fail(message):
        raise error

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)

    assert client.post(RESET, {"email": "ada@example.com"}).status_code == 202
    assert f"An email could not be sent: {type(error).__module__}.{type(error).__name__}" in log.getvalue()
    assert "ada@example.com" not in log.getvalue()
    assert "canary" not in log.getvalue()


def test_an_email_during_shutdown_is_logged_as_failed(ada, client, monkeypatch, log):
    ended = ThreadPoolExecutor(1)
    ended.shutdown()
    monkeypatch.setattr("hardening.operations.email._sender", ended)

    assert client.post(RESET, {"email": "ada@example.com"}).status_code == 202
    assert "An email could not be sent: builtins.RuntimeError" in log.getvalue()


def test_the_token_sets_a_password_once_and_revokes_all_api_tokens(ada, client, token):
    first, again = confirm(client, token), confirm(client, token, "a third horse battery")

    assert (first.status_code, first.content) == (204, b"")
    assert (again.status_code, again.json()) == (400, {"token": ["The token is invalid or has expired."]})
    assert ada.get(OWN).status_code == 401
    signed_in = [
        client.post(LOGIN, {"username": "ada", "password": each}).status_code for each in (NEW, "correct horse battery")
    ]
    assert signed_in == [200, 401]


def test_a_login_invalidates_the_emailed_token(ada, client, token):
    client.post(LOGIN, {"username": "ada", "password": "correct horse battery"})

    assert confirm(client, token).status_code == 400


def test_an_expired_token_is_400(ada, client, token, settings):
    settings.PASSWORD_RESET_TIMEOUT = -1

    assert confirm(client, token).status_code == 400


@pytest.mark.parametrize(
    "change",
    [lambda t: t + "0", lambda t: "9" + t, lambda t: t[:-1] + "g", lambda t: "", lambda t: t.replace("-", "_")],
)
def test_a_modified_token_is_400(ada, client, token, change):
    response = confirm(client, change(token))

    assert response.status_code == 400
    assert set(response.json()) == {"token"}
    assert confirm(client, token).status_code == 204


def test_a_token_is_invalid_for_another_account(ada, bob, client, token):
    _key, _dash, secret = token.partition("-")

    assert confirm(client, f"{bob.user.pk}-{secret}").status_code == 400


@pytest.mark.parametrize("password", ["short", "ada@example.com", "1234567890123"])
def test_a_weak_password_is_400_and_the_token_stays_valid(ada, client, token, password):
    response = confirm(client, token, password)

    assert response.status_code == 400
    assert set(response.json()) == {"password"}
    assert confirm(client, token).status_code == 204


def test_a_confirmation_that_differs_from_the_password_is_400(ada, client, token):
    response = confirm(client, token, confirm_password="something else")

    assert response.status_code == 400
    assert set(response.json()) == {"confirm_password"}
