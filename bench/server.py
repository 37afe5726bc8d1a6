"""Send the requests to servers over sockets, and write `docs/performance-server.md`: `python -m bench.server`."""

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
from contextlib import ExitStack, closing, contextmanager
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
COMMANDS = {
    "gunicorn": ["gunicorn", "config.wsgi", "--bind", "unix:{address}", "--log-level", "error"],
    "granian": [
        *("granian", "config.wsgi:application", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "4"),
        *("--uds", "{address}", "--log-level", "error"),
    ],
    "uvicorn": [
        *("uvicorn", "bench.stacks.fastapi_api:app", "--workers", "2"),
        *("--uds", "{address}", "--log-level", "error", "--no-access-log"),
    ],
    "runbolt": [
        *("django", "runbolt", "--settings", "bench.bolt_settings", "--processes", "2", "--no-admin"),
        *("--host", "127.0.0.1", "--port", "{address}", "--skip-checks"),  # the benchmark's own tables fail the checks
    ],
}
ON_PORTS = ("runbolt",)  # programs without unix sockets
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
    """A server with two workers, on a unix socket or a port; `pid` is the process id of its master."""

    address: Path | int
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
    slash: bool = True  # whether its paths end with a slash

    def fetch(self, token: str, request: Any) -> bytes:
        """Send one request on a connection of its own, and return the body of the response."""
        with closing(connect(self.server.address)) as connection:
            return self.send(connection, make_headers(token), request)[0]

    def send(
        self, connection: http.client.HTTPConnection, headers: dict[str, str], request: Any
    ) -> tuple[bytes, float]:
        """Send the request and return body and time of the response; raise `RuntimeError` for an unexpected status."""
        body = None if request.body is None else json.dumps(request.body)
        path = request.path if self.slash else request.path.replace("/?", "?").removesuffix("/")
        start = time.perf_counter()
        connection.request(request.method, f"/{self.prefix}{path}", body, headers)
        response = connection.getresponse()
        text = response.read()
        spent = time.perf_counter() - start
        if response.status not in request.statuses:
            raise RuntimeError(f"{self.name}: {response.status} to {request}: {text[:300]!r}")
        return text, spent


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
def serve(folder: Path, middleware: str, program: str) -> Iterator[Server]:
    """Serve the rendered project in *folder* with *program* and the named list of middleware until the block ends."""
    address = _find_port() if program in ON_PORTS else folder / f"{middleware}-{program}.socket"
    python_path = os.pathsep.join(map(str, (TEMPLATE, folder / "packages" / "hardening" / "src")))
    environment = os.environ | {"BENCH_MIDDLEWARE": middleware, "PYTHONPATH": python_path, "WEB_CONCURRENCY": "2"}
    command = [part.format(address=address) for part in COMMANDS[program]]
    output = subprocess.DEVNULL if program in ON_PORTS else None  # runbolt describes its start
    with subprocess.Popen([sys.executable, "-m", *command], cwd=folder, env=environment, stdout=output) as process:
        try:
            _wait_for_server(address)
            yield Server(address, process.pid)
        finally:
            process.terminate()
            process.wait(TIMEOUT)


def _find_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def connect(address: Path | int) -> http.client.HTTPConnection:
    """Return a connection, not yet open, to the unix socket or port *address*."""
    if isinstance(address, Path):
        return UnixConnection(address)
    return http.client.HTTPConnection("127.0.0.1", address, timeout=TIMEOUT)


def _wait_for_server(address: Path | int) -> None:
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        try:
            connection = connect(address)
            connection.request("GET", "/livez", headers={"X-Forwarded-Proto": "https"})
            connection.getresponse().read()
            connection.close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("The server did not start.")


def make_headers(token: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "X-Forwarded-For": "192.0.2.1",
        "X-Forwarded-Proto": "https",
    }


