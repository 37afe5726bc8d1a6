"""Repeat an unsafe request that the database rolled back because of another one, and that would succeed now.

Add the mixin to the viewset, as its first base class:

    class SeatViewSet(RetryMixin, ModelViewSet): ...

PostgreSQL reports a serialization failure or a deadlock after it has rolled everything back; without the mixin the
response is 503 with `Retry-After`. A viewset opts in, because only its author knows whether a handler does anything
that a rollback does not undo.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from django.db import Error, connections
from rest_framework.response import Response

if TYPE_CHECKING:
    from hardening.viewsets import ModelViewSet as _ViewSet  # the class that the mixin extends
else:
    _ViewSet = object

FIRST_PAUSE = 0.02
"""The seconds before the first retry, on average; before each further one they double."""

_CONFLICTS = ("40001", "40P01")  # serialization_failure, deadlock_detected
_READING = ("SELECT", "SHOW", "PRAGMA", "BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK")


class RetryMixin(_ViewSet):
    """Run the handler of an unsafe method again after a conflict with another transaction.

    It is one transaction as a whole, and starts from the beginning: authentication and throttles excepted, everything
    is read again. It never runs again after a side effect: a write to another database, an uploaded file, or one that
    the handler noted with `note_side_effect()`. Functions of `transaction.on_commit()` run once, after the commit.
    """

    max_retries = 3
    has_side_effect = False

    def note_side_effect(self) -> None:
        """Note that the handler must not run again; call this before you send an email or call another service."""
        self.has_side_effect = True

    def handle_unsafe(self, handler: Callable[..., Response], *args: Any, **kwargs: Any) -> Response:
        """Return the response of *handler*, which may run several times."""
        self.in_one_transaction = True
        using = self.get_write_database()
        is_nested = connections[using].in_atomic_block  # of which nothing would be left to repeat
        for attempt in range(self.max_retries):
            try:
                with self._watch_other_databases(using):
                    return super().handle_unsafe(handler, *args, **kwargs)
            except Exception as error:
                if is_nested or self.has_side_effect or self.request.FILES or not is_conflict(error):
                    raise
            # Transactions that met once would meet again if they waited equally long.
            time.sleep(FIRST_PAUSE * 2**attempt * (0.5 + secrets.randbelow(1000) / 1000))
        return super().handle_unsafe(handler, *args, **kwargs)

    @contextmanager
    def _watch_other_databases(self, using: str) -> Iterator[None]:
        with ExitStack() as stack:
            for connection in connections.all():
                if connection.alias != using:
                    stack.enter_context(connection.execute_wrapper(self._watch_statement))
            yield

    def _watch_statement(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:  # as Django calls it
        if not str(sql).lstrip(" (").upper().startswith(_READING):
            self.note_side_effect()
        return execute(sql, params, many, context)


def is_conflict(error: BaseException | None) -> bool:
    """Return whether *error*, or what it was raised from, says that the transaction lost against another one."""
    while error is not None and not isinstance(error, Error):
        error = error.__cause__
    return error is not None and getattr(error.__cause__, "sqlstate", None) in _CONFLICTS
