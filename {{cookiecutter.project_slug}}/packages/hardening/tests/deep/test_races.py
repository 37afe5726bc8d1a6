"""Many writers in real processes: one wins, all others get the same answer, and nothing is doubled or lost."""

import os
from collections import Counter
from functools import partial
from itertools import count
from typing import Any

import pytest

from deep.server import Caller, Server, together

WRITERS = 16
ROUNDS = int(os.environ.get("RACE_ROUNDS", "40"))

NUMBERS = count(1)


def span(number: int) -> list[str]:
    return [f"2026-01-01T{hour:02}:00:00Z" for hour in (8, 10)]


# For each kind of rule: where it is, a body that breaks it when it is sent twice, and the key that is reported.
KINDS: dict[str, tuple[str, Any, str]] = {
    "plain": ("badges", lambda n: {"badge": str(n)}, "badge"),
    "together": ("seats", lambda n: {"row": "A", "number": n}, "non_field_errors"),
    "expression": ("handles", lambda n: {"name": f"Name{n}"}, "name"),
    "condition": ("slots", lambda n: {"day": "2026-01-01", "room": str(n), "live": True}, "room"),
    "nulls": ("coupons", lambda n: {"code": str(n)}, "code"),
    "deferred": ("steps", lambda n: {"position": n}, "position"),
    "exclusion": ("bookings", lambda n: {"room": n, "span": span(n)}, "span"),
}
ONLY_POSTGRESQL = {"nulls", "deferred", "exclusion"}


@pytest.fixture(scope="module")
def callers(server: Server) -> list[Caller]:
    return [server.caller(f"user{number}") for number in range(WRITERS)]


def marked(kind: str) -> Any:
    """Return *kind* as a parameter, deselected on SQLite if that does not have such constraints."""
    return pytest.param(kind, marks=pytest.mark.postgresql_server if kind in ONLY_POSTGRESQL else ())


@pytest.mark.parametrize("kind", [marked(kind) for kind in KINDS])
def test_one_of_many_creates_wins_and_all_others_conflict(server, callers, kind):
    path, make, key = KINDS[kind]

    for _round in range(ROUNDS):
        body = make(next(NUMBERS))
        answers = together([partial(caller, "POST", f"/shapes/{path}/", body) for caller in callers])

        assert Counter(answer.status for answer in answers) == {201: 1, 409: WRITERS - 1}
        bodies = [answer.body for answer in answers if answer.status == 409]
        assert all(each == bodies[0] for each in bodies)
        assert list(bodies[0]) == [key]


def test_one_of_many_changes_wins_and_all_others_conflict(callers):
    for _round in range(ROUNDS // 4):
        wanted = str(next(NUMBERS))
        rows = [caller("POST", "/shapes/badges/", {"badge": f"{next(NUMBERS)}x"}).body["id"] for caller in callers]

        answers = together(
            [
                partial(caller, "PATCH", f"/shapes/badges/{row}/", {"badge": wanted})
                for caller, row in zip(callers, rows, strict=True)
            ]
        )

        assert Counter(answer.status for answer in answers) == {200: 1, 409: WRITERS - 1}


def test_two_changes_of_different_fields_both_survive(callers):
    ada = callers[0]
    for _round in range(ROUNDS):
        row = ada("POST", "/shapes/badges/", {"badge": str(next(NUMBERS))}).body
        target, number = f"/shapes/badges/{row['id']}/", str(next(NUMBERS))

        answers = together(
            [
                partial(callers[0], "PATCH", target, {"badge": number}),
                partial(callers[1], "PATCH", target, {"note": "changed"}),
            ]
        )

        assert [answer.status for answer in answers] == [200, 200]
        assert ada("GET", target).body == {"id": row["id"], "badge": number, "note": "changed"}


def test_a_delete_and_a_new_reference_never_both_succeed(callers):
    ada = callers[0]
    for _round in range(ROUNDS):
        author = ada("POST", "/shapes/authors/", {"name": str(next(NUMBERS))}).body["id"]

        deleted, created = together(
            [
                partial(callers[0], "DELETE", f"/shapes/authors/{author}/"),
                partial(callers[1], "POST", "/shapes/books/", {"author": author, "title": "x"}),
            ]
        )

        assert (deleted.status, created.status) in {(204, 400), (409, 201)}
        assert ada("GET", f"/shapes/authors/{author}/").status == (404 if deleted.status == 204 else 200)


def test_a_change_never_brings_a_deleted_row_back(callers):
    ada = callers[0]
    for _round in range(ROUNDS):
        row = ada("POST", "/shapes/badges/", {"badge": str(next(NUMBERS))}).body["id"]

        deleted, changed = together(
            [
                partial(callers[0], "DELETE", f"/shapes/badges/{row}/"),
                partial(callers[1], "PATCH", f"/shapes/badges/{row}/", {"note": "x"}),
            ]
        )

        assert deleted.status == 204
        assert changed.status in {200, 404}
        assert ada("GET", f"/shapes/badges/{row}/").status == 404


def test_lists_that_overlap_in_opposite_order_end_in_one_winner(callers):
    for _round in range(ROUNDS // 4):
        numbers = [str(next(NUMBERS)) for _ in range(10)]
        bodies = [[{"badge": number} for number in order] for order in (numbers, numbers[::-1])] * 4

        answers = together(
            [partial(caller, "POST", "/shapes/badges/", body) for caller, body in zip(callers, bodies, strict=False)]
        )

        statuses = Counter(answer.status for answer in answers)
        assert statuses[201] <= 1
        assert set(statuses) <= {201, 409, 503}
        assert all("Retry-After" in answer.headers for answer in answers if answer.status == 503)
