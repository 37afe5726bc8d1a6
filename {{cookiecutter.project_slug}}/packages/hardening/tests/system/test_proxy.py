"""Behind nginx: what clients claim of themselves gains nothing, and what is begun is finished."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from deep.server import PATIENCE, Caller, signed_up
from hardening.exceptions import PayloadTooLarge
from system.proxies import Proxied, proxied

PROFILES, LOGIN = "/api/v1/profiles/", "/api/v1/auth/login/"
ATTEMPTS = 5


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """One process, so that it counts exactly without a shared cache."""
    rates = {"THROTTLE_LOGIN": f"{ATTEMPTS}/day", "WEB_CONCURRENCY": "1"}
    with proxied(tmp_path_factory.mktemp("proxied"), **rates) as started:
        yield started


@pytest.fixture(scope="module")
def ada(running: Proxied) -> Caller:
    """Ada, who signed in through the proxy, which was the first attempt."""
    return signed_up(Caller(running.https), "ada")


def profile(number: int) -> dict[str, str]:
    return {"username": f"ada-{number}", "email": f"ada-{number}@example.com"}


def test_an_address_that_is_claimed_opens_no_account_of_attempts(running, ada):
    nobody, claimed = Caller(running.https), [f"203.0.113.{number}" for number in range(ATTEMPTS + 1)]

    answers = [
        nobody("POST", LOGIN, {"username": each, "password": "wrong"}, **{"X-Forwarded-For": each, "X-Real-IP": each})
        for each in claimed  # each account once: it is the address that is counted
    ]

    assert [each.status for each in answers] == [401] * (ATTEMPTS - 1) + [429] * 2
    assert "203.0.113" not in running.server.log.read_text()
    failed = [line for line in running.server.log.read_text().splitlines() if "login_failed" in line]
    assert {json.loads(line)["address"] for line in failed} == {"127.0.0.1"}


@pytest.mark.parametrize("claimed", [{}, {"X-Forwarded-Proto": "https"}, {"X-Forwarded-Ssl": "on"}])
def test_a_request_without_tls_is_rejected_whatever_headers_it_has(running, ada, claimed):
    in_the_clear = Caller(running.http, ada.headers)

    assert in_the_clear("GET", PROFILES, **claimed).status == 403


def test_a_request_over_tls_gets_https_links(running, ada):
    for number in range(2):
        assert ada("POST", PROFILES, profile(number)).status == 201

    answer = ada("GET", f"{PROFILES}?page_size=1", **{"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"})

    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"]
    assert answer.body["next"].startswith(f"{running.https}{PROFILES}?")


def test_a_request_has_the_id_that_the_proxy_gave_it(running, ada):
    answer = ada("GET", PROFILES, **{"X-Request-ID": "claimed"})

    assert len(answer.headers["X-Request-ID"]) == 32
    assert answer.headers["X-Request-ID"] in running.server.log.read_text()


def test_a_body_in_chunks_arrives_whole(running, ada):
    connection = running.https.connect()
    body = (part.encode() for part in ('{"username": "chunked", ', '"email": "chunked@example.com"}'))
    known = ada.headers | {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}

    connection.request("POST", PROFILES, body, known, encode_chunked=True)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()

    assert (response.status, answer["username"]) == (201, "chunked")


def test_a_body_that_the_proxy_rejects_gets_the_response_of_the_api(running, ada):
    refused = ada("POST", PROFILES, {"bio": "x" * 1024 * 1024})

    assert refused.status == PayloadTooLarge.status_code == 413
    assert refused.body == {"detail": PayloadTooLarge.default_detail, "code": PayloadTooLarge.default_code}
    assert "X-Request-ID" not in refused.headers  # the API never saw it


def test_a_stopping_server_finishes_running_requests(tmp_path):
    with proxied(tmp_path) as running, ThreadPoolExecutor(8) as threads:
        ada = signed_up(Caller(running.https), "ada")
        held = {"X-Hold": str(tmp_path)}
        sent = [
            threads.submit(ada, "POST", PROFILES, profile(number), **held, **{"X-Number": str(number)})
            for number in range(8)
        ]
        end = time.monotonic() + PATIENCE
        while len(list(tmp_path.glob("begun-*"))) < len(sent):
            assert time.monotonic() < end, running.server.log.read_text()
            time.sleep(0.01)

        running.server.process.terminate()
        (tmp_path / "go").touch()

        assert [each.result(PATIENCE).status for each in sent] == [201] * len(sent)
        assert running.server.process.wait(PATIENCE) == 0
