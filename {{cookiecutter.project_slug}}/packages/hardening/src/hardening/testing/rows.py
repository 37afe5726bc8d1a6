"""A row of the tables of bad input: a request, and the exact answer to it."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

JSON = "application/json"
LONGEST = 4000  # bytes of an error: what was sent is not repeated in full


class Id(str):
    """Stands for the id of an object of Ada's, `Id("location")`, in a body; paths name them `{location}`."""


class Row(NamedTuple):
    """One request and its answer; *code* stands at the JSON pointer *at*, or is that of the whole request.

    Bytes in *body* are sent as they are, anything else as JSON in ASCII; a header that is None is left out.
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
    """Send *row* and return the answer, its errors as problem details unless the row accepts something else."""
    headers = {"Content-Type": JSON, "Accept": "application/problem+json", "If-Match": "*"} | dict(row.headers)
    headers = {name: value for name, value in headers.items() if value is not None}
    body = row.body if isinstance(row.body, bytes) else json.dumps(filled(row.body, ids)).encode()
    body = b"" if row.body is None else body
    path = row.path.format(**ids) if row.path.isascii() else row.path
    content_type = headers.pop("Content-Type")
    response: Any = client.generic(row.method, path, body, content_type=content_type, headers=headers)
    return response


def fault(row: Row, response: Any) -> str:
    """Return how *response* differs from what *row* states; nothing where it does not."""
    if response.status_code != row.status:
        return f"{row}: {response.status_code}, not {row.status}: {response.content[:200]!r}"
    if row.status >= 400 and len(response.content) > LONGEST:
        return f"{row}: an answer of {len(response.content)} bytes"
    if row.code is None:
        return ""
    errors = found(response)
    return "" if (row.at, row.code) in errors else f"{row}: {errors}, not {(row.at, row.code)}"


def found(response: Any) -> set[tuple[str | None, str]]:
    """Return the `(pointer, code)` of every error in problem details; the pointer is None for the whole request."""
    document = response.json()
    if "errors" in document:
        return {(each["pointer"], each["code"]) for each in document["errors"]}
    return {(None, document["code"])}


def filled(value: Any, ids: Mapping[str, int]) -> Any:
    """Return *value* with every `Id` in it replaced."""
    if isinstance(value, Id):
        return ids[value]
    if isinstance(value, dict):
        return {key: filled(each, ids) for key, each in value.items()}
    return [filled(each, ids) for each in value] if isinstance(value, list) else value
