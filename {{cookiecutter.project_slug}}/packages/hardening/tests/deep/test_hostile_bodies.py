"""Bodies and headers that are expensive to read, from clients without a token: others are answered meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from deep.server import Server
from deep.test_limits import JSON, raw, request

SENDERS = 8
MIB = 2**20
PATH = "/api/v1/accounts/"

BODIES = {
    "a string that never ends": lambda size: b"[" * 40 + b'"' + b'\\"' * ((size - 41) // 2),
    "backslashes": lambda size: b"[" * 40 + b'"' + b"\\" * (size - 41),
    "brackets": lambda size: b"[" * size,
    "quotes": lambda size: b"[" * 40 + b'"' * (size - 40),
    "digits": lambda size: b'{"username": ' + b"1" * (size - 20) + b"}",
    "combining characters": lambda size: b'{"username": "a' + "\u0300\u0327".encode() * ((size - 20) // 4) + b'"}',
    "an address": lambda size: b'{"email": "a@' + b"a." * ((size - 20) // 2) + b'"}',
}


def posted(server: Server, *lines: str, body: bytes = b"{}") -> int:
    head = (JSON, f"Content-Length: {len(body)}", *lines)
    status, _headers, _answer = raw(server, request("POST", PATH, *head, body=body))
    return status


def statuses_beside(server: Server, hostile: partial[int]) -> set[int]:
    """Send *hostile* many times at once, and require an answer to another client before they have all ended."""
    with ThreadPoolExecutor(SENDERS) as threads:
        sent = [threads.submit(hostile) for _ in range(SENDERS)]
        assert raw(server, request("GET", "/readyz"))[0] == 200
        return {each.result() for each in sent}


@pytest.mark.parametrize("body", BODIES)
def test_an_expensive_body_is_rejected_and_others_are_answered(server, body):
    assert statuses_beside(server, partial(posted, server, body=BODIES[body](MIB))) == {400}


@pytest.mark.parametrize("value", ['a="' + "\\a" * 4000 + '"', "a/b," * 2000, '"' + '\\"' * 4000, ";" * 8000])
@pytest.mark.parametrize("name", ["Cookie", "Accept", "If-Match"])
def test_the_repetitions_of_an_expensive_header_are_rejected_and_others_are_answered(server, name, value):
    lines = [f"{name}: {value}"] * 40

    assert statuses_beside(server, partial(posted, server, *lines)) <= {400, 431}
