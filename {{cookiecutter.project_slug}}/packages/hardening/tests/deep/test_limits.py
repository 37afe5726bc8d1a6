"""Limits of the server itself, and bodies whose length nobody knows: over a real connection."""

import json
import socket
from typing import Any

import pytest

from deep.server import PATIENCE, Server

PATH = "/api/v1/profiles/"


def raw(server: Server, text: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send *text* as it is; return the status, the headers and the body of the answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(str(server.socket))
        connection.sendall(text)
        answer = b""
        while received := connection.recv(65536):
            answer += received
    head, _blank, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(first.split()[1]), {name.lower(): value for name, value in headers.items()}, body


def request(method: str, path: str, *lines: str, body: bytes = b"") -> bytes:
    head = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *lines]
    return "\r\n".join([*head, "", ""]).encode() + body


@pytest.fixture
def token(server: Server) -> str:
    return f"Authorization: {server.caller('limits').headers['Authorization']}"


def chunked(text: bytes) -> bytes:
    return f"{len(text):x}\r\n".encode() + text + b"\r\n0\r\n\r\n"


JSON = "Content-Type: application/json"


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("value", ["chunked", "Chunked"])
def test_a_chunked_body_is_411_before_django_reads_it_as_empty(server, token, method, value):
    body = chunked(b'{"username": "chunked", "email": "chunked@example.com"}')

    status, headers, answer = raw(server, request(method, PATH, token, JSON, f"Transfer-Encoding: {value}", body=body))

    assert status == 411
    assert json.loads(answer)["code"] == "length_required"
    assert headers["x-request-id"]


def test_a_body_that_is_too_large_is_rejected_before_it_is_sent(server, token):
    status, _headers, answer = raw(server, request("POST", PATH, token, JSON, "Content-Length: 99999999"))

    assert status == 413
    assert json.loads(answer)["code"] == "too_large"


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 2", "Transfer-Encoding: chunked"),
        ("Content-Length: 2", "Content-Length: 3"),
        ("Content-Length: -1",),
        ("Content-Length: a",),
        ("Content-Length: +2",),
        ("Transfer-Encoding: identity, chunked, identity",),
        ("Transfer-Encoding : chunked",),
        ("X-A: b\r\n folded",),
        ("X A: b",),
        ("X-A: a\x00b",),
    ],
)
def test_a_request_that_two_servers_could_parse_differently_is_rejected(server, token, lines):
    status, _headers, _answer = raw(server, request("POST", PATH, token, JSON, *lines, body=b"{}"))

    assert status in (400, 411, 501)


def line_of(length: int) -> str:
    """Return a path that makes a request line of *length* characters."""
    return "/" + "a" * (length - len("GET / HTTP/1.1"))


def status_of(answer: tuple[Any, ...]) -> int:
    return int(answer[0])


def test_the_length_of_a_request_line(server):
    assert status_of(raw(server, request("GET", line_of(4094)))) == 404
    assert status_of(raw(server, request("GET", line_of(4095)))) == 414


def test_the_number_of_headers(server):
    def headers(number: int) -> list[str]:
        return [f"X-{n}: a" for n in range(number - 2)]

    assert status_of(raw(server, request("GET", "/livez", *headers(50)))) == 200
    assert status_of(raw(server, request("GET", "/livez", *headers(51)))) == 431


def test_the_length_of_a_header(server):
    assert status_of(raw(server, request("GET", "/livez", f"X-A: {'a' * 8000}"))) == 200
    assert status_of(raw(server, request("GET", "/livez", f"X-A: {'a' * 9000}"))) == 431
