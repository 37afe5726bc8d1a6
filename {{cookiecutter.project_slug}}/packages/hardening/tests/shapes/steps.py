"""The work of a function, counted and not timed."""

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

PATIENCE = 60  # seconds of CPU: far more than linear work needs, and far less than quadratic work takes


def steps(function: Callable[[], Any]) -> int:
    """Return how many lines of Python *function* runs; what it raises is ignored."""
    count = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with contextlib.suppress(Exception):
            function()
    finally:
        sys.settrace(before)
    return count


@contextlib.contextmanager
def interrupted() -> Iterator[None]:
    """Interrupt work in C that would go on for hours, a regular expression's, so that its test fails at all."""

    def fail(number: int, frame: Any) -> None:
        raise TimeoutError("The work is not linear in the length of the input.")

    before = signal.signal(signal.SIGVTALRM, fail)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
