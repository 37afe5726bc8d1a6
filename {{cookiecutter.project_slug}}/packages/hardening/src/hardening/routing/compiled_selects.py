"""The SELECT of a detail route, compiled once for each shape of queryset: its columns cost more than its condition.

Django compiles the condition for every request. What stands before and after it is Django's own SQL, too, made for
the first queryset of a shape. It is used again only for querysets of which nothing but the condition can differ.
"""

import functools
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connections
from django.db.models import Field, QuerySet, prefetch_related_objects
from django.db.models.query import MAX_GET_RESULTS
from django.db.models.sql import Query

_MOST = 1000  # selects; a project may let clients choose the columns, which are part of a shape

# Of a queryset, that an object passes through.
_METHODS = ("get", "filter", "order_by", "_chain", "_fetch_all", "_prefetch_related_objects", "__len__")

_LOCKS = (
    "select_for_update",
    "select_for_update_nowait",
    "select_for_update_skip_locked",
    "select_for_no_key_update",
)

# What may differ between querysets. The database, the deferred columns and the locks are parts of the shape, `get()`
# drops the ordering, and a join has a table that is in use.
_OF_ROWS = {"_db", "_for_write", "_hints", "_prefetch_related_lookups", "_query"}
_OF_QUERY = {
    *("_lookup_joins", "alias_map", "alias_refcount", "base_table", "table_map", "used_aliases"),
    *("default_ordering", "extra_order_by", "order_by"),
    *("deferred_loading", "select_for_update_of", "where"),
    *_LOCKS,
}

_UNKNOWN = object()

_compiled: dict[tuple[Any, ...], "_Select | None"] = {}  # by shape; None if Django has to compile each SELECT


class _Select(NamedTuple):
    before: str  # the SQL up to the condition
    after: str
    names: list[str]  # of the attributes that the columns are read into
    converters: Any


class CompiledSelect:
    """The part of a queryset that `get_object_or_404()` uses."""

    def __init__(self, rows: QuerySet[Any]) -> None:
        self.rows = rows
        self.model = rows.model

    def get(self, **lookup: Any) -> Any:
        """Return what `QuerySet.get()` returns, and raise what it raises."""
        if not _reads_as_django_does(type(self.rows)):
            return self.rows.get(**lookup)
        found: Any = self.rows.filter(**lookup)
        query, using = found.query, found.db
        if not _is_plain(found) or (query.select_for_update and connections[using].get_autocommit()):
            return found.get()
        compiler = query.get_compiler(using)
        try:
            condition, params = compiler.compile(query.where)
        except (EmptyResultSet, FullResultSet):
            return found.get()
        select = self._find_select(found, using, condition, params)
        if select is None:
            return found.get()
        with connections[using].cursor() as cursor:
            cursor.execute(f"{select.before}{condition}{select.after}", tuple(params))
            stored = cursor.fetchall()
        if len(stored) > 1:
            return found.get()  # which raises the error with their number
        if not stored:
            raise self.model.DoesNotExist(f"{self.model._meta.object_name} matching query does not exist.")
        values = next(compiler.apply_converters(stored, select.converters)) if select.converters else stored[0]
        instance = self.model.from_db(using, select.names, values)
        prefetch_related_objects([instance], *found._prefetch_related_lookups)
        return instance

    def _find_select(self, found: Any, using: str, condition: str, params: Sequence[Any]) -> _Select | None:
        """Return the SQL around *condition* for querysets of the shape of *found*; None if it is not known."""
        query = found.query
        columns, is_deferred = query.deferred_loading
        locks = [getattr(query, name) for name in _LOCKS]
        tables = tuple(query.select_for_update_of)
        shape = (self.model, using, frozenset(columns), is_deferred, tables, *locks)
        if shape not in _compiled:
            if len(_compiled) >= _MOST:
                return None
            _compiled[shape] = self.compile(found, using, condition, params)
        return _compiled[shape]

    def compile(self, found: Any, using: str, condition: str, params: Sequence[Any]) -> _Select | None:
        """Return what Django compiles around *condition*; None if that may depend on something else."""
        rows = found.order_by()
        features: Any = connections[using].features
        if not rows.query.select_for_update or features.supports_select_for_update_with_limit:
            rows.query.set_limits(high=MAX_GET_RESULTS)
        compiler = rows.query.get_compiler(using)
        sql, every = compiler.as_sql()
        before, where, after = sql.partition(" WHERE ")
        if not after.startswith(condition) or len(every) != len(params):
            return None
        columns = [column for column, _sql, _alias in compiler.select]
        if any(type(each.target).select_format is not Field.select_format for each in columns):
            return None
        names = [column.target.attname for column in columns]
        return _Select(f"{before}{where}", after.removeprefix(condition), names, compiler.get_converters(columns))


@functools.cache
def _reads_as_django_does(queryset: type[QuerySet[Any]]) -> bool:
    return all(getattr(queryset, name) is getattr(QuerySet, name) for name in _METHODS)


def _is_plain(rows: Any) -> bool:
    """Return whether *rows* are instances of one table, found by a condition and nothing else."""
    query, new = rows.query, _create_queryset(rows.model)
    used = [name for name, uses in query.alias_refcount.items() if uses]
    if type(query) is not Query or used != [new.query.base_table]:
        return False
    if query.where.contains_over_clause:  # Django wraps the SELECT in another one
        return False
    if rows.model._meta.concrete_model._meta.parents:  # how they are joined depends on joins that were dropped
        return False
    return _is_new(query, new.query, _OF_QUERY) and _is_new(rows, new, _OF_ROWS)


def _is_new(each: Any, new: Any, but: Collection[str]) -> bool:
    """Return whether the attributes of *each* have the values that they have in *new*, all *but* some."""
    return all(value == getattr(new, name, _UNKNOWN) for name, value in vars(each).items() if name not in but)


@functools.cache
def _create_queryset(model: Any) -> Any:
    rows: Any = QuerySet(model)
    rows.query.get_initial_alias()
    return rows
