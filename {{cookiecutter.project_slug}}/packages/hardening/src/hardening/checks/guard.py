"""The wrapper around every check of ours: a check reports, and never raises, whatever a project's code does."""

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
LONGEST = 200  # characters of an exception's text
HINT = "Correct the code that raises, or write it so that it also runs outside of a request."


class StatementInCheckError(DatabaseError):
    """Raised instead of running SQL while a check runs."""


def guard_check(check: Check) -> Check:
    """Return *check* so that an exception in it becomes a warning, and a SQL statement an exception."""

    @functools.wraps(check)
    def run(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
        with refuse_statements():
            found, error = collect(check, app_configs, **kwargs)
        if error is None:
            return found
        text = f"{check.__name__} did not finish: {describe_exception(error)}."
        return [*found, CheckWarning(text, hint=HINT, id=f"hardening.{NUMBER}")]

    return run


def collect(
    function: Callable[..., Iterable[Result]], *args: Any, **kwargs: Any
) -> tuple[list[Result], Exception | None]:
    """Return the results of *function*, and the exception that stopped it, if one did."""
    found: list[Result] = []
    try:
        found.extend(function(*args, **kwargs))
    except Exception as error:  # noqa: BLE001  # a check runs a project's code, which may raise anything
        return found, error
    return found, None


def describe_exception(error: BaseException) -> str:
    """Return the class of *error*, the line that raised it, and the start of its text."""
    frame = traceback.extract_tb(error.__traceback__)[-1:]
    place = "".join(f" in {'/'.join(Path(each.filename).parts[-2:])}:{each.lineno}" for each in frame)
    try:
        text = " ".join(str(error).split())[:LONGEST]
    except Exception:  # noqa: BLE001  # an exception of the project's
        text = ""
    return f"{type(error).__name__}{place}{': ' if text else ''}{text.rstrip('.')}"


@contextmanager
def refuse_statements() -> Iterator[None]:
    """Raise `StatementInCheckError` for every SQL statement meanwhile: `check` also runs before `migrate`."""
    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(connections[alias].execute_wrapper(_refuse))
        yield


def _refuse(*_args: Any) -> Any:
    raise StatementInCheckError("A system check runs no SQL.")
