"""Test cases of requests: a request and the expected response."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

JSON = "application/json"
ACCEPT = "application/problem+json, application/json;q=0.9"  # DRF's content negotiation knows only the second
LONGEST = 4000  # bytes of an error response, which must not repeat long input
WRITES = ("INSERT", "UPDATE", "DELETE")


class Row(NamedTuple):
    """A request and the expected response, with the error *code* at the JSON pointer *at* (None: of the whole request).

    A *body* of bytes is sent unchanged, one with a file as a form, and anything else as JSON in ASCII. A header that is
    None is not sent. A tuple of codes is for alternatives. *statements* is the largest number of SQL statements.
    *target* is the method and the route, for messages.
    """

    method: str
    path: str
    status: int
    code: str | tuple[str, ...] | None = None
    at: str | None = None
    body: Any = None
    headers: Mapping[str, str | None] = {}
    who: str = "ada"
    statements: int | None = None
    target: str = ""

    def __str__(self) -> str:
        target = self.target or f"{self.method} {self.path[:100]}"
        where = f": {self.at}" if self.at else ""
        return f"{target}{where}: {self._describe()}"

    def _describe(self) -> str:
        """Return the value of the field at `at`, or the body; with the user if it is not Ada, and the headers."""
        name = (self.at or "").removeprefix("/").partition("/")[0]
        sent = self.body[name] if isinstance(self.body, dict) and name in self.body else self.body
        parts = [f"{sent!r:.100}", *([f"{dict(self.headers)!r:.100}"] if self.headers else [])]
        return " ".join([*parts, *([f"by {self.who}"] if self.who != "ada" else [])])


def send(row: Row, client: Any) -> Any:
    """Send the request of *row* and return the response, which has problem details unless *row* sets `Accept`."""
    content, content_type = encode(row.body)
    headers = {"Content-Type": content_type, "Accept": ACCEPT, "If-Match": "*"} | dict(row.headers)
    headers = {name: value for name, value in headers.items() if value is not None}
    response: Any = client.generic(
        row.method, row.path, content, content_type=headers.pop("Content-Type"), headers=headers
    )
    return response


def encode(body: Any) -> tuple[bytes, str]:
    """Return the bytes of *body*, and its media type."""
    if body is None:
        return b"", JSON
    if isinstance(body, bytes):
        return body, JSON
    if has_file(body):
        files = [value for value in body.values() if isinstance(value, SimpleUploadedFile)]
        for file in files:
            file.seek(0)
        fields = {name: value for name, value in body.items() if value is not None}
        fields = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in fields.items()}
        return encode_multipart(BOUNDARY, fields), MULTIPART_CONTENT
    return json.dumps(body).encode(), JSON


def has_file(body: Any) -> bool:
    """Return whether *body* has a file, so that it is sent as a form."""
    return isinstance(body, dict) and any(isinstance(value, SimpleUploadedFile) for value in body.values())


def fault(row: Row, response: Any, recorded: Sequence[str] = ()) -> str:
    """Return how *response* differs from the expected one of *row*; an empty string if it does not.

    *recorded* are the SQL statements of the request. A rejected request must not write.
    """
    if response.status_code != row.status:
        return f"{row}: {response.status_code}, not {row.status}: {response.content[:200]!r}"
    if row.status >= 400 and len(response.content) > LONGEST:
        return f"{row}: a response of {len(response.content)} bytes"
    if row.status >= 400 and any(statement.startswith(WRITES) for statement in recorded):
        return f"{row}: rejected, but wrote: {recorded}"
    if row.statements is not None and len(recorded) > row.statements:
        return f"{row}: {len(recorded)} statements, not {row.statements}: {recorded}"
    if row.code is None:
        return ""
    errors = read_errors(response)
    codes = (row.code,) if isinstance(row.code, str) else row.code
    return "" if any((row.at, code) in errors for code in codes) else f"{row}: {errors}, not {(row.at, row.code)}"


def read_errors(response: Any) -> set[tuple[str | None, str]]:
    """Return the `(pointer, code)` of every error in problem details; the pointer of the whole request is None."""
    document = response.json()
    if "errors" in document:
        return {(error["pointer"], error["code"]) for error in document["errors"]}
    return {(None, document["code"])}
