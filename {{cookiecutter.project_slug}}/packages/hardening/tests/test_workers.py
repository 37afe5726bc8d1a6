"""gunicorn's worker answers probes while its threads are busy, and everything that it has accepted when it stops."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

PATIENCE = 20  # seconds
CONFIG = """
from hardening.operations.draining import drain_before_stop

def when_ready(server):
    drain_before_stop(server, 1)
"""


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def server(port: int, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A server with a single thread, which serves for another second after SIGTERM."""
    config = tmp_path / "config.py"
    config.write_text(CONFIG)
    flags = ["--worker-class", "hardening.workers.Worker", "--threads", "1", "--bind", f"127.0.0.1:{port}"]
    command = [sys.executable, "-m", "gunicorn", "served", "--config", str(config), "--no-control-socket", *flags]
    known = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=known, stderr=subprocess.DEVNULL, cwd=tmp_path) as process:
        end = time.monotonic() + PATIENCE
        while ask(port, "/") != 200 and time.monotonic() < end:
            time.sleep(0.05)
        yield process
        process.send_signal(signal.SIGQUIT)


def ask(port: int, path: str) -> int | None:
    """Return the status of a response; None if the server refuses the connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except ConnectionRefusedError:
        return None
    finally:
        connection.close()


def wait_for(port: int, status: int | None) -> None:
    """Wait until the status of `/readyz` is *status*."""
    end = time.monotonic() + PATIENCE
    while ask(port, "/readyz") != status:
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_a_probe_does_not_wait_for_a_busy_thread(server, port, path):
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(ask, port, "/slow")
        time.sleep(0.3)
        start = time.monotonic()

        status = ask(port, path)

        seconds = time.monotonic() - start
        assert (status, slow.result()) == (200, 200)
    assert seconds < 1


def test_a_probe_on_a_kept_connection_does_not_wait_either(server, port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", "/")
    connection.getresponse().read()
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(ask, port, "/slow")
        time.sleep(0.3)
        start = time.monotonic()
        connection.request("GET", "/livez")

        assert connection.getresponse().status == 200
        assert time.monotonic() - start < 1
        assert slow.result() == 200
    connection.close()


def test_a_connection_without_a_request_holds_no_thread(server, port):
    with socket.create_connection(("127.0.0.1", port)):
        time.sleep(0.3)

        assert ask(port, "/") == 200


def test_after_sigterm_readyz_is_503_before_the_listener_closes_and_kept_connections_end(server, port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", "/")
    connection.getresponse().read()

    start = time.monotonic()
    server.terminate()
    wait_for(port, 503)
    connection.request("GET", "/")
    last = connection.getresponse()
    last.read()
    connection.close()
    status = ask(port, "/")

    assert (last.status, last.headers["Connection"]) == (200, "close")
    assert status == 200
    wait_for(port, None)
    assert time.monotonic() - start > 0.9
    assert server.wait(PATIENCE) == 0


def test_a_second_sigterm_ends_the_wait(server, port):
    server.terminate()
    wait_for(port, 503)
    start = time.monotonic()

    server.terminate()
    wait_for(port, None)

    assert time.monotonic() - start < 0.9
    assert server.wait(PATIENCE) == 0


def test_a_request_that_waits_for_a_thread_when_the_server_stops_is_answered(server, port):
    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(ask, port, "/slow") for _ in range(3)]
        time.sleep(0.3)
        server.terminate()

        assert [each.result() for each in waiting] == [200, 200, 200]
    assert server.wait(PATIENCE) == 0


def test_a_request_after_a_body_that_did_not_come_is_not_read_as_that_body(server, port):
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert (response.status, response.read()) == (200, b"ok")

        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")

        assert connection.recv(4096) == b""
