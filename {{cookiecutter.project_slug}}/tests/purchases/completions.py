"""Complete generated requests about purchases: existing ids, a valid window, a contact's kind with a matching value."""

from collections.abc import Callable
from typing import Any

WINDOW = {"earliest": "2026-01-01T00:00:00Z", "latest": "2026-01-02T00:00:00Z"}


def rows(new: Callable[..., int]) -> dict[str, list[int]]:
    """Create the objects that requests refer to with *new*, and return the ids of each collection."""
    kitchen = new("locations", name="Kitchen")
    contact = {"location": kitchen, "kind": "url", "value": "https://example.com/"}
    purchase = {"location": kitchen, "quantity": 1} | WINDOW
    return {
        "locations": [kitchen, *(new("locations", name=f"Other {n}") for n in range(3))],
        "contacts": [new("contacts", name=f"Contact {n}", **contact) for n in range(3)],
        "purchases": [new("purchases", reference=f"P-{n}", **purchase) for n in range(3)],
    }


def complete(body: dict[str, Any], operation: str, ids: dict[str, list[int]]) -> None:
    """Add to *body* the values that *operation* requires and the OpenAPI document cannot express."""
    if "location" in body:
        body["location"] = ids["locations"][0]
    if "contacts" in body:
        body["contacts"] = ids["contacts"][: len(body["contacts"]) % 4]
    if body.keys() & WINDOW.keys():
        body.update(WINDOW)
    if operation.startswith("contacts_") and body.keys() & {"kind", "value"}:
        body.update(kind="url", value="https://example.com/")
    if operation.startswith("locations_") and "closed" in body:
        body["closed"] = False  # a closed location accepts no purchases
