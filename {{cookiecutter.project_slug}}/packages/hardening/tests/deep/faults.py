"""Bounded load on a server while something fails, and a ledger: what clients were told against what is stored."""

import os
import select
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from deep.server import Caller

SECONDS = float(os.environ.get("FAULT_SECONDS", "1"))  # of load before and after a fault
SOCKET = ".s.PGSQL.5432"
PARCELS = "/shapes/parcels-by-key/"
NAMES = count(1)


@dataclass(frozen=True)
class Call:
    """One request of the load: what it was, what the client was told, and when."""

    method: str
    status: int | str  # the name of the exception if there was no response
    code: str
    headers: dict[str, str]
    title: str
    start: float
    seconds: float


@dataclass
class Load:
    """The requests of several clients, each of which sends the next one when it has the response to the last."""

    calls: list[Call] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def send(self, caller: Caller, method: str, path: str = PARCELS, body: Any = None) -> Call:
        """Send a request, by default a GET of a list or a POST of a new row, and note what the client was told."""
        title = f"p{next(NAMES)}"
        start = time.monotonic()
        sent = {"title": title} if method == "POST" and body is None else body
        body, headers = {}, {}
        try:
            answer = caller(method, path, sent)
        except (OSError, HTTPException) as error:
            status: int | str = type(error).__name__
        else:
            status, body, headers = answer.status, answer.body, answer.headers
        call = Call(method, status, str((body or {}).get("code", "")), headers, title, start, time.monotonic() - start)
        self.calls.append(call)
        return call

    def count(self, method: str = "") -> dict[int | str, int]:
        """Return how often clients were told each status."""
        return dict(Counter(call.status for call in self.calls if call.method.startswith(method)))

    def slowest(self) -> float:
        return max(call.seconds for call in self.calls)

    def find_recovery(self, moment: float) -> float:
        """Return the seconds from *moment* until a request was sent, after which none failed."""
        failed = [call.start for call in self.calls if call.status not in (200, 201) and call.start > moment]
        return max(0.0, max(failed, default=moment) - moment)


@contextmanager
def under_load(caller: Caller, *, readers: int, writers: int, pause: float = 0.01) -> Iterator[Load]:
    """Yield the load of so many clients, which ends with the block."""
    load = Load()

    def work(method: str) -> None:
        while not load.stopping.is_set():
            load.send(caller, method)
            time.sleep(pause)

    threads = [threading.Thread(target=work, args=[method]) for method in ["GET"] * readers + ["POST"] * writers]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.stopping.set()
        for thread in threads:
            thread.join()


def read_titles(where: str | Path) -> list[str]:
    """Return the titles of the rows in the database: a URL of PostgreSQL, or a file of SQLite."""
    query = "SELECT title FROM shapes_parcel"
    if isinstance(where, Path):
        with closing(sqlite3.connect(where)) as connection:
            return [title for (title,) in connection.execute(query)]
    with psycopg.connect(where) as connected:
        return [title for (title,) in connected.execute(query)]


def find_lost(load: Load, where: str | Path) -> tuple[list[str], list[str]]:
    """Return the titles that a client was told are stored and are not, and those stored against what it was told."""
    stored = Counter(read_titles(where))
    posts = [call for call in load.calls if call.method == "POST"]
    lost = [call.title for call in posts if call.status == 201 and stored[call.title] != 1]
    told_no = [call for call in posts if call.status != 201 and call.code != "outcome_unknown"]
    doubled = [call.title for call in told_no if isinstance(call.status, int) and stored[call.title]]
    return lost, doubled + [title for title, number in stored.items() if number > 1]


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> float:
    """Return after how many seconds *condition* held."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > seconds:
            raise TimeoutError("It did not happen.")
        time.sleep(0.02)
    return time.monotonic() - start


@dataclass
class Wire:
    """A relay between the API and PostgreSQL that loses the response to a statement, which PostgreSQL has executed."""

    folder: Path
    target: Path
    cut_after: bytes = b""
    is_cut: threading.Event = field(default_factory=threading.Event)

    def relay(self, client: socket.socket) -> None:
        """Pass on what either side sends, until one of them ends."""
        with suppress(OSError), client, socket.socket(socket.AF_UNIX) as server:
            server.connect(str(self.target))
            while ready := select.select([client, server], [], [])[0]:
                source, other = (client, server) if client in ready else (server, client)
                data = source.recv(65536)
                if not data:
                    return
                other.sendall(data)
                if source is client and self.cut_after and self.cut_after in data:
                    self.cut_after = b""
                    server.recv(65536)  # PostgreSQL has committed
                    self.is_cut.set()
                    return


@contextmanager
def relayed(folder: Path, target: Path) -> Iterator[Wire]:
    """Relay connections to the socket of PostgreSQL in *target* from one in *folder*."""
    wire = Wire(folder, target / SOCKET)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / SOCKET))
        listener.listen()

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=wire.relay, args=[listener.accept()[0]], daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield wire
        listener.shutdown(socket.SHUT_RDWR)


REPORT: list[str] = []
"""The rows of the table that the run prints at its end."""


def report(fault: str, load: Load, where: str | Path | None, recovery: float) -> None:
    """Add a row for *fault*, and check the ledger: no write is lost or doubled, and no response is a server error."""
    lost, doubled = ([], []) if where is None else find_lost(load, where)
    statuses = ", ".join(f"{number} of {status}" for status, number in sorted(load.count().items(), key=str))
    unlike = len(lost) + len(doubled)
    REPORT.append(
        f"| {fault} | {len(load.calls)} | {statuses} | {unlike} | {load.slowest():.1f} s | {recovery:.1f} s |"
    )
    told = [(call.title, call.status, call.code, call.seconds) for call in load.calls if call.title in lost + doubled]
    assert (lost, doubled) == ([], []), told
    assert set(load.count()) <= {200, 201, 503}
    assert all("Retry-After" in call.headers for call in load.calls if call.code == "try_again")
