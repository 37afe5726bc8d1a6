"""Throttling by user, address and account, and the RateLimit headers."""

import re

import pytest
from rest_framework.throttling import SimpleRateThrottle

LOGIN, REGISTRATION, OWN, PROFILES, RESET = (
    f"/api/v1/{path}/" for path in ("auth/login", "accounts", "accounts/me", "profiles", "auth/password-reset")
)
PASSWORD = "correct horse battery"

pytestmark = pytest.mark.django_db


def statuses(count, send) -> list[int]:
    return [send(number).status_code for number in range(count)]


def test_requests_beyond_the_rate_of_the_user_are_429(ada, bob, rates):
    rates(user="3/day")

    assert statuses(5, lambda _: ada.get(PROFILES)) == [200] * 3 + [429] * 2
    assert bob.get(PROFILES).status_code == 200


def test_responses_have_ratelimit_headers(ada, rates):
    rates(user="2/day")

    answers = [ada.get(PROFILES) for _ in range(3)]

    assert {answer["RateLimit-Policy"] for answer in answers} == {'"user";q=2;w=86400'}
    left = [re.fullmatch(r'"user";r=(\d+);t=(\d+)', answer["RateLimit"]).groups() for answer in answers]
    assert [remaining for remaining, _seconds in left] == ["1", "0", "0"]
    assert all(0 < int(seconds) <= 86400 for _remaining, seconds in left)
    assert 0 < int(answers[2]["Retry-After"]) <= 86400
    assert answers[2].json()["code"] == "throttled"
    assert "Retry-After" not in answers[1]


def test_responses_without_a_rate_have_no_ratelimit_headers(ada):
    response = ada.get(PROFILES)

    assert "RateLimit" not in response
    assert "RateLimit-Policy" not in response


def test_the_count_is_reset_in_a_new_window(ada, rates, monkeypatch):
    rates(user="1/min")
    monkeypatch.setattr(SimpleRateThrottle, "timer", lambda _: 59.0)
    before = statuses(2, lambda _: ada.get(PROFILES))
    monkeypatch.setattr(SimpleRateThrottle, "timer", lambda _: 60.0)

    assert (before, ada.get(PROFILES).status_code) == ([200, 429], 200)


def test_anonymous_requests_are_counted_by_address(client, rates):
    rates(anon="2/day")

    assert statuses(3, lambda _: client.post(REGISTRATION, {})) == [400, 400, 429]
    assert client.post(REGISTRATION, {}, REMOTE_ADDR="10.0.0.2").status_code == 400


def test_a_forged_forwarded_address_is_ignored(client, rates):
    rates(anon="2/day")

    sent = statuses(4, lambda number: client.post(REGISTRATION, {}, HTTP_X_FORWARDED_FOR=f"10.0.0.{number}"))

    assert sent == [400, 400, 429, 429]


def test_only_the_address_appended_by_the_trusted_proxy_counts(client, rates, settings):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    rates(anon="2/day")

    forged = statuses(3, lambda number: client.post(REGISTRATION, {}, HTTP_X_FORWARDED_FOR=f"9.9.9.{number}, 10.0.0.1"))
    other = client.post(REGISTRATION, {}, HTTP_X_FORWARDED_FOR="9.9.9.9, 10.0.0.2")

    assert (forged, other.status_code) == ([400, 400, 429], 400)


def test_addresses_of_the_same_ipv6_network_are_counted_together(client, rates):
    rates(anon="2/day")

    sent = statuses(3, lambda number: client.post(REGISTRATION, {}, REMOTE_ADDR=f"2001:db8:0:1::{number}"))

    assert sent == [400, 400, 429]
    assert client.post(REGISTRATION, {}, REMOTE_ADDR="2001:db8:0:2::1").status_code == 400


