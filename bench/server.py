"""Send the requests to gunicorn over sockets, and write `docs/performance-server.md`: `python -m bench.server`."""

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

from bench.rendered import TEMPLATE, render_project

CLIENTS = 8
REQUESTS = 25  # per client and block
ROWS = 10_000
LEFT_OUT = ("create with 1 related id", "create with 10 related ids", "create with 100 related ids")
TIMEOUT = 30  # seconds
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class UnixConnection(http.client.HTTPConnection):
    """A persistent HTTP connection over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


@dataclass
class Server:
    """The project's gunicorn with two workers of four threads; `pid` is the process id of its master."""

    path: Path
    pid: int

    def read_cpu(self) -> float:
        """Return the CPU seconds of all its processes, or 0 without `/proc`."""
        return sum(_read_cpu(stat) for stat in Path("/proc").glob("[0-9]*/stat") if self.pid in _read_ids(stat))


@dataclass
class Block:
    """The result of one block: duration, CPU time and the times of all requests, in seconds."""

    spent: float
    cpu: float
    times: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Stack:
    """One implementation of the API, and the server that runs it."""

    name: str
    prefix: str
    server: Server

    def send(self, connection: UnixConnection, headers: dict[str, str], request: Any) -> float:
        """Send the request and return the response time; raise `RuntimeError` for an unexpected status."""
        body = None if request.body is None else json.dumps(request.body)
        start = time.perf_counter()
        connection.request(request.method, f"/{self.prefix}{request.path}", body, headers)
        response = connection.getresponse()
        text = response.read()
        spent = time.perf_counter() - start
        if response.status not in request.statuses:
            raise RuntimeError(f"{self.name}: {response.status} to {request}: {text[:300]!r}")
        return spent


def _read_cpu(stat: Path) -> float:
    try:
        return sum(map(int, stat.read_text().rpartition(")")[2].split()[11:13])) / TICKS
    except OSError:  # the process has ended
        return 0.0


def _read_ids(stat: Path) -> tuple[int, int]:
    """Return the ids of the process and of its parent."""
    try:
        return int(stat.parent.name), int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0, 0


@contextmanager
def serve(folder: Path, middleware: str) -> Iterator[Server]:
    """Serve the rendered project in *folder* with the named list of middleware until the block ends."""
    path = folder / f"{middleware}.socket"
    python_path = os.pathsep.join(map(str, (TEMPLATE, folder / "packages" / "hardening" / "src")))
    environment = os.environ | {"BENCH_MIDDLEWARE": middleware, "PYTHONPATH": python_path, "WEB_CONCURRENCY": "2"}
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"unix:{path}", "--log-level", "error"]
    with subprocess.Popen(command, cwd=folder, env=environment) as process:
        try:
            _wait_for_socket(path)
            yield Server(path, process.pid)
        finally:
            process.terminate()
            process.wait(TIMEOUT)


def _wait_for_socket(path: Path) -> None:
    end = time.monotonic() + TIMEOUT
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
    """Send *count* requests from each of `CLIENTS` clients, one after the other on a connection per client."""
    requests = [[make(stack) for _ in range(count)] for _ in range(CLIENTS)]
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "X-Forwarded-For": "192.0.2.1",
        "X-Forwarded-Proto": "https",
    }

    def send(own: list[Any]) -> list[float]:
        connection = UnixConnection(stack.server.path)
        times = [stack.send(connection, headers, request) for request in own]
        connection.close()
        return times

    cpu, start = stack.server.read_cpu(), time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as threads:
        times = [seconds for result in threads.map(send, requests) for seconds in result]
    return Block(time.perf_counter() - start, stack.server.read_cpu() - cpu, times)


def measure(stacks: list[Stack], token: str, make: Callable[[Any], Any], rounds: int) -> dict[str, list[Block]]:
    """Return the blocks of every stack, which alternate."""
    for stack in stacks:
        load(stack, token, make, 3)
    blocks: dict[str, list[Block]] = {stack.name: [] for stack in stacks}
    for turn in range(rounds):
        first = turn % len(stacks)
        for stack in stacks[first:] + stacks[:first]:
            blocks[stack.name].append(load(stack, token, make, REQUESTS))
    return blocks


def format_table(name: str, blocks: dict[str, list[Block]], names: dict[str, str]) -> str:
    """Return the table of an operation: requests per second, response times and CPU time of each stack."""
    lines = [f"## {name}\n", "| stack | requests a second | median | 99 of 100 within | CPU |", "|---|--:|--:|--:|--:|"]
    for stack, results in blocks.items():
        times = [seconds for block in results for seconds in block.times]
        rate = median(len(block.times) / block.spent for block in results)
        cpu = sum(block.cpu for block in results) / len(times)
        late = quantiles(times, n=100)[98]
        lines.append(
            f"| {stack} | {rate:.0f} | {median(times) * 1e3:.1f} ms | {late * 1e3:.0f} ms | {cpu * 1e3:.2f} ms |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Render a project, load all stacks, and write the results."""
    parser = argparse.ArgumentParser(prog="python -m bench.server", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="blocks of each stack per operation")
    options = parser.parse_args()
    with render_project() as folder, ExitStack() as servers:
        # These import models, so that Django has to be set up first.
        from bench import operations, report, rows

        caller = rows.create_caller()
        rows.fill(ROWS)
        served = {name: servers.enter_context(serve(folder, name)) for name in ("plain", "bare", "own")}
        stacks = [Stack(name, prefix, served[middleware]) for name, (prefix, middleware) in report.SERVED.items()]
        sections = [report.introduce_load(CLIENTS, REQUESTS, options.rounds, ROWS)]
        for name, make in operations.list_operations(caller).items():
            if name in LEFT_OUT:
                continue
            sections.append(format_table(name, measure(stacks, caller.token, make, options.rounds), report.STACKS))
            rows.drop_new()
            sys.stderr.write(f"{sections[-1]}\n")
        (report.DOCS / "performance-server.md").write_text("\n".join(sections), encoding="utf-8")


if __name__ == "__main__":
    main()
