"""How many requests pass, and what the answers say of it."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from redis.exceptions import ConnectionError as Refused
from rest_framework.throttling import SimpleRateThrottle

LOGIN, REGISTRATION, PROFILES, RESET = (
    f"/api/v1/{path}/" for path in ("auth/login", "accounts", "profiles", "auth/password-reset")
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rates(monkeypatch):
    """Return a function that sets rates."""

    def rated(**changed: str) -> None:
        monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {**SimpleRateThrottle.THROTTLE_RATES, **changed})

    return rated


def statuses(count, send) -> list[int]:
    return [send(number).status_code for number in range(count)]


def test_a_user_passes_as_often_as_the_rate_says(ada, bob, rates):
    rates(user="3/day")

    assert statuses(5, lambda _: ada.get(PROFILES)) == [200] * 3 + [429] * 2
    assert bob.get(PROFILES).status_code == 200


def test_the_answers_tell_what_is_left(ada, rates):
    rates(user="2/day")

    answers = [ada.get(PROFILES) for _ in range(3)]

    assert {answer["RateLimit-Policy"] for answer in answers} == {'"user";q=2;w=86400'}
    left = [re.fullmatch(r'"user";r=(\d+);t=(\d+)', answer["RateLimit"]).groups() for answer in answers]
    assert [remaining for remaining, _seconds in left] == ["1", "0", "0"]
    assert all(0 < int(seconds) <= 86400 for _remaining, seconds in left)
    assert 0 < int(answers[2]["Retry-After"]) <= 86400
    assert answers[2].json()["code"] == "throttled"
    assert "Retry-After" not in answers[1]


def test_without_a_rate_the_answers_say_nothing(ada):
    response = ada.get(PROFILES)

    assert "RateLimit" not in response
    assert "RateLimit-Policy" not in response


def test_a_new_window_begins_with_nothing_counted(ada, rates, monkeypatch):
    rates(user="1/min")
    monkeypatch.setattr(SimpleRateThrottle, "timer", lambda _: 59.0)
    before = statuses(2, lambda _: ada.get(PROFILES))
    monkeypatch.setattr(SimpleRateThrottle, "timer", lambda _: 60.0)

    assert (before, ada.get(PROFILES).status_code) == ([200, 429], 200)


def test_callers_without_a_token_are_counted_by_address(client, rates):
    rates(anon="2/day")

    assert statuses(3, lambda _: client.post(REGISTRATION, {})) == [400, 400, 429]
    assert client.post(REGISTRATION, {}, REMOTE_ADDR="10.0.0.2").status_code == 400


def test_an_address_of_the_clients_own_making_gains_nothing(client, rates):
    rates(anon="2/day")

    sent = statuses(4, lambda number: client.post(REGISTRATION, {}, HTTP_X_FORWARDED_FOR=f"10.0.0.{number}"))

    assert sent == [400, 400, 429, 429]


def test_behind_a_proxy_only_the_address_that_the_proxy_saw_counts(client, rates, settings):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    rates(anon="2/day")

    forged = statuses(3, lambda number: client.post(REGISTRATION, {}, HTTP_X_FORWARDED_FOR=f"9.9.9.{number}, 10.0.0.1"))
    other = client.post(REGISTRATION, {}, HTTP_X_FORWARDED_FOR="9.9.9.9, 10.0.0.2")

    assert (forged, other.status_code) == ([400, 400, 429], 400)


def test_the_addresses_of_one_ipv6_network_are_one_client(client, rates):
    rates(anon="2/day")

    sent = statuses(3, lambda number: client.post(REGISTRATION, {}, REMOTE_ADDR=f"2001:db8:0:1::{number}"))

    assert sent == [400, 400, 429]
    assert client.post(REGISTRATION, {}, REMOTE_ADDR="2001:db8:0:2::1").status_code == 400


def test_guesses_are_counted_by_account_from_wherever_they_come(client, rates):
    rates(login="3/day")
    names = ["ada", "ADA", " ada", "Ada "]

    sent = statuses(4, lambda n: client.post(LOGIN, {"username": names[n], "password": "x"}, REMOTE_ADDR=f"10.0.0.{n}"))

    assert sent == [401, 401, 401, 429]
    assert client.post(LOGIN, {"username": "bob", "password": "x"}, REMOTE_ADDR="10.0.1.1").status_code == 401


def test_an_address_that_is_refused_does_not_use_up_the_attempts_of_an_account(client, rates):
    rates(login="3/day")
    guess = {"username": "ada", "password": "x"}
    for number in range(3):
        client.post(LOGIN, {"username": f"user{number}", "password": "x"})

    refused = statuses(5, lambda _: client.post(LOGIN, guess))

    assert refused == [429] * 5
    assert statuses(4, lambda _: client.post(LOGIN, guess, REMOTE_ADDR="10.0.0.2")) == [401, 401, 401, 429]


def test_guesses_are_counted_by_address_whatever_account_they_are_for(client, rates):
    rates(login="3/day")

    sent = statuses(4, lambda number: client.post(LOGIN, {"username": f"user{number}", "password": "x"}))

    assert sent == [401, 401, 401, 429]


def test_a_throttled_password_is_not_even_looked_at(ada, client, rates):
    rates(login="1/day")
    right = {"username": "ada", "password": "correct horse battery"}

    assert statuses(2, lambda _: client.post(LOGIN, right)) == [200, 429]


@pytest.mark.parametrize("body", [[], "x", {"username": ["ada"]}, {"username": None}, {}])
def test_a_body_that_names_no_account_is_counted_by_address(client, rates, body):
    rates(login="1/day")

    assert statuses(2, lambda _: client.send("post", LOGIN, body)) == [400, 429]


def test_mails_are_counted_by_their_address(client, rates):
    rates(login="1/day")

    sent = statuses(2, lambda n: client.post(RESET, {"email": "nobody@example.com"}, REMOTE_ADDR=f"10.0.0.{n}"))

    assert sent == [202, 429]


@pytest.fixture
def without_cache(monkeypatch):
    """The cache server is away."""

    def refuse(*args, **kwargs):
        raise Refused

    for name in ("add", "incr"):
        monkeypatch.setattr(type(cache._connections[cache._alias]), name, refuse)


@pytest.mark.usefixtures("without_cache")
def test_without_the_cache_reads_go_on_and_the_log_says_so(ada, rates, log):
    rates(user="1/day")

    assert statuses(3, lambda _: ada.get(PROFILES)) == [200] * 3
    assert "The cache is away; nothing is counted for 'user': ConnectionError" in log.getvalue()


@pytest.mark.usefixtures("without_cache")
def test_without_the_cache_nobody_guesses(ada, client, rates, log):
    rates(login="9/day")

    response = client.post(LOGIN, {"username": "ada", "password": "correct horse battery"})

    assert (response.status_code, response["Retry-After"], response.json()["code"]) == (503, "1", "try_again")
    assert "The cache is away" in log.getvalue()


def test_guesses_at_the_admin_are_counted_with_the_others(client, rates):
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
def test_without_the_cache_nobody_guesses_at_the_admin(client, rates):
    rates(login="9/day")

    response = client.post("/admin/login/", {"username": "root", "password": "x"}, format="multipart", secure=True)

    assert (response.status_code, response["Retry-After"]) == (503, "1")