def load(stack: Stack, token: str, make: Callable[[Any], Any], count: int) -> Block:
    """Send *count* requests from each of `CLIENTS` clients, one after the other on a connection per client."""
    requests = [[make(stack) for _ in range(count)] for _ in range(CLIENTS)]
    headers = make_headers(token)

    def send(own: list[Any]) -> list[float]:
        connection = connect(stack.server.address)
        times = [stack.send(connection, headers, request)[1] for request in own]
        connection.close()
        return times

    cpu, start = stack.server.read_cpu(), time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as threads:
        times = [seconds for result in threads.map(send, requests) for seconds in result]
    return Block(time.perf_counter() - start, stack.server.read_cpu() - cpu, times)


def measure(
    stacks: list[Stack], token: str, make: Callable[[Any], Any], options: argparse.Namespace
) -> dict[str, list[Block]]:
    """Return the blocks of every stack, which alternate."""
    for stack in stacks:
        load(stack, token, make, 3)
    blocks: dict[str, list[Block]] = {stack.name: [] for stack in stacks}
    for turn in range(options.rounds):
        first = turn % len(stacks)
        for stack in stacks[first:] + stacks[:first]:
            blocks[stack.name].append(load(stack, token, make, options.requests))
    return blocks


def format_table(name: str, blocks: dict[str, list[Block]], names: dict[str, str]) -> str:
    """Return the table of an operation: requests per second, response times and CPU time of each stack."""
    lines = [
        f"## {name}\n",
        "| stack | requests a second | middle half | median | 99 of 100 within | CPU, middle half | CPU |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for stack, results in blocks.items():
        times = [seconds for block in results for seconds in block.times]
        rates = [len(block.times) / block.spent for block in results]
        costs = [block.cpu / len(block.times) * 1e3 for block in results]
        late = quantiles(times, n=100)[98]
        cells = [
            names[stack],
            *(f"{median(rates):.0f}", _format_spread(rates, "{:.0f}")),
            *(f"{median(times) * 1e3:.1f} ms", f"{late * 1e3:.0f} ms"),
            *(_format_spread(costs, "{:.2f}"), f"{median(costs):.2f} ms"),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _format_spread(values: list[float], form: str) -> str:
    """Return the range of the middle half of *values*."""
    low, _middle, high = quantiles(values, n=4) if len(values) > 1 else values * 3
    return f"{form.format(low)} to {form.format(high)}"


def main() -> None:
    """Render a project, load all stacks, and write the results."""
    parser = argparse.ArgumentParser(prog="python -m bench.server", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="blocks of each stack per operation")
    parser.add_argument("--requests", type=int, default=REQUESTS, help="requests of each client in a block")
    parser.add_argument("--only", default="", help="measure only operations with this in their name; write nothing")
    parser.add_argument("--output", type=Path, help="the folder to write to, docs by default")
    options = parser.parse_args()
    with render_project() as folder, ExitStack() as servers:
        # These import models, so that Django has to be set up first.
        from bench import operations, report, rows
        from bench.agreement import check_agreement

        caller = rows.create_caller()
        rows.fill(ROWS)
        needed = dict.fromkeys((middleware, program) for _prefix, middleware, program in report.SERVED.values())
        served = {each: servers.enter_context(serve(folder, *each)) for each in needed}
        stacks = [
            Stack(name, prefix, served[middleware, program], slash=program != "runbolt")
            for name, (prefix, middleware, program) in report.SERVED.items()
        ]
        sections = [report.introduce_load(CLIENTS, options.requests, options.rounds, ROWS)]
        for name, make in operations.list_operations(caller).items():
            if options.only.lower() not in name.lower():
                continue
            check_agreement(name, stacks, make, lambda stack, request: stack.fetch(caller.token, request))
            if name not in LEFT_OUT:
                blocks = measure(stacks, caller.token, make, options)
                sections.append(format_table(name, blocks, report.SERVED_NAMES))
                sys.stderr.write(f"{sections[-1]}\n")
            rows.drop_new()
        if not options.only:
            ((options.output or report.DOCS) / "performance-server.md").write_text(
                "\n".join(sections), encoding="utf-8"
            )


if __name__ == "__main__":
    main()
