"""Send requests in this process and measure them: CPU time of application and database, SQL statements, memory."""

import gc
import io
import json
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings

WARM_UP = 5  # requests


@dataclass(frozen=True)
class Request:
    """A request and the expected statuses of its response."""

    method: str
    path: str
    body: Any = None
    statuses: tuple[int, ...] = (200,)


class Stack:
    """One implementation of the API, with its middleware."""

    def __init__(self, name: str, prefix: str, token: str, middleware: list[str] | None = None) -> None:
        self.name = name
        self.prefix = prefix
        self.token = token
        with override_settings(MIDDLEWARE=middleware or settings.MIDDLEWARE):
            self.handler = WSGIHandler()

    def send(self, request: Request) -> bytes:
        """Send the request as a server would, and return the body; raise `RuntimeError` for an unexpected status."""
        environ, statuses = self.make_environ(request), []
        response = self.handler(environ, lambda status, headers: statuses.append(status))
        body = b"".join(response)
        response.close()
        if int(statuses[0][:3]) not in request.statuses:
            raise RuntimeError(f"{self.name}: {statuses[0]} to {request}: {body[:300]!r}")
        return body

    def make_environ(self, request: Request) -> dict[str, Any]:
        path, _mark, query = request.path.partition("?")
        body = b"" if request.body is None else json.dumps(request.body).encode()
        return {
            "REQUEST_METHOD": request.method,
            "PATH_INFO": f"/{self.prefix}{path}",
            "QUERY_STRING": query,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "HTTP_ACCEPT": "*/*",
            "HTTP_AUTHORIZATION": f"Bearer {self.token}",
            "HTTP_X_FORWARDED_FOR": "192.0.2.1",
            "HTTP_X_FORWARDED_PROTO": "https",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.url_scheme": "http",
        }


@dataclass(frozen=True)
class Cost:
    """CPU time of a request in seconds."""

    application: float
    database: float

    @property
    def total(self) -> float:
        return self.application + self.database


Costs = dict[str, list[Cost]]
Make = Callable[[Stack], Request]  # creates a new request for a stack


def compare(stacks: list[Stack], make: Make, *, rounds: int, block: int) -> Costs:
    """Return the costs of each stack in every round; short blocks alternate, so that other load affects all equally."""
    for stack in stacks:
        for _ in range(WARM_UP):
            stack.send(make(stack))
    clock = _make_clock()
    costs: Costs = {stack.name: [] for stack in stacks}
    gc.collect()
    for number in range(rounds):
        turn = number % len(stacks)
        for stack in stacks[turn:] + stacks[:turn]:
            requests = [make(stack) for _ in range(block)]
            application, database = clock()
            for request in requests:
                stack.send(request)
            after = clock()
            costs[stack.name].append(Cost((after[0] - application) / block, (after[1] - database) / block))
    return costs


def ratio(costs: Costs, name: str, to: str, part: str = "application") -> float:
    """Return the median over the rounds of the cost of stack *name* divided by the cost of stack *to*."""
    pairs = zip(costs[name], costs[to], strict=True)
    return median(getattr(one, part) / getattr(other, part) for one, other in pairs)


def _make_clock() -> Callable[[], tuple[float, float]]:
    """Return a function that returns the CPU seconds of this process and, on Linux, of its database process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        schedstat = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    connection.close()
    if not schedstat.exists():
        return lambda: (time.process_time(), 0.0)
    return lambda: (time.process_time(), int(schedstat.read_bytes().split()[0]) / 1e9)


def count_statements(stack: Stack, request: Request) -> int:
    """Return the number of SQL statements of the request, including authentication, BEGIN and COMMIT."""
    with CaptureQueriesContext(connection) as queries:
        stack.send(request)
    return len(queries)


def measure_memory(stack: Stack, request: Request) -> int:
    """Return the peak memory that Python allocates for the request, in bytes."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    stack.send(request)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak - before
