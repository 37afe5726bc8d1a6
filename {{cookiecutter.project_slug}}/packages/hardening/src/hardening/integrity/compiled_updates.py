"""The UPDATE of `Model.save()`, compiled once for each set of columns: compiling it costs more than running it.

The SQL is Django's own, made for the first row of a shape. It is used again for rows of the same shape only if its
parameters were the values of the columns and the primary key, as the fields prepare them, and nothing else.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import QuerySet
from django.db.models.sql import Query, UpdateQuery

_UPDATE = QuerySet._update  # type: ignore[attr-defined]  # missing in Django's type stubs
_MOST = 1000  # statements; which columns are NULL is part of a shape, and clients choose it

_compiled: dict[tuple[Any, ...], "_Statement | None"] = {}  # by shape; None if Django has to compile each UPDATE


class _Statement(NamedTuple):
    sql: str
    parameters: int  # their number: Django 5.2 writes NULL into the SQL, 6.1 has a parameter for it


class CompiledUpdate:
    """The base queryset that `Model._do_update()` filters by primary key and then updates.

    `query` and `using` tell the model and the database if the statement fails, as those of Django's compiler do.
    """

    def __init__(self, rows: QuerySet[Any], pk: Any = None) -> None:
        self.rows = rows
        self.query = rows.query
        self.using = rows.db
        self.pk = pk

    def filter(self, *, pk: Any) -> "CompiledUpdate":
        """Return the row with the primary key *pk*."""
        return CompiledUpdate(self.rows, pk)

    def exists(self) -> bool:
        """Return whether the row is stored."""
        return self._row().exists()

    def _update(self, values: Sequence[tuple[Any, Any, Any]], *returning: Any) -> Any:
        """Do what `QuerySet._update()` does: return the number of rows, or in Django 6.1 an empty tuple for each."""
        params = self._prepare(values) if self._is_plain() and not any(returning) else None
        statement = None if params is None else self._find_statement(values, params)
        if params is None or statement is None:
            return self._row()._update(values, *returning)  # type: ignore[attr-defined]  # as above
        with connections[self.using].cursor() as cursor:
            cursor.execute(statement.sql, _select_parameters(params, statement.parameters))
            updated = cursor.rowcount
        return [()] * updated if returning else updated

    def _row(self) -> QuerySet[Any]:
        return self.rows.filter(pk=self.pk)

    def _is_plain(self) -> bool:
        """Return whether the queryset has all rows of its table, and filters and updates them as Django's own does."""
        methods: Any = type(self.rows)
        is_own = methods.filter is QuerySet.filter and methods._update is _UPDATE
        return is_own and type(self.query) is Query and not self.query.where

    def _prepare(self, values: Iterable[tuple[Any, Any, Any]]) -> list[Any] | None:
        """Return the values and the primary key as parameters; None if one of them is part of the SQL instead."""
        connection = connections[self.using]
        params = []
        for field, _model, value in values:
            if hasattr(field, "get_placeholder") or hasattr(field, "get_placeholder_sql"):
                return None
            if hasattr(value, "resolve_expression") or hasattr(value, "prepare_database_save"):
                return None
            params.append(field.get_db_prep_save(value, connection=connection))
        key: Any = self.rows.model._meta.pk
        if isinstance(self.pk, tuple) or hasattr(self.pk, "resolve_expression"):
            return None
        params.append(key.get_db_prep_value(self.pk, connection))
        return None if any(hasattr(param, "as_sql") for param in params) else params

    def _find_statement(self, values: Sequence[tuple[Any, Any, Any]], params: list[Any]) -> _Statement | None:
        """Return the statement for rows of this shape; None if it is not known that they share one."""
        table = self.query.get_meta().db_table
        columns = tuple((field.column, param is None) for (field, *_), param in zip(values, params, strict=False))
        shape = (type(self.rows), self.rows.model, table, self.using, columns)
        if shape not in _compiled:
            if len(_compiled) >= _MOST:
                return None
            _compiled[shape] = self.compile(values, params)
        return _compiled[shape]

    def compile(self, values: Sequence[tuple[Any, Any, Any]], params: list[Any]) -> _Statement | None:
        """Return the UPDATE as Django compiles it; None unless its parameters are *params*, and nothing else."""
        query: Any = self._row().query.chain(UpdateQuery)
        query.add_update_fields(values)
        sql, found = query.get_compiler(self.using).as_sql()
        same = list(found) == _select_parameters(params, len(found))
        return _Statement(sql, len(found)) if same else None


def _select_parameters(params: list[Any], count: int) -> list[Any]:
    """Return *params*, or those that are not NULL if the statement has fewer parameters."""
    return params if len(params) == count else [param for param in params if param is not None]
