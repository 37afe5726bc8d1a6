"""Ask the database to work out expressions of a row that is not stored: many of them with one statement.

Everything here runs after a write has failed. Asking may fail too, for the same reason or another, and must neither
hide the first error nor break the transaction that the write was nested in: a question that fails has no answer.
"""

import contextlib
import copy
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connections, transaction
from django.db.models import ExpressionWrapper, Model, Q, QuerySet, Value
from django.db.models.sql import Query

logger = logging.getLogger(__name__)

_COLUMNS = 100  # of one SELECT; SQLite allows 2000 of them, PostgreSQL 1664

SQL = tuple[str, Sequence[Any]]


class Question(NamedTuple):
    """What is *selected* where *condition* holds for *values*, without a table; or whether *rows* has any.

    *sql* is the SELECT, if it is known already.
    """

    values: Mapping[str, Any] = MappingProxyType({})
    condition: Q | None = None
    selected: Any = None
    rows: QuerySet[Any] | None = None
    sql: SQL | None = None

    def compile(self, using: str) -> SQL | None:
        """Return the SELECT; None if it never selects anything."""
        if self.sql is not None:
            return self.sql
        if self.rows is None:
            return compile_select(self.values, self.condition, using, self.selected)
        return _compile(self.rows.query.exists(), using)


def compile_select(values: Mapping[str, Any], condition: Q | None, using: str, selected: Any = None) -> SQL | None:
    """Return the SELECT, without a table, of *selected* where *condition* holds for *values*; None if it never does."""
    query = Query(None)  # as in Django's own Q.check()
    for name, value in values.items():
        query.add_annotation(value, name, select=False)
    query.add_annotation(Value(1) if selected is None else selected, "_selected")
    if condition is not None:
        query.add_q(condition)
    return _compile(query, using)


def _compile(query: Query, using: str) -> SQL | None:
    try:
        sql: SQL = query.get_compiler(using=using).as_sql()
    except EmptyResultSet:
        return None
    return sql


def run_select(sql: SQL | None, using: str) -> Any:
    """Return the only value that *sql* selects; None if there is none."""
    return _run_one(sql, using, exists=False)


def run_selects(questions: Sequence[Question], using: str, *, exists: bool = True) -> list[Any]:
    """Return the answers to *questions*, or whether each selects a row; None where there is no answer."""
    answers: list[Any] = []
    for start in range(0, len(questions), _COLUMNS):
        chunk = [_attempt(partial(each.compile, using)) for each in questions[start : start + _COLUMNS]]
        try:
            answers += _run(chunk, using, exists=exists)
        except Exception as error:  # noqa: BLE001  # one value may spoil the statement for all others
            log_failure(error)
            answers += [_attempt(partial(_run_one, sql, using, exists=exists)) for sql in chunk]
    return answers


def work_out(instance: Model, using: str) -> Model:
    """Return *instance*, or a copy with values for expressions such as `F("stock") - 1`, as far as they are known."""
    fields: list[Any] = [each for each in instance._meta.concrete_fields if not each.generated]
    held = instance.__dict__
    pending = [field for field in fields if hasattr(held.get(field.attname), "resolve_expression")]
    if not pending:
        return instance
    worked_out = copy.copy(instance)
    for field in pending:
        with contextlib.suppress(Exception):  # a model that the expression is not for
            setattr(worked_out, field.attname, _value_of(held[field.attname], field, instance, using))
    return worked_out


def _value_of(expression: Any, field: Any, instance: Model, using: str) -> Any:
    if isinstance(expression, Value):
        return expression.value
    if instance._state.adding:
        return field.to_python(run_select(compile_select({}, None, using, expression), using))
    rows = type(instance)._base_manager.using(using).filter(pk=instance.pk)
    with savepoint(using):
        return rows.values_list(ExpressionWrapper(expression, output_field=field), flat=True).get()


def savepoint(using: str) -> Any:
    """Return a context manager that keeps an error from the transaction that is running, if there is one."""
    return transaction.atomic(using=using) if connections[using].in_atomic_block else nullcontext()


def log_failure(error: Exception) -> None:
    """Log that the explanation of a database error failed; the line has the request id, as every line."""
    logger.warning("Explaining a database error failed: %s", type(error).__name__, exc_info=error)


def _run_one(sql: SQL | None, using: str, *, exists: bool) -> Any:
    return _run([sql], using, exists=exists)[0]


def _run(chunk: Sequence[SQL | None], using: str, *, exists: bool) -> list[Any]:
    asked = [each for each in chunk if each is not None]
    if not asked:
        return [None] * len(chunk)
    columns = ", ".join(f"EXISTS ({sql})" if exists else f"({sql})" for sql, _params in asked)
    params = [param for _sql, params in asked for param in params]
    with savepoint(using), connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {columns}", params)  # compiled by Django from the model's constraints
        found = iter(cursor.fetchone())
    return [None if each is None else next(found) for each in chunk]


def _attempt(question: Callable[[], Any]) -> Any:
    try:
        return question()
    except Exception:  # any code of the project's may run here: fields, lookups, expressions
        logger.debug("One of several questions about a database error failed.", exc_info=True)
        return None
