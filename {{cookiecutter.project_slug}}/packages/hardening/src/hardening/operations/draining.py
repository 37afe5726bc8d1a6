"""Whether this server is about to stop: `/readyz` says so while the server still accepts connections.

A proxy notices only at its next poll. Without this time it would send requests to a listener that is closed.
"""

import mmap
import signal
from typing import Any

_flag = mmap.mmap(-1, 1)  # shared with the processes that are forked later


def begin() -> None:
    """Have `/readyz` respond with 503 in this process and in those that it forked."""
    _flag[0] = 1


def is_draining() -> bool:
    """Return whether the server is about to stop."""
    return bool(_flag[0])


def drain_before_stop(server: Any, seconds: int) -> None:
    """Have *server*, gunicorn's first process, serve for *seconds* more after SIGTERM; a second SIGTERM ends them."""

    def stop(number: int, frame: Any) -> None:
        server.signal(signal.SIGTERM, frame)

    def drain(number: int, frame: Any) -> None:
        begin()
        signal.signal(signal.SIGTERM, stop)
        signal.setitimer(signal.ITIMER_REAL, seconds)  # no thread, because this process may fork meanwhile

    if seconds:
        signal.signal(signal.SIGALRM, stop)
        signal.signal(signal.SIGTERM, drain)
