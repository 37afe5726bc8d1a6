"""Note which tables a handler writes to, because SQLite names no table when COMMIT finds a foreign key violated."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.models import Model

_WRITE = re.compile(r'\s*(DELETE FROM|(?:INSERT|REPLACE)(?: OR \w+)? INTO|UPDATE)\s+"?([^"\s(]+)', re.IGNORECASE)


class Writes:
    """The tables of each SQLite database in which rows were stored, and those in which rows were deleted."""

    def __init__(self) -> None:
        self._stored: set[tuple[str, str]] = set()
        self._deleted: set[tuple[str, str]] = set()

    def note(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # Django's
        """Execute a statement, and note which table it writes to."""
        if found := _WRITE.match(sql):
            tables = self._deleted if found[1].upper().startswith("DELETE") else self._stored
            tables.add((context["connection"].alias, found[2]))
        return execute(sql, params, many, context)

    def stored(self, using: str) -> list[type[Model]]:
        """Return the models with rows that were inserted or updated in the database *using*."""
        return _models(self._stored, using)

    def deleted(self, using: str) -> list[type[Model]]:
        """Return the models with rows that were deleted from the database *using*."""
        return _models(self._deleted, using)


def _models(tables: set[tuple[str, str]], using: str) -> list[type[Model]]:
    models: Any = apps.get_models(include_auto_created=True)
    return [each for each in models if not each._meta.proxy and (using, each._meta.db_table) in tables]


@contextmanager
def note_writes() -> Iterator[Writes]:
    """Run the block, and note the tables that it writes to in SQLite databases."""
    writes = Writes()
    with ExitStack() as stack:
        for connection in connections.all():
            if connection.vendor == "sqlite":
                stack.enter_context(connection.execute_wrapper(writes.note))
        yield writes
