"""A client that stops in the middle of its request body holds no lock: others write meanwhile."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from tests.deep.server import PATIENCE, Caller, Server

TICKETS = "/shapes/tickets/"
LIMIT = 5  # seconds for a request beside one that waits; a lock would hold it for 15 or 20
NUMBERS = count(1)


@contextmanager
def half_sent(server: Server, caller: Caller, method: str, path: str, body: object, **headers: str) -> Iterator:
    """Send a request but for the second half of its *body*; yield a function that sends the rest, and its status."""
    text = json.dumps(body).encode()
    known = {"Host": "localhost", "Connection": "close", "Content-Type": "application/json"} | caller.headers | headers
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in known.items())]
    head = "\r\n".join([*lines, f"Content-Length: {len(text)}", "", ""]).encode()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(str(server.socket))
        connection.sendall(head + text[: len(text) // 2])

        def finish() -> int:
            connection.sendall(text[len(text) // 2 :])
            return int(connection.recv(65536).split()[1])

        yield finish


@pytest.fixture(scope="module")
def callers(server: Server) -> tuple[Caller, Caller]:
    return server.caller("slow"), server.caller("other")


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE", "POST"])
def test_a_half_sent_body_keeps_nobody_from_writing(server, callers, monkeypatch, method):
    slow, other = callers
    made = other("POST", TICKETS, {"title": f"slow {next(NUMBERS)}"}).body
    target, title = f"{TICKETS}{made['id']}/", f"slow {next(NUMBERS)}"
    path, key = (TICKETS, {"Idempotency-Key": "slow"}) if method == "POST" else (target, {"If-Match": "*"})

    with half_sent(server, slow, method, path, {"title": title}, **key) as finish:
        monkeypatch.setattr("tests.deep.server.PATIENCE", LIMIT)
        changed = other("PATCH", target, {"count": 7}, **{"If-Match": "*"})
        created = other("POST", TICKETS, {"title": f"slow {next(NUMBERS)}"})
        status = finish()

    assert (changed.status, created.status) == (200, 201)
    assert status == {"POST": 201, "DELETE": 204}.get(method, 200)
