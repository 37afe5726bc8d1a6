"""Requests sent in this process, and what they cost: CPU of the application and of its database, statements, memory."""

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
class Sent:
    """A request, and the statuses that answer it as it should be."""

    method: str
    path: str
    body: Any = None
    statuses: tuple[int, ...] = (200,)


class Stack:
    """One way to write the API, with the middleware that stands before it."""

    def __init__(self, name: str, prefix: str, token: str, middleware: list[str] | None = None) -> None:
        self.name = name
        self.prefix = prefix
        self.token = token
        with override_settings(MIDDLEWARE=middleware or settings.MIDDLEWARE):
            self.handler = WSGIHandler()

    def send(self, sent: Sent) -> bytes:
        """Send the request as a server would; raise `RuntimeError` for another answer than it should have."""
        content, statuses = self.environ(sent), []
        response = self.handler(content, lambda status, headers: statuses.append(status))
        body = b"".join(response)
        response.close()
        if int(statuses[0][:3]) not in sent.statuses:
            raise RuntimeError(f"{self.name}: {statuses[0]} to {sent}: {body[:300]!r}")
        return body

    def environ(self, sent: Sent) -> dict[str, Any]:
        path, _mark, query = sent.path.partition("?")
        body = b"" if sent.body is None else json.dumps(sent.body).encode()
        return {
            "REQUEST_METHOD": sent.method,
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
    """CPU seconds of a request."""

    application: float
    database: float

    @property
    def total(self) -> float:
        return self.application + self.database


Costs = dict[str, list[Cost]]
Make = Callable[[Stack], Sent]  # a request for a stack; a new one every time


def compare(stacks: list[Stack], make: Make, *, rounds: int, block: int) -> Costs:
    """Return what each of *stacks* took in every round: short blocks in turn, so that other load hits all alike."""
    for stack in stacks:
        for _ in range(WARM_UP):
            stack.send(make(stack))
    clock = _clock()
    costs: Costs = {stack.name: [] for stack in stacks}
    gc.collect()
    for each in range(rounds):
        turn = each % len(stacks)
        for stack in stacks[turn:] + stacks[:turn]:
            requests = [make(stack) for _ in range(block)]
            application, database = clock()
            for request in requests:
                stack.send(request)
            after = clock()
            costs[stack.name].append(Cost((after[0] - application) / block, (after[1] - database) / block))
    return costs


def ratio(costs: Costs, name: str, to: str, part: str = "application") -> float:
    """Return the median over the rounds of what *name* took in each, divided by what *to* took in it."""
    pairs = zip(costs[name], costs[to], strict=True)
    return median(getattr(one, part) / getattr(other, part) for one, other in pairs)


def _clock() -> Callable[[], tuple[float, float]]:
    """Return a function that tells the CPU seconds of this process, and of its server process where Linux tells it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        spent = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    connection.close()
    if not spent.exists():
        return lambda: (time.process_time(), 0.0)
    return lambda: (time.process_time(), int(spent.read_bytes().split()[0]) / 1e9)


def statements(stack: Stack, request: Sent) -> int:
    """Return how many statements the request takes, signing in and BEGIN and COMMIT included."""
    with CaptureQueriesContext(connection) as queries:
        stack.send(request)
    return len(queries)


def peak(stack: Stack, request: Sent) -> int:
    """Return the most bytes that Python held for the request at one time."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    stack.send(request)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most - before
