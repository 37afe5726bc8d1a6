"""Invalid input and expected access of the routes of the accounts, for the contract tests."""

from collections.abc import Iterator
from typing import Any

from accounts.models import User
from hardening.testing import values
from hardening.testing.client import Client
from hardening.testing.rows import Row
from hardening.testing.values import REQUIRED, Refused, longer_than

ACCOUNT = {
    "username": "new",
    "email": "new@example.com",
    "name": "New",
    "password": "correct horse battery",
    "confirm_password": "correct horse battery",
}
RESET = {"token": "1-a-b", "password": "correct horse battery", "confirm_password": "correct horse battery"}
LOGIN = {"username": "ada", "password": "correct horse battery"}

SECRETS: Refused = [*values.NO_TEXTS, *values.UNSTORABLE, ("", "blank"), ("x" * 129, "max_length")]
WEAK: Refused = [
    ("2d8f7a", "password_too_short"),
    ("password1", "password_too_common"),
    ("1357924680135", "password_entirely_numeric"),
]
UNEQUAL: Refused = [
    (each, "mismatch") for each in ("another one", "Correct horse battery", "\0", "\ud800", 5, "x" * 100_000)
]
NO_RESET_TOKENS: Refused = [
    *((value, "invalid" if code == values.WRONG_TYPE else code) for value, code in values.NO_TEXTS),
    *values.UNSTORABLE,
    ("", "blank"),
    *((each, "invalid") for each in (" ", "a", "-", "1-", "a-b-c", "1-a-b ", "1-A-b", "\u0661-a-b", "-1-a-b", "1-a")),
    *((each, "invalid_token") for each in ("1-a-b", "0-0-0", "9" * 18 + "-a-b", "1-a-" + "0" * 64)),
    ("1-a-" + "0" * 200, "max_length"),
]

# {kind: (a valid body, {field: values that the field rejects})}, for resources with a list and a detail route.
RESOURCES: dict[str, tuple[dict[str, Any], dict[str, Refused]]] = {
    "profile": (
        {"username": "new", "email": "new@example.com", "bio": ""},
        {
            "username": values.TEXTS + longer_than(150) + REQUIRED,
            "email": values.NO_ADDRESSES + REQUIRED,
            "bio": values.NO_TEXTS + values.UNSTORABLE + longer_than(2000),
        },
    ),
}
# (method, path, user, a valid body, {field: values that the field rejects}), for other routes with a request body.
SINGLE: list[tuple[str, str, str, dict[str, Any], dict[str, Refused]]] = [
    (
        "POST",
        "/api/v1/accounts/",
        "nobody",
        ACCOUNT,
        {
            "username": values.TEXTS + longer_than(150) + REQUIRED,
            "email": values.NO_ADDRESSES + REQUIRED,
            "name": values.TEXTS + REQUIRED,
            "password": SECRETS + REQUIRED,
            "confirm_password": [(None, "null"), (True, "invalid"), ([], "invalid"), *UNEQUAL, *REQUIRED],
        },
    ),
    (
        "POST",
        "/api/v1/auth/login/",
        "nobody",
        LOGIN,
        {"username": values.TEXTS + longer_than(150) + REQUIRED, "password": SECRETS + REQUIRED},
    ),
    (
        "POST",
        "/api/v1/auth/password-reset/",
        "nobody",
        {"email": "ada@example.com"},
        {"email": values.NO_ADDRESSES + REQUIRED},
    ),
    (
        "POST",
        "/api/v1/auth/password-reset/confirm/",
        "nobody",
        RESET,
        {"token": NO_RESET_TOKENS + REQUIRED, "password": SECRETS + REQUIRED},
    ),
    (
        "PATCH",
        "/api/v1/accounts/me/",
        "ada",
        {"password": "correct horse battery 2", "current_password": "correct horse battery"},
        {"password": SECRETS + WEAK, "current_password": [*SECRETS, ("wrong", "wrong_password"), *REQUIRED]},
    ),
    ("PATCH", "/api/v1/accounts/me/", "ada", {}, {"email": values.NO_ADDRESSES, "name": values.TEXTS}),
]
SEARCHED: tuple[str, ...] = ()
# Routes without a request body or query parameters.
BODILESS = [
    ("POST", "/api/v1/auth/logout/"),
    ("POST", "/api/v1/auth/logout-all/"),
    ("GET", "/api/v1/accounts/me/"),
    ("DELETE", "/api/v1/accounts/me/"),
]


def rows() -> Iterator[Row]:
    for weak, code in WEAK:
        body = ACCOUNT | {"password": weak, "confirm_password": weak}
        yield Row("POST", "/api/v1/accounts/", 400, code, "/password", body, who="nobody")
    yield Row("GET", "/api/v1/profiles/?search=a", 400, "unknown_parameter", "/search")


def make(client: Client) -> dict[str, int]:
    """Create an object of each kind for the user of *client*, and return the ids."""
    name = client.user.username
    response = client.post("/api/v1/profiles/", {"username": name, "email": f"{name}@example.com"})
    assert response.status_code == 201, response.content
    return {"profile": response.json()["id"]}


# {model: a function that returns the user's object, creating it if necessary}.
OBJECTS: dict[Any, Any] = {User: lambda user: user}
