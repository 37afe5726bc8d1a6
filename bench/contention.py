"""Measure how many rows writers create at the same time in one table with a constraint that is checked at COMMIT."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count

from django.db import connections
from hardening.integrity import turns

from bench.measure import WARM_UP, Request, Stack

WRITERS = (1, 2, 4, 8, 16)
SECONDS = 1.5

_positions = count(1)


def measure_contention(ours: Stack) -> dict[str, dict[int, float]]:
    """Return the requests per second by the number of writers, with locks on values and with one on the table."""
    by_values = {writers: _measure(ours, writers) for writers in WRITERS}
    with _lock_the_table():
        by_table = {writers: _measure(ours, writers) for writers in WRITERS}
    return {"locks on the values": by_values, "one lock on the table": by_table}


@contextmanager
def _lock_the_table() -> Iterator[None]:
    """Let all writers wait for each other, as if they wrote more values than one statement locks."""
    most, turns._MOST = turns._MOST, 0
    try:
        yield
    finally:
        turns._MOST = most


def _measure(stack: Stack, writers: int) -> float:
    for _ in range(WARM_UP):
        stack.send(Request("POST", "axes/places/", {"position": next(_positions)}, (201,)))
    end = time.monotonic() + SECONDS

    def write(_number: int) -> int:
        sent = 0
        while time.monotonic() < end:
            stack.send(Request("POST", "axes/places/", {"position": next(_positions)}, (201,)))
            sent += 1
        connections.close_all()
        return sent

    start = time.monotonic()
    with ThreadPoolExecutor(writers) as threads:
        sent = sum(threads.map(write, range(writers)))
    return sent / (time.monotonic() - start)
