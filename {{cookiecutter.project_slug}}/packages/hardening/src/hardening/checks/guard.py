"""The wrapper around every check: a check reports exceptions of the project's code instead of raising them."""

import functools
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from django.core.checks import CheckMessage, Warning as CheckWarning
from django.db import DatabaseError, connections

Result = TypeVar("Result")
Check = Callable[..., Iterable[CheckMessage]]

NUMBER = "W045"
LONGEST = 200  # characters of an exception's message
HINT = "Correct the code that raises the exception, or make it work outside of a request."


class StatementInCheckError(DatabaseError):
    """Raised instead of running SQL while a check runs."""


def guard_check(check: Check) -> Check:
    """Return *check*, wrapped so that it reports exceptions as warnings and cannot run SQL."""

    @functools.wraps(check)
    def run(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
        with refuse_statements():
            messages, error = collect(check, app_configs, **kwargs)
        if error is None:
            return messages
        text = f"{check.__name__} did not finish: {describe_exception(error)}."
        return [*messages, CheckWarning(text, hint=HINT, id=f"hardening.{NUMBER}")]

    return run


def collect(
    function: Callable[..., Iterable[Result]], *args: Any, **kwargs: Any
) -> tuple[list[Result], Exception | None]:
    """Return the results of *function*, and the exception that stopped it or None."""
    results: list[Result] = []
    try:
        results.extend(function(*args, **kwargs))
    except Exception as error:  # noqa: BLE001  # a check runs the project's code, which may raise anything
        return results, error
    return results, None


def describe_exception(error: BaseException) -> str:
    """Return the class of *error*, the line that raised it, and the start of its message."""
    frames = traceback.extract_tb(error.__traceback__)[-1:]
    place = "".join(f" in {'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno}" for frame in frames)
    try:
        text = " ".join(str(error).split())[:LONGEST]
    except Exception:  # noqa: BLE001  # raised by `__str__()` of the project's exception
        text = ""
    return f"{type(error).__name__}{place}{': ' if text else ''}{text.rstrip('.')}"


@contextmanager
def refuse_statements() -> Iterator[None]:
    """Raise `StatementInCheckError` for every SQL statement: `check` also runs before `migrate`."""
    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(connections[alias].execute_wrapper(_refuse))
        yield


def _refuse(*_args: Any) -> Any:
    raise StatementInCheckError("A system check must not run SQL.")
