"""The requests that every stack receives."""

import json
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Any

from accounts.models import Profile

from bench.measure import Make, Request, Stack
from bench.rows import Caller

PAGE = 50
_numbers = count(1)


def make_profile() -> dict[str, Any]:
    number = next(_numbers)
    return {"username": f"new{number}", "email": f"new{number}@example.com", "bio": "A few words on somebody."}


def create(_stack: Stack) -> Request:
    return Request("POST", "profiles/", make_profile(), (201,))


def duplicate(_stack: Stack) -> Request:
    body = {"username": "user10", "email": "user10@example.com", "bio": ""}
    return Request("POST", "profiles/", body, (400, 409))


def retrieve(_stack: Stack) -> Request:
    return Request("GET", f"profiles/{_get_own().pk}/")


def change(_stack: Stack) -> Request:
    number = next(_numbers)
    body = {"username": f"user10 {number}", "bio": f"Said {number} times."}
    return Request("PATCH", f"profiles/{_get_own().pk}/", body)


@cache
def _get_own() -> Profile:
    """Return one of the user's profiles."""
    return Profile.objects.get(email="user10@example.com")


def first_page(stack: Stack) -> Request:
    return Request("GET", f"profiles/{_page_size(stack)}")


def purchases(stack: Stack) -> Request:
    return Request("GET", f"purchases/{_page_size(stack)}")


def _page_size(stack: Stack) -> str:
    return f"?page_size={PAGE}" if stack.name.startswith("ours") else ""


def last_page(ours: Stack) -> Make:
    """Return a function that requests the page with the oldest rows, which *ours* reaches by following links."""
    owned = Profile.objects.filter(owner__username="caller").order_by("pk")
    after = owned.values_list("pk", flat=True)[PAGE]
    cursor = _follow_links(ours)
    queries = {"stock": "?page=last"}

    def make(stack: Stack) -> Request:
        query = cursor if stack.name.startswith("ours") else f"?before={after}"
        return Request("GET", f"profiles/{queries.get(stack.name, query)}")

    return make


def _follow_links(stack: Stack) -> str:
    """Return the query string of the last page of *stack*, found by following the `next` links."""
    query = f"?page_size={PAGE}"
    while link := json.loads(stack.send(Request("GET", f"profiles/{query}")))["next"]:
        query = f"?{link.partition('?')[2]}"
    return query


def make_purchase(caller: Caller, related: int) -> Make:
    """Return a function that requests a new purchase with *related* contacts."""

    def make(_stack: Stack) -> Request:
        body = {
            "reference": f"new {next(_numbers)}",
            "location": caller.location,
            "contacts": caller.contacts[:related],
            "quantity": 1,
            "earliest": "2026-12-01T08:00:00Z",
            "latest": "2026-12-01T18:00:00Z",
        }
        return Request("POST", "purchases/", body, (201,))

    return make


def list_operations(caller: Caller) -> dict[str, Callable[[Stack], Request]]:
    """Return the operations that are compared at the smallest size, by their names in the report."""
    return {
        "create": create,
        "duplicate create": duplicate,
        "retrieve": retrieve,
        "PATCH": change,
        f"list of {PAGE}": first_page,
        "create with 1 related id": make_purchase(caller, 1),
        "create with 10 related ids": make_purchase(caller, 10),
        "create with 100 related ids": make_purchase(caller, 100),
        f"list of {PAGE} with related ids": purchases,
    }
