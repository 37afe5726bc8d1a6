"""Test cases of requests: a request and the expected response."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

JSON = "application/json"
LONGEST = 4000  # bytes of an error response, which must not repeat long input


class Id(str):
    """A placeholder in a request body for the id of Ada's object, as in `Id("location")`; `{location}` in a path."""


class Row(NamedTuple):
    """A request and the expected response, with the error *code* at the JSON pointer *at* (None: of the whole request).

    A *body* of bytes is sent unchanged, anything else as JSON in ASCII. A header that is None is not sent.
    """

    method: str
    path: str
    status: int
    code: str | None = None
    at: str | None = None
    body: Any = None
    headers: Mapping[str, str | None] = {}
    who: str = "ada"

    def __str__(self) -> str:
        return f"{self.who} {self.method} {self.path[:100]} {self.body!r:.100} {dict(self.headers)!r:.100}"


def send(row: Row, client: Any, ids: Mapping[str, int]) -> Any:
    """Send the request of *row* and return the response, which has problem details unless *row* sets `Accept`."""
    headers = {"Content-Type": JSON, "Accept": "application/problem+json", "If-Match": "*"} | dict(row.headers)
    headers = {name: value for name, value in headers.items() if value is not None}
    body = row.body if isinstance(row.body, bytes) else json.dumps(fill_ids(row.body, ids)).encode()
    body = b"" if row.body is None else body
    path = row.path.format(**ids) if row.path.isascii() else row.path
    content_type = headers.pop("Content-Type")
    response: Any = client.generic(row.method, path, body, content_type=content_type, headers=headers)
    return response


def fault(row: Row, response: Any) -> str:
    """Return how *response* differs from the expected one of *row*; an empty string if it does not."""
    if response.status_code != row.status:
        return f"{row}: {response.status_code}, not {row.status}: {response.content[:200]!r}"
    if row.status >= 400 and len(response.content) > LONGEST:
        return f"{row}: a response of {len(response.content)} bytes"
    if row.code is None:
        return ""
    errors = read_errors(response)
    return "" if (row.at, row.code) in errors else f"{row}: {errors}, not {(row.at, row.code)}"


def read_errors(response: Any) -> set[tuple[str | None, str]]:
    """Return the `(pointer, code)` of every error in problem details; the pointer of the whole request is None."""
    document = response.json()
    if "errors" in document:
        return {(error["pointer"], error["code"]) for error in document["errors"]}
    return {(None, document["code"])}


def fill_ids(value: Any, ids: Mapping[str, int]) -> Any:
    """Return *value* with every `Id` in it replaced by the id."""
    if isinstance(value, Id):
        return ids[value]
    if isinstance(value, dict):
        return {key: fill_ids(item, ids) for key, item in value.items()}
    return [fill_ids(item, ids) for item in value] if isinstance(value, list) else value
