"""Versions and retries with many clients at once, in real processes, and with one that dies."""

import os
from collections import Counter
from functools import partial
from itertools import count

import pytest

from deep.server import Answer, Caller, Server, database, serving, together

TICKETS = "/shapes/tickets/"
RACERS, ROUNDS = 20, int(os.environ.get("RETRY_ROUNDS", "100"))
NUMBERS = count(1)


@pytest.fixture(scope="module")
def ada(server: Server) -> Caller:
    return server.caller("ada")


def increment(ada: Caller, target: str) -> Answer:
    """Add one to what is there, as often as somebody else was faster."""
    while True:
        read = ada("GET", target)
        answer = ada("PATCH", target, {"count": read.body["count"] + 1}, **{"If-Match": read.headers["ETag"]})
        if answer.status != 412:
            return answer


def test_eighty_increments_that_are_retried_make_eighty(ada):
    target = f"{TICKETS}{ada('POST', TICKETS, {'title': f'sum {next(NUMBERS)}'}).body['id']}/"

    for _round in range(4):
        answers = together([partial(increment, ada, target)] * 20)
        assert {answer.status for answer in answers} == {200}

    assert ada("GET", target).body["count"] == 80


def test_two_changes_of_different_fields_never_lose_one(ada):
    row = ada("POST", TICKETS, {"title": f"both {next(NUMBERS)}"})
    target, tag = f"{TICKETS}{row.body['id']}/", row.headers["ETag"]

    for number in range(30):
        fields = {"title": f"both {next(NUMBERS)}", "count": number}
        changes = [{name: value} for name, value in fields.items()]
        answers = together([partial(ada, "PATCH", target, change, **{"If-Match": tag}) for change in changes])
        assert Counter(answer.status for answer in answers) == {200: 1, 412: 1}
        lost = next(change for change, answer in zip(changes, answers, strict=True) if answer.status == 412)
        tag = ada("GET", target).headers["ETag"]
        again = ada("PATCH", target, lost, **{"If-Match": tag})
        assert again.body | fields == again.body
        tag = again.headers["ETag"]


def test_racers_with_one_key_have_one_effect_and_one_response(ada):
    for _round in range(ROUNDS):
        title = f"once {next(NUMBERS)}"
        answers = together(
            [partial(ada, "POST", TICKETS, {"title": title}, **{"Idempotency-Key": title.replace(" ", "-")})] * RACERS
        )

        created = [answer for answer in answers if answer.status == 201]
        assert created
        assert len({str(answer.body) for answer in created}) == 1
        assert sum("Idempotency-Replayed" not in answer.headers for answer in created) == 1
        running = [answer for answer in answers if answer.status != 201]
        assert {(each.status, each.body["code"]) for each in running} <= {(409, "idempotency_key_in_use")}
        assert all(each.headers["Retry-After"] == "1" for each in running)


def test_concurrent_requests_with_one_idempotency_key_create_one_row(ada):
    """Without the title, which is unique, nothing but the key holds racers back."""
    before = len(rows(ada))
    answers = together([partial(ada, "POST", TICKETS, [], **{"Idempotency-Key": f"none-{next(NUMBERS)}"})] * RACERS)

    assert {answer.status for answer in answers} <= {201, 409}
    assert len(rows(ada)) == before


def rows(ada: Caller) -> list[dict]:
    found, path = [], f"{TICKETS}?page_size=100"
    while path:
        page = ada("GET", path).body
        found += page["results"]
        path = page["next"] and page["next"].partition("localhost")[2]
    return found


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_a_process_killed_after_commit_has_stored_the_response(vendor, tmp_path):
    settings = {"DJANGO_SETTINGS_MODULE": "deep.limited"}
    with database(vendor, tmp_path, f"dying_{os.getpid()}") as url, serving(url, tmp_path, **settings) as server:
        ada = server.caller("ada")
        key = {"Idempotency-Key": "k"}
        with pytest.raises(ConnectionError):
            ada("POST", TICKETS, {"title": "One"}, **key, **{"X-Die": "now"})

        retried = ada("POST", TICKETS, {"title": "One"}, **key)
        read = ada("GET", TICKETS)

    assert (retried.status, retried.headers["Idempotency-Replayed"]) == (201, "true")
    assert [row["title"] for row in read.body["results"]] == ["One"]
    assert retried.body == read.body["results"][0]
