"""How long requests wait for a connection: those that arrive while the server is away do not each wait in turn."""

import threading
import time
from typing import Any
from weakref import WeakKeyDictionary

from hardening.operations.limits import CONNECT_TIMEOUT, TURN


class Outage:
    """What one process knows of the server behind a pool."""

    def __init__(self) -> None:
        self.since: float | None = None
        self.probe = threading.Lock()

    def begin(self, seconds: float) -> None:
        """Note that the server has not been reachable for *seconds*."""
        if self.since is None:
            self.since = time.monotonic() - seconds

    def end(self) -> None:
        """Note that the server has responded."""
        self.since = None

    def find_deadline(self) -> float:
        """Return until when a request that arrives now may wait for a connection.

        All requests of an outage share one deadline. Otherwise those that queue for a thread would wait once for each
        request before them.
        """
        now = time.monotonic()
        return (now if self.since is None else min(self.since, now)) + CONNECT_TIMEOUT - 2 * TURN


_outages: WeakKeyDictionary[Any, Outage] = WeakKeyDictionary()


def find_outage(pool: Any) -> Outage:
    """Return what is known of the server behind *pool*."""
    return _outages.setdefault(pool, Outage())


def note_failure(pool: Any) -> None:
    """Note that *pool* could not connect; psycopg's pool calls this."""
    find_outage(pool).begin(TURN)
