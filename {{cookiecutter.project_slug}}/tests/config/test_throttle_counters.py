"""The counters of throttles: each request is counted once, and a cache that does not respond is skipped."""

import pytest
from django.core.cache import cache

from hardening.operations import caches
from tests.config.test_throttling import LOGIN, PASSWORD, PROFILES, statuses

pytestmark = pytest.mark.django_db


def test_of_two_first_requests_of_a_window_none_is_forgotten(ada, rates, monkeypatch):
    rates(user="1/day")
    increment, seen = cache.incr, []

    def be_second(key: str) -> int:
        """Let another request be the first, after the cache has told this one that it is."""
        seen.append(key)
        if len(seen) == 1:
            cache.set(key, 1)
            raise ValueError
        return increment(key)

    monkeypatch.setattr(cache, "incr", be_second)

    assert ada.get(PROFILES).status_code == 429


def test_a_count_expires_with_its_window(ada, rates, monkeypatch):
    rates(user="1/hour")
    add, timeouts = cache.add, []
    monkeypatch.setattr(cache, "add", lambda key, value, timeout: timeouts.append(timeout) or add(key, value, timeout))

    assert ada.get(PROFILES).status_code == 200
    assert timeouts == [3600]


@pytest.fixture
def silence():
    """The silence of the cache, which ends with the test."""
    yield caches.silence
    caches.silence.end()


@pytest.fixture
def silent_cache(monkeypatch, silence):
    """Let the cache not respond in time; return the keys that it is asked for."""
    asked = []

    def wait(key: str) -> int:
        asked.append(key)
        raise TimeoutError

    monkeypatch.setattr(cache, "incr", wait)
    return asked


def test_a_cache_that_does_not_respond_is_skipped_for_a_while(ada, client, rates, silent_cache, silence):
    rates(user="1/day", login="1/day")

    assert statuses(3, lambda _: ada.get(PROFILES)) == [200] * 3
    guess = client.post(LOGIN, {"username": "ada", "password": PASSWORD})
    assert (guess.status_code, guess["Retry-After"], guess.json()["code"]) == (503, "1", "try_again")
    assert len(silent_cache) == 1

    silence.until -= caches.SKIPPED_FOR
    assert statuses(3, lambda _: ada.get(PROFILES)) == [200] * 3
    assert len(silent_cache) == 2


def test_a_cache_that_responds_again_is_asked_again(ada, rates, silence):
    rates(user="5/day")
    silence.begin()
    skipped = ada.get(PROFILES)
    silence.until -= caches.SKIPPED_FOR

    counted = [ada.get(PROFILES) for _ in range(2)]

    assert "RateLimit" not in skipped
    assert [answer["RateLimit"].partition(";t=")[0] for answer in counted] == ['"user";r=4', '"user";r=3']
