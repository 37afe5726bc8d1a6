"""The checks that Django's column types create, such as `CHECK ("stock" >= 0)` of a `PositiveIntegerField`."""

import functools
import re
from collections.abc import Iterator
from typing import Any

from django.core.validators import MinValueValidator
from django.db import connections, router
from django.db.models import BooleanField, CheckConstraint, JSONField, Model, Q, Value
from django.utils.translation import gettext_lazy as _

from hardening.integrity.constraints import Promise, references

_POSITIVE = frozenset({"PositiveBigIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField"})
_POSTGRESQL_NAME = re.compile(r"_check[0-9]*$")  # what PostgreSQL appends to the names of the table and the column
_QUOTED = re.compile(r'"((?:[^"]|"")+)"')


class ColumnCheck(CheckConstraint):
    """The check that the column of *field* has because of its type; *sql* is its condition."""

    def __init__(self, field: Any, sql: str) -> None:
        kind = field.output_field.get_internal_type() if field.generated else field.get_internal_type()
        positive = kind in _POSITIVE
        condition: Any = Q(**{f"{field.name}__gte": 0}) if positive else Value(None, output_field=BooleanField())
        message: Any = MinValueValidator.message if positive else _("Invalid input.")
        if isinstance(field, JSONField):
            message = JSONField.default_error_messages["invalid"]
        super().__init__(
            condition=condition,
            name=f"{field.model._meta.label_lower} {field.name}",
            violation_error_message=message,
            violation_error_code="min_value" if positive else "invalid",
        )
        self.column = str(field.column)
        self.sql = sql

    def is_meant_by(self, constraint: str, columns: frozenset[str]) -> bool:
        """Tell whether a database that names *constraint*, on *columns* where it knows them, means this check."""
        if columns:
            return columns == {self.column} and _POSTGRESQL_NAME.search(constraint) is not None
        return constraint in (self.sql, _without_quotes(self.sql))

    def get_violation_error_message(self) -> str:
        return str(self.violation_error_message) % {"limit_value": 0}


@functools.cache
def column_checks(model: type[Model]) -> tuple[Promise, ...]:
    """Return the checks of the columns of *model*, and of the models that it derives from."""
    return tuple(check for owner in (model, *model._meta.all_parents) for check in _own_checks(owner))


def is_meant(check: Promise, constraint: str, columns: frozenset[str]) -> bool:
    """Tell whether a database that names *constraint*, on *columns* where it knows them, means the column's *check*."""
    return isinstance(check.constraint, ColumnCheck) and check.constraint.is_meant_by(constraint, columns)


def _own_checks(model: type[Model]) -> Iterator[Promise]:
    connection = connections[router.db_for_write(model)]
    fields: list[Any] = list(model._meta.local_concrete_fields)
    for field in fields:
        sql = field.db_parameters(connection)["check"] if field.column else None
        if sql:
            judged = references(model, field.expression) if field.generated else (field.name,)
            yield Promise(model, ColumnCheck(field, sql), judged)


def _without_quotes(sql: str) -> str:
    """Return what SQLite takes for the name of a check without one: its text, or the first word if that is quoted."""
    quoted = _QUOTED.match(sql)
    return quoted[1].replace('""', '"') if quoted else sql
