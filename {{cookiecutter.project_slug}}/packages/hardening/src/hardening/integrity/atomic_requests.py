"""The transactions of ATOMIC_REQUESTS, opened by the view itself, so that it can explain a violation at COMMIT.

Django opens them around a view, which has returned its response by the time that COMMIT fails: that is a server error
(500). SQLite finds a missing reference at COMMIT only.
"""

from collections.abc import Callable, Collection
from contextlib import ExitStack
from typing import Any

from django.db import DatabaseError, connections, transaction
from django.http import HttpRequest
from rest_framework.response import Response

from hardening.exceptions import OutcomeUnknown
from hardening.integrity.transactions import delete_orphans
from hardening.integrity.unavailable import is_outcome_unknown


class OwnTransactions(set[str]):
    """The `_non_atomic_requests` of a view that opens its own transactions: Django finds every database in it.

    Its items are those that the project excluded by `transaction.non_atomic_requests`.
    """

    def __contains__(self, alias: object) -> bool:
        return True


def open_own_transactions(callback: Any) -> Any:
    """Return *callback*, a view, marked so that Django leaves the transactions of ATOMIC_REQUESTS to it."""
    callback._non_atomic_requests = OwnTransactions(getattr(callback, "_non_atomic_requests", ()))
    return callback


def find_databases(request: HttpRequest) -> list[str]:
    """Return the aliases of the databases in which the view of *request* has to open a transaction."""
    aliases = [alias for alias, each in connections.settings.items() if each["ATOMIC_REQUESTS"]]
    callback = getattr(request.resolver_match, "func", None) if aliases else None
    excluded = getattr(callback, "_non_atomic_requests", None)
    return [alias for alias in aliases if alias not in set(excluded)] if isinstance(excluded, OwnTransactions) else []


def run_in_transactions(
    handle: Callable[[], Any], databases: Collection[str], explain: Callable[[Exception], Response]
) -> Any:
    """Return the response of *handle*, or of *explain* for the error of a COMMIT."""
    response: Any = None
    committed: list[bool] = []
    try:
        with delete_orphans() as files, ExitStack() as stack:
            for alias in databases:
                stack.enter_context(transaction.atomic(using=alias))
                if len(connections[alias].atomic_blocks) == 1:
                    transaction.on_commit(lambda: committed.append(True), using=alias)
            response = handle()
            files.failed = bool(getattr(response, "exception", False))
    except DatabaseError as error:
        if response is None or committed:
            raise
        is_unknown = any(is_outcome_unknown(error, connections[alias], at_commit=True) for alias in databases)
        return explain(OutcomeUnknown() if is_unknown else error)
    return response
