"""What is asked of every stack."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

from accounts.models import Profile

from bench.measure import Make, Sent, Stack
from bench.rows import Caller

PAGE = 50
_numbers = count(1)


def _profile() -> dict[str, Any]:
    number = next(_numbers)
    return {"username": f"new{number}", "email": f"new{number}@example.com", "bio": "A few words on somebody."}


def create(_stack: Stack) -> Sent:
    return Sent("POST", "profiles/", _profile(), (201,))


def duplicate(_stack: Stack) -> Sent:
    taken = {"username": "user10", "email": "user10@example.com", "bio": ""}
    return Sent("POST", "profiles/", taken, (400, 409))


def retrieve(_stack: Stack) -> Sent:
    return Sent("GET", f"profiles/{_own().pk}/")


def change(_stack: Stack) -> Sent:
    number = next(_numbers)
    return Sent("PATCH", f"profiles/{_own().pk}/", {"username": f"user10 {number}", "bio": f"Said {number} times."})


_found: list[Profile] = []


def _own() -> Profile:
    """Return one of the caller's profiles."""
    if not _found:
        _found.append(Profile.objects.get(email="user10@example.com"))
    return _found[0]


def first_page(stack: Stack) -> Sent:
    return Sent("GET", f"profiles/{_first(stack)}")


def purchases(stack: Stack) -> Sent:
    return Sent("GET", f"purchases/{_first(stack)}")


def _first(stack: Stack) -> str:
    return f"?page_size={PAGE}" if stack.name.startswith("ours") else ""


def last_page(ours: Stack) -> Make:
    """Return a function that asks for the page with the oldest rows; *ours* is followed from link to link to it."""
    owned = Profile.objects.filter(owner__username="caller").order_by("pk")
    after = owned.values_list("pk", flat=True)[PAGE]
    keyed = _follow(ours)
    queries = {"stock": "?page=last"}

    def asked(stack: Stack) -> Sent:
        own = keyed if stack.name.startswith("ours") else f"?before={after}"
        return Sent("GET", f"profiles/{queries.get(stack.name, own)}")

    return asked


def _follow(stack: Stack) -> str:
    """Return the query string of the last page of *stack*, to which the links of its pages lead."""
    query = f"?page_size={PAGE}"
    while following := json.loads(stack.send(Sent("GET", f"profiles/{query}")))["next"]:
        query = f"?{following.partition('?')[2]}"
    return query


def buy(caller: Caller, related: int) -> Make:
    """Return a function that creates a purchase with *related* contacts."""

    def asked(_stack: Stack) -> Sent:
        body = {
            "reference": f"new {next(_numbers)}",
            "location": caller.location,
            "contacts": caller.contacts[:related],
            "quantity": 1,
            "earliest": "2026-12-01T08:00:00Z",
            "latest": "2026-12-01T18:00:00Z",
        }
        return Sent("POST", "purchases/", body, (201,))

    return asked


def operations(caller: Caller) -> dict[str, Callable[[Stack], Sent]]:
    """Return what is compared at the smallest size, by the words of the report."""
    return {
        "create": create,
        "duplicate create": duplicate,
        "retrieve": retrieve,
        "PATCH": change,
        f"list of {PAGE}": first_page,
        "create with 1 related id": buy(caller, 1),
        "create with 10 related ids": buy(caller, 10),
        "create with 100 related ids": buy(caller, 100),
        f"list of {PAGE} with related ids": purchases,
    }
