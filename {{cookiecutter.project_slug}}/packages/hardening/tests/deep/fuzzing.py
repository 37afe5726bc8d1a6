"""What schemathesis is told of this API: callers, and the ids, cursors and pairs that belong together.

Loaded by its process through SCHEMATHESIS_HOOKS. Only requests that are meant to be accepted are completed,
since a schema cannot say which ids exist or that two passwords must agree; nothing is filtered. What belongs
together in an app stands in `tests/<app>/completions.py`.
"""

import itertools
import json
import os
import re
import time
from functools import cache
from http.client import HTTPConnection
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import schemathesis
from schemathesis import GenerationMode

from deep.server import PASSWORD, PROJECT

API = os.environ["API"]
MAILS = Path(os.environ["MAILS"])
ENDS_ITS_TOKEN = {"auth_logout_create", "auth_logout_all_create", "accounts_me_destroy", "accounts_me_partial_update"}
APPS = [
    import_module(f"tests.{path.parent.name}.completions")
    for path in sorted((PROJECT / "tests").glob("*/completions.py"))
]
numbers = itertools.count(1)


def call(method: str, path: str, body: Any = None, token: str | None = None) -> Any:
    """Send one request and return what the answer holds; raises where it is refused."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    connection = HTTPConnection(urlsplit(API).netloc)
    connection.request(method, urlsplit(API).path + path, data, headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status >= 400:
        raise RuntimeError(f"{method} {path}: {answer.status} {body!r}")
    return json.loads(body) if body else None


def new_name() -> str:
    """Register somebody and return the username."""
    username = f"caller-{os.getpid()}-{next(numbers)}"
    account = {"username": username, "email": f"{username}@example.com", "name": username}
    call("POST", "/accounts/", account | {"password": PASSWORD, "confirm_password": PASSWORD})
    return username


def new_caller() -> str:
    """Register somebody and return a token."""
    username = new_name()
    token: str = call("POST", "/auth/login/", {"username": username, "password": PASSWORD})["token"]
    return token


TOKEN = new_caller()


@cache
def rows() -> dict[str, list[int]]:
    """Make what requests refer to, and return the ids of each collection."""
    made: dict[str, list[int]] = {}
    for app in APPS:
        made |= app.rows(new)
    return made


def new(collection: str, **fields: Any) -> int:
    """Create an object and return its id."""
    created: int = call("POST", f"/{collection}/", fields, TOKEN)["id"]
    return created


@cache
def cursor(path: str) -> str:
    """Return the cursor of the list's second page."""
    rows()
    answer = call("GET", f"{path}?page_size=1", token=TOKEN)
    return parse_qs(urlsplit(answer["next"]).query)["cursor"][0]


@schemathesis.auth(refresh_interval=None)
class Bearer:
    """A token; one of its own for an operation that ends it."""

    def get(self, case: Any, context: Any) -> str:
        return new_caller() if case.operation.definition.raw["operationId"] in ENDS_ITS_TOKEN else TOKEN

    def set(self, case: Any, data: str, context: Any) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    _spare_what_is_referred_to(case)
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if "cursor" in (case.query or {}):
        case.query["cursor"] = cursor(case.path.removeprefix(urlsplit(API).path))
    known = {"If-Match": "*", "If-None-Match": '"0-0"', "Idempotency-Key": f"key-{next(numbers)}"}
    case.headers.update({name: value for name, value in known.items() if name in case.headers})
    if isinstance(case.body, dict):
        for app in APPS:
            app.complete(case.body, case.operation.definition.raw["operationId"], rows())
        if "token" in case.body:
            case.body["token"] = reset_token()


def _spare_what_is_referred_to(case: Any) -> None:
    collection = case.path.removeprefix(urlsplit(API).path).split("/")[1]
    named = str((case.path_parameters or {}).get("id"))
    if case.method == "DELETE" and named.isdecimal() and int(named) in rows().get(collection, ()):
        case.path_parameters["id"] = str(rows()[collection][-1] + 1)


def reset_token() -> str:
    """Return the token of a mail to somebody new."""
    username = new_name()
    call("POST", "/auth/password-reset/", {"email": f"{username}@example.com"})
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for file in MAILS.glob("*.log"):  # which may hold several mails
            if found := re.search(rf"account {username} of.*?Token: (\S+)\s", file.read_text(), re.DOTALL):
                return found[1]
        time.sleep(0.02)
    raise TimeoutError("The mail did not come.")
