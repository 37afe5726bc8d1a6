"""Factories with valid defaults, so that a test shows only the values that matter to it."""

from collections.abc import Callable
from itertools import count

import pytest
from django.http import HttpResponse

from hardening.testing.client import Client


@pytest.fixture
def locate() -> Callable[[Client], int]:
    """Return a function that creates a location and returns its id."""
    numbers = count(1)

    def located(client: Client) -> int:
        response = client.post("/api/v1/locations/", {"name": f"Location {next(numbers)}"})
        assert response.status_code == 201, response.content
        return int(response.json()["id"])

    return located


@pytest.fixture
def contact(locate: Callable[[Client], int]) -> Callable[..., HttpResponse]:
    """Return a function that creates a contact, at a new location by default."""
    numbers = count(1)

    def contacted(client: Client, **changes: object) -> HttpResponse:
        body = {"name": f"Contact {next(numbers)}", "kind": "email", "value": "bell@example.com"} | changes
        return client.post("/api/v1/contacts/", {"location": body.pop("location", None) or locate(client), **body})

    return contacted


@pytest.fixture
def buy(locate: Callable[[Client], int]) -> Callable[..., HttpResponse]:
    """Return a function that creates a purchase, at a new location by default."""
    numbers = count(1)

    def bought(client: Client, *, headers: dict[str, str] | None = None, **changes: object) -> HttpResponse:
        body = {
            "reference": f"A-{next(numbers)}",
            "quantity": 1,
            "earliest": "2026-12-01T08:00:00Z",
            "latest": "2026-12-01T18:00:00Z",
        }
        body |= {"location": locate(client)} if "location" not in changes else {}
        return client.post("/api/v1/purchases/", body | changes, headers=headers)

    return bought
