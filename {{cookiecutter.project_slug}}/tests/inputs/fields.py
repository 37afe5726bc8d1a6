"""Bodies of which one field is bad: every writable field of every route, times what its kind refuses."""

from collections.abc import Iterator
from typing import Any

from tests.inputs import values
from tests.inputs.rows import Id, Row
from tests.inputs.values import MISSING, Refused

REQUIRED: Refused = [(MISSING, "required")]


def longer_than(limit: int, code: str = "max_length") -> Refused:
    return [("x" * (limit + 1), code), ("é" * (limit + 1), code), ("x" * 100_000, code)]


PASSWORDS: Refused = [
    *values.NO_TEXTS,
    *values.UNSTORABLE,
    ("", "blank"),
    ("x" * 129, "max_length"),
]
WEAK: Refused = [
    ("2d8f7a", "password_too_short"),
    ("password1", "password_too_common"),
    ("1357924680135", "password_entirely_numeric"),
]
UNEQUAL: Refused = [
    (each, "mismatch") for each in ("another one", "Correct horse battery", "\0", "\ud800", 5, "x" * 100_000)
]
SECRETS: Refused = [*values.NO_TEXTS, *values.UNSTORABLE, ("", "blank"), ("x" * 129, "max_length")]
# An address that is a number is no address either, and DRF's words win.
NO_ADDRESSES: Refused = [
    *((value, "invalid" if code == values.WRONG_TYPE else code) for value, code in values.NO_TEXTS),
    *values.UNSTORABLE,
    *values.BLANK,
    *values.NO_EMAILS,
]
NO_RESET_TOKENS: Refused = [
    *((value, "invalid" if code == values.WRONG_TYPE else code) for value, code in values.NO_TEXTS),
    *values.UNSTORABLE,
    ("", "blank"),
    *((each, "invalid") for each in (" ", "a", "-", "1-", "a-b-c", "1-a-b ", "1-A-b", "\u0661-a-b", "-1-a-b", "1-a")),
    *((each, "invalid_token") for each in ("1-a-b", "0-0-0", "9" * 18 + "-a-b", "1-a-" + "0" * 64)),
    ("1-a-" + "0" * 200, "max_length"),
]
NO_CHOICES: Refused = [
    (None, "null"),
    (True, "invalid_choice"),
    ([], "invalid_choice"),
    ({}, "invalid_choice"),
    (5, "invalid_choice"),
    ("", "invalid_choice"),
    ("EMAIL", "invalid_choice"),
    (" email", "invalid_choice"),
    ("email\0", "invalid_choice"),
    ("\ud800", "invalid_choice"),
    ("x" * 100_000, "invalid_choice"),
]

PROFILE = {"username": "new", "email": "new@example.com", "bio": ""}
LOCATION = {"name": "New"}
CONTACT = {"location": Id("location"), "name": "New", "kind": "email", "value": "bell@example.com"}
PURCHASE = {
    "reference": "new",
    "location": Id("location"),
    "contacts": [Id("contact")],
    "quantity": 1,
    "earliest": "2026-12-01T08:00:00Z",
    "latest": "2026-12-01T18:00:00Z",
}
ACCOUNT = {
    "username": "new",
    "email": "new@example.com",
    "name": "New",
    "password": "correct horse battery",
    "confirm_password": "correct horse battery",
}

