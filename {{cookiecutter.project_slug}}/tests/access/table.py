"""Who gets which status where: every route, every method, every kind of caller."""

from typing import Any, NamedTuple

from tests.inputs.rows import Id


class Statuses(NamedTuple):
    """The answers to a caller without a token, with a dead one, to the owner, and to anyone else, staff included."""

    nobody: int
    dead: int
    owner: int
    other: int


def to_all(status: int) -> Statuses:
    return Statuses(status, status, status, status)


def to_users(status: int) -> Statuses:
    return Statuses(401, 401, status, status)


def to_owner(status: int) -> Statuses:
    return Statuses(401, 401, status, 404)


NOT_HERE = to_users(405)
NOT_THERE = to_all(405)  # where no token is looked at

LIST = {
    "GET": to_users(200),
    "HEAD": to_users(200),
    "POST": to_users(201),
    "PUT": NOT_HERE,
    "PATCH": NOT_HERE,
    "DELETE": NOT_HERE,
    "OPTIONS": NOT_HERE,
    "TRACE": NOT_HERE,
}
OBJECT = {
    "GET": to_owner(200),
    "HEAD": to_owner(200),
    "POST": NOT_HERE,
    "PUT": to_owner(200),
    "PATCH": to_owner(200),
    "DELETE": to_owner(204),
    "OPTIONS": NOT_HERE,
    "TRACE": NOT_HERE,
}
NOTHING = dict.fromkeys(LIST, NOT_HERE)
NOTHING_PUBLIC = dict.fromkeys(LIST, NOT_THERE)
READABLE = {"GET": to_all(200), "HEAD": to_all(200)}

# {name of the route, or its pattern: {method: the statuses}}.
TABLE: dict[str, dict[str, Statuses]] = {
    "account-list": NOTHING_PUBLIC | {"POST": to_all(201)},
    "account-me": NOTHING
    | {"GET": to_users(200), "HEAD": to_users(200), "PATCH": to_users(200), "DELETE": to_users(204)},
    "contact-detail": OBJECT,
    "contact-list": LIST,
    "error-codes": NOTHING_PUBLIC | READABLE,
    "livez": NOTHING_PUBLIC | READABLE,
    "location-detail": OBJECT,
    "location-list": LIST,
    "login": NOTHING_PUBLIC | {"POST": to_all(200)},
    "logout": NOTHING | {"POST": to_users(204)},
    "logout-all": NOTHING | {"POST": to_users(204)},
    "password-reset": NOTHING_PUBLIC | {"POST": to_all(202)},
    "password-reset-confirm": NOTHING_PUBLIC | {"POST": to_all(400)},  # the token of a mail decides
    "profile-detail": OBJECT,
    "profile-list": LIST,
    "purchase-detail": OBJECT,
    "purchase-list": LIST,
    "readyz": NOTHING_PUBLIC | READABLE,
    "schema": NOTHING | {"GET": to_users(200), "HEAD": to_users(200)},
}

# Bodies that are valid, for the routes that read one; ids are those of the caller's own objects.
BODIES: dict[str, Any] = {
    "account-list": {
        "username": "new",
        "email": "new@example.com",
        "name": "New",
        "password": "correct horse battery",
        "confirm_password": "correct horse battery",
    },
    "account-me": {"name": "New"},
    "contact": {"location": Id("location"), "name": "New", "kind": "email", "value": "new@example.com"},
    "location": {"name": "New"},
    "login": {"username": "ada", "password": "correct horse battery"},
    "password-reset": {"email": "nobody@example.com"},
    "password-reset-confirm": {
        "token": "1-a-b",
        "password": "correct horse battery",
        "confirm_password": "correct horse battery",
    },
    "profile": {"username": "new", "email": "new@example.com"},
    "purchase": {
        "reference": "new",
        "location": Id("location"),
        "contacts": [Id("contact")],
        "quantity": 2,
        "earliest": "2026-12-01T08:00:00Z",
        "latest": "2026-12-01T18:00:00Z",
    },
}

# (kind, {field: what names an object of somebody else's of that kind, where one of the caller's own would do}, route).
FOREIGN: list[tuple[str, dict[str, Any], str]] = [
    ("location", {"location": Id("theirs")}, "contact"),
    ("location", {"location": Id("theirs")}, "purchase"),
    ("contact", {"contacts": [Id("theirs")]}, "purchase"),
    ("contact", {"contacts": [Id("contact"), Id("theirs")]}, "purchase"),
]
