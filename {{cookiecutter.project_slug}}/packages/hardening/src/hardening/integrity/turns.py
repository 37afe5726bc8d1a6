"""Let only those writers wait for each other whose rows can violate a constraint together (PostgreSQL).

Racing duplicates under a deferrable constraint, or an exclusion constraint, all get in before they are checked, and
then wait for each other: a deadlock, which tells nobody what is wrong. They take turns instead, by advisory locks that
last until the transaction ends.

Two rows can only violate such a constraint if they are equal in every column that it compares by equality. A writer
therefore locks the values of these columns, those before its change and those after it, and shares the table with the
writers of other values. Where Python does not hold the values as the database compares them (an expression, a type
with an equality of its own, a `create()` that is not DRF's), the writer locks the table, and waits for all others.

A request that saves rows one after the other in one transaction locks their values in that order. Two such requests may
meet in a deadlock; PostgreSQL ends one of them, which is a 503 that may be sent again.
"""

import datetime
import functools
import hashlib
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connections, models
from django.db.models import F, Model, UniqueConstraint

from hardening.integrity.candidates import Item
from hardening.integrity.constraints import ModelConstraint, get_constraints

_MOST = 100  # values in one statement; PostgreSQL has room for a limited number of locks

# The column types whose values are equal in the database exactly if they are equal in Python, and of this class.
_CLASSES: dict[type[Any], type[Any]] = {
    **dict.fromkeys((models.CharField, models.EmailField, models.SlugField, models.TextField, models.URLField), str),
    **dict.fromkeys((models.IntegerField, models.BigIntegerField, models.SmallIntegerField), int),
    **dict.fromkeys((models.PositiveIntegerField, models.PositiveBigIntegerField), int),
    **dict.fromkeys((models.PositiveSmallIntegerField, models.AutoField, models.BigAutoField), int),
    models.BooleanField: bool,
    models.DateField: datetime.date,
    models.UUIDField: uuid.UUID,
}
_UNKNOWN = object()


def take_turns(items: Sequence[Item], instance: Model | None, using: str, *, certain: bool) -> None:
    """Wait for the writers of rows that those of *items* may conflict with.

    *instance* is the object that the first item changes, as it is stored; *certain* tells whether the items are
    written as they are, each to a new row or to *instance*.
    """
    tables: dict[str, set[int]] = {}
    locked: set[str] = set()
    for item in items:
        for constraint in get_constraints(item.serializer.Meta.model):
            if constraint.checked_late:
                keys = _find_keys(constraint, item, None if item.path else instance) if certain else None
                tables.setdefault(constraint.model._meta.db_table, set()).update(keys or ())
                locked |= set() if keys else {constraint.model._meta.db_table}
    for table, found in sorted(tables.items()):
        _lock(table, sorted(found) if table not in locked and len(found) <= _MOST else None, using)


def _lock(table: str, keys: list[int] | None, using: str) -> None:
    """Lock *keys*, in an order that all writers share, or the whole table."""
    with connections[using].cursor() as cursor:
        if keys is None:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [table])
        else:
            cursor.execute(
                "SELECT pg_advisory_xact_lock_shared(hashtext(%s)), pg_advisory_xact_lock(key) "
                "FROM unnest(%s::bigint[]) AS key",
                [table, keys],
            )


def _find_keys(constraint: ModelConstraint, item: Item, instance: Model | None) -> list[int] | None:
    """Return the keys of the values after the change and, if *instance* changes, before it; None if one is unknown."""
    fields = _list_compared(constraint)
    if not fields or any(isinstance(part, str) for part in item.path):
        return None  # an object nested in another, whose relation to it is not known yet
    rows = [[_get_new_value(field, item, instance) for field in fields]]
    if instance is not None:
        rows.append([instance.__dict__.get(field.attname, _UNKNOWN) for field in fields])
    if not all(_is_plain(field, value) for row in rows for field, value in zip(fields, row, strict=True)):
        return None
    return [_make_key(constraint, row) for row in rows]


def _get_new_value(field: Any, item: Item, instance: Model | None) -> Any:
    for name in (field.name, field.attname):
        if name in item.values:
            value = item.values[name]
            return getattr(value, field.target_field.attname) if isinstance(value, Model) else value
    if instance is not None:
        return instance.__dict__.get(field.attname, _UNKNOWN)
    return _UNKNOWN if callable(field.default) or not field.has_default() else field.default


def _is_plain(field: Any, value: Any) -> bool:
    return value is None or type(value) is _find_class(field)


def _make_key(constraint: ModelConstraint, values: Iterable[Any]) -> int:
    text = repr((constraint.model._meta.db_table, constraint.definition.name, *map(str, values)))
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big", signed=True)


@functools.cache
def _list_names(model: Any, name: str) -> tuple[str, ...]:
    """Return the names of the columns that the constraint *name* of *model* compares by equality alone."""
    definition: Any = next(each for each in model._meta.constraints if each.name == name)
    if isinstance(definition, UniqueConstraint):
        return tuple(definition.fields)
    pairs: list[tuple[Any, str]] = definition.expressions
    named = [(each.name if isinstance(each, F) else each, operator) for each, operator in pairs]  # type: ignore[attr-defined]  # untyped
    return tuple(each for each, operator in named if operator == "=" and isinstance(each, str))


def _list_compared(constraint: ModelConstraint) -> list[Any]:
    """Return the fields whose values two rows must share to violate *constraint*, as far as Python can compare them."""
    fields: list[Any] = [
        constraint.model._meta.get_field(name) for name in _list_names(constraint.model, constraint.definition.name)
    ]
    return [field for field in fields if _find_class(field) is not None]


def _find_class(field: Any) -> type[Any] | None:
    """Return the class of the values of *field* in Python; None if the database may compare them otherwise."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    is_changed = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    if is_changed or getattr(field, "db_collation", None) or field.has_db_default():
        return None
    return _CLASSES.get(type(field))
