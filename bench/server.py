"""`python -m bench.server`: the same requests to gunicorn over sockets; write `docs/performance-server.md`."""

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench.rendered import TEMPLATE, project

CLIENTS = 8
REQUESTS = 25  # of each client in a block
ROWS = 10_000
LEFT_OUT = ("create with 1 related id", "create with 10 related ids", "create with 100 related ids")
PATIENCE = 30  # seconds
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket, kept open."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


@dataclass
class Server:
    """A gunicorn as the project has it, with two workers of four threads; *pid* is its first process."""

    path: Path
    pid: int

    def cpu(self) -> float:
        """Return the CPU seconds of all its processes; 0 where the system does not tell."""
        return sum(_cpu(stat) for stat in Path("/proc").glob("[0-9]*/stat") if self.pid in _family(stat))


@dataclass
class Block:
    """What came of one block: seconds, CPU seconds, and the seconds of every request."""

    spent: float
    cpu: float
    times: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Stack:
    """One way to write the API, and the server that runs it."""

    name: str
    prefix: str
    server: Server

    def send(self, connection: UnixConnection, headers: dict[str, str], sent: Any) -> float:
        """Send the request, and return how long the answer took; raise for another than it should be."""
        body = None if sent.body is None else json.dumps(sent.body)
        start = time.perf_counter()
        connection.request(sent.method, f"/{self.prefix}{sent.path}", body, headers)
        response = connection.getresponse()
        text = response.read()
        spent = time.perf_counter() - start
        if response.status not in sent.statuses:
            raise RuntimeError(f"{self.name}: {response.status} to {sent}: {text[:300]!r}")
        return spent


def _cpu(stat: Path) -> float:
    try:
        return sum(map(int, stat.read_text().rpartition(")")[2].split()[11:13])) / TICKS
    except OSError:  # it ended meanwhile
        return 0.0


def _family(stat: Path) -> tuple[int, int]:
    """Return the process's id and its parent's."""
    try:
        return int(stat.parent.name), int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0, 0


@contextmanager
def gunicorn(folder: Path, middleware: str) -> Iterator[Server]:
    """Serve the rendered project in *folder* with a list of middleware until the block ends."""
    path = folder / f"{middleware}.socket"
    environment = os.environ | {"BENCH_MIDDLEWARE": middleware, "PYTHONPATH": str(TEMPLATE), "WEB_CONCURRENCY": "2"}
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"unix:{path}", "--log-level", "error"]
    with subprocess.Popen(command, cwd=folder, env=environment) as process:
        try:
            _wait(path)
            yield Server(path, process.pid)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _wait(path: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            connection = UnixConnection(path)
            connection.request("GET", "/livez", headers={"X-Forwarded-Proto": "https"})
            connection.getresponse().read()
            connection.close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("gunicorn did not start.")


def load(stack: Stack, token: str, make: Callable[[Any], Any], count: int) -> Block:
    """Have `CLIENTS` send *count* requests each, one after the other on a connection of their own."""
    requests = [[make(stack) for _ in range(count)] for _ in range(CLIENTS)]
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "X-Forwarded-For": "192.0.2.1",
        "X-Forwarded-Proto": "https",
    }

    def send(mine: list[Any]) -> list[float]:
        connection = UnixConnection(stack.server.path)
        times = [stack.send(connection, headers, sent) for sent in mine]
        connection.close()
        return times

    cpu, start = stack.server.cpu(), time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as threads:
        times = [each for found in threads.map(send, requests) for each in found]
    return Block(time.perf_counter() - start, stack.server.cpu() - cpu, times)


def measure(stacks: list[Stack], token: str, make: Callable[[Any], Any], rounds: int) -> dict[str, list[Block]]:
    """Return the blocks of every stack, taken in turn."""
    for stack in stacks:
        load(stack, token, make, 3)
    blocks: dict[str, list[Block]] = {stack.name: [] for stack in stacks}
    for turn in range(rounds):
        first = turn % len(stacks)
        for stack in stacks[first:] + stacks[:first]:
            blocks[stack.name].append(load(stack, token, make, REQUESTS))
    return blocks


def table(name: str, blocks: dict[str, list[Block]], names: dict[str, str]) -> str:
    """Return the lines of an operation: how much a stack serves, how fast, and for how much CPU."""
    lines = [f"## {name}\n", "| stack | requests a second | median | 99 of 100 within | CPU |", "|---|--:|--:|--:|--:|"]
    for stack, found in blocks.items():
        times = [each for block in found for each in block.times]
        rate = median(len(block.times) / block.spent for block in found)
        cpu = sum(block.cpu for block in found) / len(times)
        late = quantiles(times, n=100)[98]
        lines.append(
            f"| {stack} | {rate:.0f} | {median(times) * 1e3:.1f} ms | {late * 1e3:.0f} ms | {cpu * 1e3:.2f} ms |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Render a project, serve it beside the others, and write what came of it."""
    parser = argparse.ArgumentParser(prog="python -m bench.server", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="blocks of each stack per operation")
    options = parser.parse_args()
    with project() as folder, ExitStack() as servers:
        # Django had to be set up first.
        from bench import operations, report, rows

        caller = rows.caller()
        rows.fill(ROWS)
        served = {each: servers.enter_context(gunicorn(folder, each)) for each in ("plain", "bare", "own")}
        stacks = [Stack(name, prefix, served[middleware]) for name, (prefix, middleware) in report.SERVED.items()]
        sections = [report.under_load(CLIENTS, REQUESTS, options.rounds, ROWS)]
        for name, make in operations.operations(caller).items():
            if name in LEFT_OUT:
                continue
            sections.append(table(name, measure(stacks, caller.token, make, options.rounds), report.STACKS))
            rows.drop_new()
            sys.stderr.write(f"{sections[-1]}\n")
        (report.DOCS / "performance-server.md").write_text("\n".join(sections), encoding="utf-8")


if __name__ == "__main__":
    main()
