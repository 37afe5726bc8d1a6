"""A client that stops in the middle of its request holds no lock and no thread: others are answered meanwhile."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import count

import pytest

from deep.server import PATIENCE, Caller, Server, database, serving
from deep.test_limits import raw

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
def test_an_incomplete_body_does_not_block_other_writes(server, callers, monkeypatch, method):
    slow, other = callers
    made = other("POST", TICKETS, {"title": f"slow {next(NUMBERS)}"}).body
    target, title = f"{TICKETS}{made['id']}/", f"slow {next(NUMBERS)}"
    path, key = (TICKETS, {"Idempotency-Key": "slow"}) if method == "POST" else (target, {"If-Match": "*"})

    with half_sent(server, slow, method, path, {"title": title}, **key) as finish:
        monkeypatch.setattr("deep.server.PATIENCE", LIMIT)
        changed = other("PATCH", target, {"count": 7}, **{"If-Match": "*"})
        created = other("POST", TICKETS, {"title": f"slow {next(NUMBERS)}"})
        status = finish()

    assert (changed.status, created.status) == (200, 201)
    assert status == {"POST": 201, "DELETE": 204}.get(method, 200)


REQUEST_TIMEOUT = 3  # seconds for a whole request
THREADS = 2
PROBE = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
HEAD = (
    b"POST /api/v1/auth/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 900\r\n"
)
# A request for which the body is not read, so that only the drain after the response waits for it.
UNREAD = b"POST /nowhere/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n"


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of one process with few threads, which waits for a request for a short time."""
    folder = tmp_path_factory.mktemp("impatient")
    (folder / "static").mkdir()
    (folder / "static" / "large.txt").write_bytes(b"a" * 4_000_000)
    known = {
        "DJANGO_SETTINGS_MODULE": "deep.limited",
        "DEEP_STATIC_ROOT": str(folder / "static"),
        "REQUEST_TIMEOUT": str(REQUEST_TIMEOUT),
        "WEB_CONCURRENCY": "1",
    }
    with database("sqlite", folder, "slow") as url, serving(url, folder, "--threads", str(THREADS), **known) as running:
        yield running


def connected(server: Server) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(str(server.socket))
    return connection


def trickle(server: Server, start: bytes) -> bytes:
    """Send *start* and then a byte every now and then, for as long as the server takes it; return its answer."""
    answer = b""
    with connected(server) as connection:
        connection.settimeout(0.2)
        connection.sendall(start)
        for _byte in range(PATIENCE * 5):
            with suppress(TimeoutError):
                received = connection.recv(65536)
                answer += received
                if not received:
                    return answer
            try:
                connection.sendall(b"a")
            except OSError:
                return answer
    raise AssertionError("The server waits for as long as a client likes.")


SLOW = {
    "a request line": (b"GET /livez", 408),
    "headers": (HEAD + b"X-A: a", 408),
    "a body": (HEAD + b"\r\n{", 400),
    "a body that nobody reads": (UNREAD, 404),
    "a second request": (PROBE.replace(b"Connection: close\r\n", b"") + b"GET /", 408),
}


@pytest.mark.parametrize("part", SLOW)
def test_a_client_that_sends_a_byte_now_and_then_holds_no_thread(impatient, part):
    start, status = SLOW[part]
    before = len(impatient.log.read_text().splitlines())

    with ThreadPoolExecutor(THREADS) as threads:
        slow = [threads.submit(trickle, impatient, start) for _thread in range(THREADS)]
        answers = [each.result(PATIENCE) for each in slow]
        assert raw(impatient, PROBE)[0] == 200

    for answer in answers:
        head, _blank, body = answer[answer.rindex(b"HTTP/1.1 ") :].partition(b"\r\n\r\n")
        assert int(head.split()[1]) == status
        assert json.loads(body)["code"]
        assert b"X-Request-ID: " in head
    logged = [json.loads(line) for line in impatient.log.read_text().splitlines()[before:]]
    assert [line for line in logged if "exception" in line] == []


def test_idle_connections_do_not_delay_other_clients(impatient, monkeypatch):
    monkeypatch.setattr("deep.test_limits.PATIENCE", LIMIT)
    with ExitStack() as stack:
        for _connection in range(THREADS * 10):
            stack.enter_context(connected(impatient))

        assert raw(impatient, PROBE)[0] == 200


def test_clients_that_receive_nothing_hold_no_thread(impatient):
    with ExitStack() as stack:
        for _connection in range(THREADS):
            stack.enter_context(connected(impatient)).sendall(PROBE.replace(b"/livez", b"/static/large.txt"))

        assert raw(impatient, PROBE)[0] == 200

    assert '"exception"' not in impatient.log.read_text()
