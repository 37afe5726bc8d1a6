"""Invalid input and expected access of the routes of the purchases, for the contract tests."""

from collections.abc import Iterator
from typing import Any

from hardening.testing import values
from hardening.testing.client import Client
from hardening.testing.rows import Id, Row
from hardening.testing.values import REQUIRED, Refused, longer_than
from purchases.models import Contact, Location, Purchase

WINDOW = {"earliest": "2026-12-01T08:00:00Z", "latest": "2026-12-01T18:00:00Z"}

NO_CHOICES: Refused = [
    (None, "null"),
    *(
        (each, "invalid_choice")
        for each in (True, [], {}, 5, "", "EMAIL", " email", "email\0", "\ud800", "x" * 100_000)
    ),
]
NO_CHOICE_OF_TWO: Refused = [
    (None, "null"),
    *((each, "invalid_type") for each in (1, 0, "true", "on")),
    *((each, "invalid") for each in ("", [], {})),
]
NO_LOCATIONS: Refused = [*values.NO_KEYS, (None, "null"), (Id("their_location"), "does_not_exist"), *REQUIRED]
NO_CONTACTS: Refused = [
    (None, "null"),
    *((each, "not_a_list") for each in (True, 1, "1", {}, {"0": 1})),
    ([1] * 101, "max_items"),
    (list(range(20_000)), "max_items"),
]

RESOURCES: dict[str, tuple[dict[str, Any], dict[str, Refused]]] = {
    "location": ({"name": "New"}, {"name": values.TEXTS + longer_than(100) + REQUIRED, "closed": NO_CHOICE_OF_TWO}),
    "contact": (
        {"location": Id("location"), "name": "New", "kind": "email", "value": "bell@example.com"},
        {
            "location": NO_LOCATIONS,
            "name": values.TEXTS + longer_than(100) + REQUIRED,
            "kind": NO_CHOICES + REQUIRED,
            "value": values.TEXTS + longer_than(200) + REQUIRED,
        },
    ),
    "purchase": (
        {"reference": "new", "location": Id("location"), "contacts": [Id("contact")], "quantity": 2, **WINDOW},
        {
            "reference": values.TEXTS + longer_than(40) + REQUIRED,
            "location": NO_LOCATIONS,
            "contacts": NO_CONTACTS,
            "quantity": [*values.NO_INTEGERS, (None, "null"), (0, "min_value"), (-1, "min_value"), *REQUIRED],
            "earliest": values.NO_MOMENTS + REQUIRED,
            "latest": values.NO_MOMENTS + REQUIRED,
        },
    ),
}
SINGLE: list[Any] = []
SEARCHED = ("/api/v1/locations/", "/api/v1/contacts/", "/api/v1/purchases/")
BODILESS: list[tuple[str, str]] = []

NO_VALUES: dict[str, list[str]] = {
    "email": ["a", "a@b", "+4930123456", "https://a.example"],
    "phone": ["030123456", "+0", "+49 30", "+4930123456\n1", "+" + "1" * 16, "a@b.example", "+\u0661\u0661"],
    "url": ["a", "ftp://a.example", "javascript:alert(1)", "//a.example", "http://"],
}
NO_WINDOWS = [
    {"earliest": "2026-12-01T18:00:00Z", "latest": "2026-12-01T08:00:00Z"},
    {"earliest": "2026-12-01T08:00:00Z", "latest": "2026-12-01T08:00:00Z"},
    {"earliest": "2026-12-01T08:00:00Z", "latest": "2026-12-01T09:00:00+01:00"},
]
NO_TAGS = [
    "",
    "a",
    "1-1",
    '"',
    '"a',
    "'a'",
    '"a" "b"',
    '"a",',
    '*, "a"',
    "**",
    'w/"a"',
    '"a\x7f"',
    '"\u00e9"',
    "W/",
    ",",
]
OTHER_TAGS = ['""', '"1"', '"0-0"', 'W/"1-1"', '"*"', '"a","b"', '"9999999999999999999-1"']
NO_IDEMPOTENCY_KEYS = ["", " ", "a b", "a;b", "\u00e9", '"', '""', '"a', "a" * 256, "../a", "a\x7f"]


def rows() -> Iterator[Row]:
    contact, purchase = RESOURCES["contact"][0], RESOURCES["purchase"][0]
    for kind, refused in NO_VALUES.items():
        for value in refused:
            yield Row("POST", "/api/v1/contacts/", 400, None, None, contact | {"kind": kind, "value": value})
    for window in NO_WINDOWS:
        yield Row("POST", "/api/v1/purchases/", 400, "invalid", "/latest", purchase | window)
        yield Row("PATCH", "/api/v1/purchases/{purchase}/", 400, "invalid", "/latest", window)
    yield from preconditions("/api/v1/purchases/{purchase}/")
    for key in NO_IDEMPOTENCY_KEYS:
        yield Row("POST", "/api/v1/purchases/", 400, "bad_request", headers={"Idempotency-Key": key}, body={})


def preconditions(path: str) -> Iterator[Row]:
    for method in ("PUT", "PATCH", "DELETE"):
        yield Row(method, path, 428, "precondition_required", headers={"If-Match": None}, body={})
        for tags in NO_TAGS:
            yield Row(method, path, 400, "bad_request", headers={"If-Match": tags}, body={})
            yield Row(method, path, 400, "bad_request", headers={"If-None-Match": tags}, body={})
        for tag in OTHER_TAGS:
            yield Row(method, path, 412, "precondition_failed", headers={"If-Match": tag}, body={})


def make(client: Client) -> dict[str, int]:
    """Create an object of each kind, and return the ids; no object refers to the returned location and contact."""

    def made(kind: str, /, **body: object) -> int:
        response = client.post(f"/api/v1/{kind}s/", body)
        assert response.status_code == 201, response.content
        return int(response.json()["id"])

    used = made("location", name="Used")
    return {
        "location": made("location", name="Home"),
        "contact": made("contact", location=used, name="Bell", kind="phone", value="+4930123456"),
        "purchase": made("purchase", reference="A-1", location=used, quantity=1, **WINDOW),
    }


def location(user: Any) -> Location:
    return Location.objects.get_or_create(owner=user, name=f"Near {user.username}")[0]


def contact(user: Any) -> Contact:
    names = {"location": location(user), "name": f"Bell of {user.username}"}
    return Contact.objects.get_or_create(**names, kind="phone", value="+4930123456")[0]


def purchase(user: Any) -> Purchase:
    names = {"purchaser": user, "reference": "table"}
    return Purchase.objects.get_or_create(**names, defaults={"location": location(user), "quantity": 1, **WINDOW})[0]


# {model: a function that returns the user's object, creating it if necessary}.
OBJECTS: dict[Any, Any] = {Contact: contact, Location: location, Purchase: purchase}
