"""Operations for migrations that do not lock a table for long on PostgreSQL; elsewhere they are Django's own.

`django.contrib.postgres.operations` has some of them, but only for PostgreSQL, and projects are also tested on SQLite.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import NotSupportedError
from django.db.migrations import AddConstraint, AddIndex, RemoveIndex
from django.db.migrations.operations.base import Operation

# As Django writes a unique constraint without a condition: table, name, nulls, columns and the rest.
_UNIQUE = re.compile(r"ALTER TABLE (.+) ADD CONSTRAINT (\S+) UNIQUE([^(]*)(\(.*?\))(.*)")


def _find_model(operation: Any, app_label: str, schema_editor: Any, state: Any) -> Any:
    """Return the model on which *operation* runs statements of PostgreSQL; None for another database."""
    model = state.apps.get_model(app_label, operation.model_name)
    connection = schema_editor.connection
    is_allowed = operation.allow_migrate_model(connection.alias, model)
    return model if connection.vendor == "postgresql" and is_allowed else None


@contextmanager
def _without_lock_timeout(schema_editor: Any) -> Iterator[None]:
    """Let CONCURRENTLY wait for the transactions that are running, because nobody waits behind it."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        [before] = cursor.fetchone()
        cursor.execute("SET lock_timeout = 0")
        try:
            yield
        finally:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [before])


class _Concurrent(Operation):
    """Run `change_concurrently()` on PostgreSQL, outside of a transaction, and Django's operation elsewhere."""

    atomic = False
    repeatable = True

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        state = from_state if isinstance(self, RemoveIndex) else to_state
        model = _find_model(self, app_label, schema_editor, state)
        if model is None:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        if schema_editor.connection.in_atomic_block:
            raise NotSupportedError(f"{type(self).__name__} requires `atomic = False` in its migration.")
        self.change_concurrently(model, schema_editor, state)

    def change_concurrently(self, model: Any, schema_editor: Any, state: Any) -> None:
        """Change the table of *model* with statements that do not block writes."""
        raise NotImplementedError


class AddIndexConcurrently(_Concurrent, AddIndex):
    """Add an index without blocking writes. Its migration is not atomic."""

    def change_concurrently(self, model: Any, schema_editor: Any, state: Any) -> None:
        with _without_lock_timeout(schema_editor):
            # An attempt that failed leaves an invalid index.
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}")
            schema_editor.add_index(model, self.index, concurrently=True)


class RemoveIndexConcurrently(_Concurrent, RemoveIndex):
    """Remove an index without blocking reads and writes. Its migration is not atomic."""

    def change_concurrently(self, model: Any, schema_editor: Any, state: Any) -> None:
        index = state.models[model._meta.app_label, self.model_name_lower].get_index_by_name(self.name)
        with _without_lock_timeout(schema_editor):
            schema_editor.remove_index(model, index, concurrently=True)


class AddUniqueConstraintConcurrently(_Concurrent, AddConstraint):
    """Add a unique constraint without blocking writes. Its migration is not atomic.

    PostgreSQL builds the index first. A duplicate fails the migration, and leaves an invalid index that the next
    attempt replaces.
    """

    def change_concurrently(self, model: Any, schema_editor: Any, state: Any) -> None:
        name = schema_editor.quote_name(self.constraint.name)
        statement = str(self.constraint.create_sql(model, schema_editor))
        match = _UNIQUE.fullmatch(statement)
        if match:
            table, _name, nulls, columns, rest = match.groups()
            statement = f"CREATE UNIQUE INDEX {name} ON {table} {columns}{nulls.rstrip()}"
        # With a condition or an expression, it is only an index.
        statement = statement.replace("CREATE UNIQUE INDEX", "CREATE UNIQUE INDEX CONCURRENTLY", 1)
        with _without_lock_timeout(schema_editor):
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            schema_editor.execute(statement, None)
        if match:
            schema_editor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}{rest}", None)


class AddConstraintNotValid(AddConstraint):
    """Add a check constraint that only new and changed rows must satisfy, until `ValidateConstraint`."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = _find_model(self, app_label, schema_editor, to_state)
        if model is None:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        schema_editor.execute(f"{self.constraint.create_sql(model, schema_editor)} NOT VALID", None)


class ValidateConstraint(Operation):
    """Check all rows for a constraint that was added as not valid, without blocking reads and writes."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name, self.name = model_name, name

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Leave the state as it is."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = _find_model(self, app_label, schema_editor, to_state)
        if model is not None:
            table, name = (schema_editor.quote_name(each) for each in (model._meta.db_table, self.name))
            schema_editor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Leave the constraint validated."""

    def describe(self) -> str:
        return f"Validate constraint {self.name} on model {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"{self.model_name}_validate_{self.name}".lower()