V4 = "192.0.2.1"
CLIENTS = {
    "mapped": (["::ffff:192.0.2.1", "::FFFF:c000:0201", V4, f"{V4}:4711"], "::ffff:192.0.2.2"),
    "translated": (["::ffff:0:192.0.2.1", V4], "::ffff:0:192.0.2.2"),
    "NAT64": (["64:ff9b::192.0.2.1", V4], "64:ff9b::192.0.2.2"),
    "local NAT64": (["64:ff9b:1::192.0.2.1", "64:ff9b:1::c000:201"], "64:ff9b:1::192.0.2.2"),
    "6to4": (["2002:c000:201::1", "2002:c000:201:ffff::2", V4], "2002:c000:202::1"),
    "Teredo": (["2001:0:1:1:0:1:3fff:fdfe", "2001:0:2:2:0:9:3fff:fdfe", V4], "2001:0:1:1:0:1:3fff:fdfd"),
    "IPv6": (["2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "[2001:db8:0:1::3]:443"], "2001:db8:0:2::1"),
    "with a zone": (["fe80::1%eth0", "fe80::2%eth1"], "fe80:0:0:1::1"),
}


@pytest.mark.parametrize("kind", CLIENTS)
def test_every_notation_of_a_client_address_is_counted_together(client, rates, kind):
    same, another = CLIENTS[kind]
    rates(anon=f"{len(same)}/day")

    sent = [client.post(REGISTRATION, {}, REMOTE_ADDR=address).status_code for address in (*same, same[0])]

    assert sent == [400] * len(same) + [429]
    assert client.post(REGISTRATION, {}, REMOTE_ADDR=another).status_code == 400


@pytest.mark.parametrize("header", [{}, {"HTTP_AUTHORIZATION": "Bearer wrong"}, {"HTTP_AUTHORIZATION": "Basic YTpi"}])
@pytest.mark.parametrize("path", [PROFILES, OWN, "/api/v1/auth/logout/", "/api/v1/schema/"])
def test_requests_without_a_valid_token_are_counted_by_address(ada, client, rates, header, path):
    rates(anon="2/day")
    method = client.post if "logout" in path else client.get

    answers = [method(path, **header) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[0]["RateLimit"].startswith('"anon";r=1;')
    assert method(path, REMOTE_ADDR="10.0.0.2", **header).status_code == 401
    assert ada.get(PROFILES).status_code == 200


def test_requests_that_a_permission_denies_are_counted_by_user(ada, bob, rates, monkeypatch):
    rates(user="2/day")
    monkeypatch.setattr("rest_framework.permissions.IsAuthenticated.has_permission", lambda *args: False)

    assert statuses(3, lambda _: ada.get(PROFILES)) == [403, 403, 429]
    assert bob.get(PROFILES).status_code == 403


SPELLINGS = [
    ["\u0130da", "i\u0307da", "I\u0307DA"],  # capital I with a dot
    ["stra\u00dfe", "STRASSE", "stra\u1e9ee"],
    ["\u03c3\u03bf\u03c6\u03cc\u03c2", "\u03a3\u039f\u03a6\u038c\u03a3", "\u03c3\u03bf\u03c6\u03cc\u03c3"],
    ["kelvin", "\u212aelvin", "KELVIN"],
    ["\u00e4dam", "\u00c4DAM", "a\u0308dam"],
    ["ada", "\uff21\uff24\uff21", "\u3000ada\u00a0"],
    ["as", "a\u017f", "AS "],
]


@pytest.mark.parametrize("spellings", SPELLINGS)
def test_every_spelling_of_a_username_counts_for_the_same_account(client, rates, spellings):
    rates(login=f"{len(spellings)}/day")

    sent = [
        client.post(LOGIN, {"username": name, "password": "x"}, REMOTE_ADDR=f"10.0.0.{number}").status_code
        for number, name in enumerate([*spellings, spellings[0]])
    ]

    assert sent == [401] * len(spellings) + [429]


@pytest.mark.parametrize(
    "spellings",
    [
        ["ada@example.com", "ADA@EXAMPLE.COM", '"ada"@example.com'],
        ["ada@b\u00fccher.example", "ada@B\u00dcCHER.example", "ada@xn--bcher-kva.example"],
        ["k@example.com", "\u212a@example.com", "K@example.com"],
    ],
)
def test_every_spelling_of_an_email_address_counts_for_the_same_account(client, rates, spellings):
    rates(login=f"{len(spellings)}/day")

    sent = [
        client.post(RESET, {"email": address}, REMOTE_ADDR=f"10.0.0.{number}").status_code
        for number, address in enumerate([*spellings, spellings[0]])
    ]

    assert sent == [202] * len(spellings) + [429]


def test_a_very_long_username_is_counted_without_normalization(client, rates):
    rates(login="1/day")
    name = "a" + "\u0301\u0323" * 100_000  # normalizing it would take quadratic time

    assert statuses(
        2, lambda n: client.post(LOGIN, {"username": name, "password": "x"}, REMOTE_ADDR=f"10.0.0.{n}")
    ) == [
        400,
        429,
    ]


def test_wrong_current_passwords_are_counted_together_with_failed_logins(ada, bob, client, rates):
    rates(login="3/day")
    guess = {"password": "another horse battery", "current_password": "wrong"}
    client.post(LOGIN, {"username": "ADA", "password": "wrong"}, REMOTE_ADDR="10.0.0.2")

    assert statuses(3, lambda _: ada.patch(OWN, guess)) == [400, 400, 429]
    assert ada.patch(OWN, guess | {"current_password": PASSWORD}).status_code == 429
    assert ada.patch(OWN, {"name": "Ada"}).status_code == 200
    assert ada.get(OWN).status_code == 200
    assert bob.patch(OWN, guess).status_code == 400


def test_guesses_do_not_lock_out_the_owner_at_a_known_address(ada, client, rates):
    rates(login="3/day")
    right, home = {"username": "ada", "password": PASSWORD}, "192.0.2.1"
    assert client.post(LOGIN, right, REMOTE_ADDR=home).status_code == 200
    guesses = statuses(4, lambda n: client.post(LOGIN, {**right, "password": "x"}, REMOTE_ADDR=f"10.0.0.{n}"))

    assert guesses == [401, 401, 429, 429]
    assert client.post(LOGIN, right, REMOTE_ADDR="10.0.1.1").status_code == 429
    assert client.post(LOGIN, {**right, "username": "ADA"}, REMOTE_ADDR=home).status_code == 200
    change = {"password": "another horse battery", "current_password": "wrong"}
    assert statuses(3, lambda _: ada.patch(OWN, change, REMOTE_ADDR=home)) == [400, 400, 429]


def test_login_attempts_are_counted_by_account_for_all_addresses(client, rates):
    rates(login="3/day")
    names = ["ada", "ADA", " ada", "Ada "]

    sent = statuses(4, lambda n: client.post(LOGIN, {"username": names[n], "password": "x"}, REMOTE_ADDR=f"10.0.0.{n}"))

    assert sent == [401, 401, 401, 429]
    assert client.post(LOGIN, {"username": "bob", "password": "x"}, REMOTE_ADDR="10.0.1.1").status_code == 401


def test_a_throttled_address_does_not_use_up_the_attempts_of_an_account(client, rates):
    rates(login="3/day")
    guess = {"username": "ada", "password": "x"}
    for number in range(3):
        client.post(LOGIN, {"username": f"user{number}", "password": "x"})

    refused = statuses(5, lambda _: client.post(LOGIN, guess))

    assert refused == [429] * 5
    assert statuses(4, lambda _: client.post(LOGIN, guess, REMOTE_ADDR="10.0.0.2")) == [401, 401, 401, 429]


def test_login_attempts_are_counted_by_address_for_all_accounts(client, rates):
    rates(login="3/day")

    sent = statuses(4, lambda number: client.post(LOGIN, {"username": f"user{number}", "password": "x"}))

    assert sent == [401, 401, 401, 429]


def test_a_throttled_login_is_429_even_with_the_correct_password(ada, client, rates):
    rates(login="1/day")
    right = {"username": "ada", "password": "correct horse battery"}

    assert statuses(2, lambda _: client.post(LOGIN, right)) == [200, 429]


@pytest.mark.parametrize("body", [[], "x", {"username": ["ada"]}, {"username": None}, {}])
def test_a_login_without_an_account_is_counted_by_address(client, rates, body):
    rates(login="1/day")

    assert statuses(2, lambda _: client.send("post", LOGIN, body)) == [400, 429]


def test_password_resets_are_counted_by_email_address(client, rates):
    rates(login="1/day")

    sent = statuses(2, lambda n: client.post(RESET, {"email": "nobody@example.com"}, REMOTE_ADDR=f"10.0.0.{n}"))

    assert sent == [202, 429]