# (the list, the object, a body that is valid, {field: what it refuses}).
RESOURCES: list[tuple[str, str, dict[str, Any], dict[str, Refused]]] = [
    (
        "/api/v1/profiles/",
        "/api/v1/profiles/{profile}/",
        PROFILE,
        {
            "username": values.TEXTS + longer_than(150) + REQUIRED,
            "email": NO_ADDRESSES + REQUIRED,
            "bio": values.NO_TEXTS + values.UNSTORABLE + longer_than(2000),
        },
    ),
    (
        "/api/v1/locations/",
        "/api/v1/locations/{location}/",
        LOCATION,
        {"name": values.TEXTS + longer_than(100) + REQUIRED},
    ),
    (
        "/api/v1/contacts/",
        "/api/v1/contacts/{contact}/",
        CONTACT,
        {
            "location": [*values.NO_KEYS, (None, "null"), *REQUIRED],
            "name": values.TEXTS + longer_than(100) + REQUIRED,
            "kind": NO_CHOICES + REQUIRED,
            "value": values.TEXTS + longer_than(200) + REQUIRED,
        },
    ),
    (
        "/api/v1/purchases/",
        "/api/v1/purchases/{purchase}/",
        PURCHASE,
        {
            "reference": values.TEXTS + longer_than(40) + REQUIRED,
            "location": [*values.NO_KEYS, (None, "null"), *REQUIRED],
            "contacts": [
                (None, "null"),
                (True, "not_a_list"),
                (1, "not_a_list"),
                ("1", "not_a_list"),
                ({}, "not_a_list"),
                ({"0": 1}, "not_a_list"),
                ([1] * 101, "max_items"),
                (list(range(20_000)), "max_items"),
            ],
            "quantity": [*values.NO_INTEGERS, (None, "null"), (0, "min_value"), (-1, "min_value"), *REQUIRED],
            "earliest": values.NO_MOMENTS + REQUIRED,
            "latest": values.NO_MOMENTS + REQUIRED,
        },
    ),
]
# (method, path, who, a body that is valid, {field: what it refuses}).
SINGLE: list[tuple[str, str, str, dict[str, Any], dict[str, Refused]]] = [
    (
        "POST",
        "/api/v1/accounts/",
        "nobody",
        ACCOUNT,
        {
            "username": values.TEXTS + longer_than(150, "max_length") + REQUIRED,
            "email": NO_ADDRESSES + REQUIRED,
            "name": values.TEXTS + REQUIRED,
            "password": PASSWORDS + REQUIRED,
            "confirm_password": [(None, "null"), (True, "invalid"), ([], "invalid"), *UNEQUAL, *REQUIRED],
        },
    ),
    (
        "POST",
        "/api/v1/auth/login/",
        "nobody",
        {"username": "ada", "password": "correct horse battery"},
        {"username": values.TEXTS + longer_than(150) + REQUIRED, "password": SECRETS + REQUIRED},
    ),
    (
        "POST",
        "/api/v1/auth/password-reset/",
        "nobody",
        {"email": "ada@example.com"},
        {"email": NO_ADDRESSES + REQUIRED},
    ),
    (
        "POST",
        "/api/v1/auth/password-reset/confirm/",
        "nobody",
        {"token": "1-a-b", "password": "correct horse battery", "confirm_password": "correct horse battery"},
        {"token": NO_RESET_TOKENS + REQUIRED, "password": SECRETS + REQUIRED},
    ),
    (
        "PATCH",
        "/api/v1/accounts/me/",
        "ada",
        {"password": "correct horse battery 2", "current_password": "correct horse battery"},
        {"password": PASSWORDS + WEAK, "current_password": [*SECRETS, ("wrong", "wrong_password"), *REQUIRED]},
    ),
    (
        "PATCH",
        "/api/v1/accounts/me/",
        "ada",
        {},
        {"email": NO_ADDRESSES, "name": values.TEXTS},
    ),
]


def rows() -> Iterator[Row]:
    for collection, single, valid, fields in RESOURCES:
        for method, path, rest in (("POST", collection, valid), ("PUT", single, valid), ("PATCH", single, {})):
            yield from bad_fields(method, path, "ada", rest, fields)
    for method, path, who, valid, fields in SINGLE:
        yield from bad_fields(method, path, who, valid, fields)
    for weak, code in WEAK:
        body = ACCOUNT | {"password": weak, "confirm_password": weak}
        yield Row("POST", "/api/v1/accounts/", 400, code, "/password", body, who="nobody")


def bad_fields(method: str, path: str, who: str, valid: dict[str, Any], fields: dict[str, Refused]) -> Iterator[Row]:
    """Yield a row for every bad value, and for every strange key, beside *valid*."""
    for field, refused in fields.items():
        for value, code in refused:
            if value is not MISSING or field in valid:
                yield Row(method, path, 400, code, f"/{field}", changed(valid, field, value), who=who)
    yield from strange_keys(method, path, who, valid)


STRANGE_KEYS = [
    "",
    " ",
    "nothing",
    "__class__",
    "__proto__",
    "pk",
    "ID",
    "is_superuser",
    "$where",
    "a.b",
    "🦆",
    "\ud800",
    "\0",
    "x" * 9999,
]


def strange_keys(method: str, path: str, who: str, valid: dict[str, Any]) -> Iterator[Row]:
    """Yield a row for every key that no body has."""
    for key in STRANGE_KEYS:
        yield Row(
            method,
            path,
            400,
            "unknown_field",
            f"/{key if len(key) <= 64 else key[:64] + '…'}",
            valid | {key: 1},
            who=who,
        )


def changed(body: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    """Return *body* with *value* in *field*, or without the field."""
    rest = {key: each for key, each in body.items() if key != field}
    return rest if value is MISSING else rest | {field: value}
