"""The project behind gunicorn, on a unix socket and a database of its own, and clients for it."""

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import psycopg

TESTS = Path(__file__).parents[1]
PROJECT = TESTS.parents[2]
# The project, and the modules of the tests, for processes that run in the project's folder.
PATHS = {"PYTHONPATH": os.pathsep.join(map(str, (PROJECT, TESTS, TESTS.parent / "src")))}
PATIENCE = 60  # seconds for anything to answer
PASSWORD = "correct horse battery"


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


@dataclass(frozen=True)
class Unix:
    """Where a server listens: on a unix socket."""

    path: Path

    def connect(self) -> http.client.HTTPConnection:
        return UnixConnection(self.path)


@dataclass(frozen=True)
class Tcp:
    """Where a server listens: on a port of this machine, with TLS where there is a *context* for it."""

    port: int
    context: ssl.SSLContext | None = None

    def __str__(self) -> str:
        return f"http{'s' if self.context else ''}://localhost:{self.port}"

    def connect(self) -> http.client.HTTPConnection:
        if self.context is None:
            return http.client.HTTPConnection("localhost", self.port, timeout=PATIENCE)
        return http.client.HTTPSConnection("localhost", self.port, timeout=PATIENCE, context=self.context)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Caller:
    """Somebody with a token and a connection of their own."""

    server: Unix | Tcp
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        connection = self.server.connect()
        sent = None if body is None else json.dumps(body)
        known = self.headers | ({"Content-Type": "application/json"} if sent is not None else {})
        try:
            connection.request(method, path, sent, known | headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        return Answer(response.status, dict(response.getheaders()), json.loads(text) if text else None)


@dataclass
class Server:
    """A running server; *process* is gunicorn's first."""

    socket: Path
    process: subprocess.Popen[bytes]
    log: Path

    def caller(self, username: str) -> Caller:
        return signed_up(Caller(Unix(self.socket)), username)


def signed_up(nobody: Caller, username: str) -> Caller:
    """Register *username* where that is needed, sign in, and return a caller."""
    account = {"username": username, "email": f"{username}@example.com", "name": username}
    nobody("POST", "/api/v1/accounts/", account | {"password": PASSWORD, "confirm_password": PASSWORD})
    token = nobody("POST", "/api/v1/auth/login/", {"username": username, "password": PASSWORD}).body["token"]
    return Caller(nobody.server, {"Authorization": f"Bearer {token}"})


@contextmanager
def database(vendor: str, folder: Path, name: str) -> Iterator[str]:
    """Make an empty database and yield its URL."""
    if vendor == "sqlite":
        yield f"sqlite:///{folder}/{name}.sqlite3"
        return
    url = os.environ["TEST_DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def environment_of(url: str, **environment: str) -> dict[str, str]:
    """Return the environment of a process of the project with the database at *url*."""
    kept = {"TEST_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "deep.settings", "WEB_CONCURRENCY": "2"}
    return os.environ | PATHS | kept | {"DRAIN_SECONDS": "0"} | environment


def migrate(url: str, **environment: str) -> None:
    """Migrate the database at *url*."""
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=PROJECT, env=environment_of(url, **environment), check=True)


@contextmanager
def serving(url: str, folder: Path, *flags: str, **environment: str) -> Iterator[Server]:
    """Migrate the database at *url* and serve the project with it until the block ends."""
    migrate(url, **environment)
    with serving_migrated(url, folder, *flags, **environment) as server:
        yield server


@contextmanager
def serving_migrated(url: str, folder: Path, *flags: str, **environment: str) -> Iterator[Server]:
    """Serve the project with the database at *url*, which is migrated, until the block ends."""
    path, log = folder / "socket", folder / "log"
    serve = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"unix:{path}", "--threads", "20", *flags]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            serve, cwd=PROJECT, env=environment_of(url, **environment), stdout=output, stderr=output
        ) as process,
    ):
        try:
            wait_for(Unix(path))
            yield Server(path, process, log)
        finally:
            process.send_signal(signal.SIGQUIT)  # without waiting for kept connections
            process.wait(PATIENCE)


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_for(server: Unix | Tcp) -> None:
    """Wait until *server* is ready."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if Caller(server)("GET", "/readyz").status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("The server did not start.")


def together(calls: list[Callable[[], Answer]]) -> list[Answer]:
    """Make all *calls* at the same moment, each in a thread of its own."""
    barrier = Barrier(len(calls))

    def call(function: Callable[[], Answer]) -> Answer:
        barrier.wait(PATIENCE)
        return function()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(call, calls))
