"""What Python can tell of a condition without asking the database, and nothing more.

SQL has three truth values, and Python and a database disagree on much (collations, rounding, casts). So a
condition is decided only where both hold exactly the same values of exactly the same type; everything else
is `UNDECIDED` and left to the database. A property test holds this against the real databases.
"""

import datetime
import enum
import math
import operator
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateField, F, Field, Model, Q, TimeField, Value
from django.db.models.constraints import BaseConstraint


class Verdict(enum.Enum):
    """The truth of a condition: SQL's three values, and the admission that Python cannot tell."""

    TRUE = enum.auto()
    FALSE = enum.auto()
    NULL = enum.auto()
    UNDECIDED = enum.auto()


TRUE, FALSE, NULL, UNDECIDED = Verdict

# Only these are stored and compared by PostgreSQL and SQLite just as Python does. Strings are not among
# them: a collation decides. Neither are times with zones, nor the floats and decimals that a column rounds.
_EXACT_TYPES: dict[str, type] = {
    "BigIntegerField": int,
    "BooleanField": bool,
    "DateField": datetime.date,
    "DateTimeField": datetime.datetime,
    "DecimalField": Decimal,
    "DurationField": datetime.timedelta,
    "FloatField": float,
    "IntegerField": int,
    "PositiveBigIntegerField": int,
    "PositiveIntegerField": int,
    "PositiveSmallIntegerField": int,
    "SmallIntegerField": int,
    "UUIDField": uuid.UUID,
}
_SAFE_DIGITS = 15  # SQLite keeps decimals as 64-bit floats

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


class _Undecidable(Exception):
    """A value or an operation of which only the database knows the meaning."""


def is_certainly_violated(constraint: BaseConstraint, instance: Model) -> bool:
    """Tell whether *instance* certainly violates a check *constraint*; a CHECK passes on NULL, as in SQL."""
    return holds(getattr(constraint, "condition", None), instance) is FALSE


def holds(condition: Any, instance: Model) -> Verdict:
    """Return the truth of *condition* (a `Q` or another conditional expression) for *instance*."""
    if not isinstance(condition, Q):
        return UNDECIDED
    verdicts = [_judge_child(child, instance) for child in condition.children]
    verdict = _connect(condition.connector, verdicts)
    return _negate(verdict) if condition.negated else verdict


def _judge_child(child: Any, instance: Model) -> Verdict:
    if not isinstance(child, tuple):
        return holds(child, instance)
    path, right = child
    name, _separator, lookup = path.partition("__")
    try:
        return _look_up(instance, name, lookup or "exact", right)
    except _Undecidable:
        return UNDECIDED


def _connect(connector: str, verdicts: list[Verdict]) -> Verdict:
    if connector == Q.XOR:
        if set(verdicts) <= {TRUE, FALSE}:
            return TRUE if verdicts.count(TRUE) % 2 else FALSE
        return UNDECIDED
    decisive, neutral = (TRUE, FALSE) if connector == Q.OR else (FALSE, TRUE)
    for verdict in (decisive, UNDECIDED, NULL):
        if verdict in verdicts:
            return verdict
    return neutral


def _negate(verdict: Verdict) -> Verdict:
    # Django adds IS NOT NULL below a negation, depending on where it stands: NULL is not certain there.
    return {TRUE: FALSE, FALSE: TRUE}.get(verdict, UNDECIDED)


def _look_up(instance: Model, name: str, lookup: str, right: Any) -> Verdict:
    field = _find_column(instance, name)
    left = getattr(instance, field.attname)
    if lookup == "isnull" or (lookup == "exact" and right is None):
        wanted = right is None or bool(right)
        return TRUE if (_require_certain(left) is None) is wanted else FALSE
    if lookup == "in" and isinstance(right, list | tuple | set | frozenset) and right:
        return _connect(Q.OR, [_compare("exact", field, left, item, instance) for item in right])
    if lookup == "range" and isinstance(right, list | tuple) and len(right) == 2:
        bounds = zip(("gte", "lte"), right, strict=True)
        return _connect(Q.AND, [_compare(bound, field, left, item, instance) for bound, item in bounds])
    return _compare(lookup, field, left, right, instance)


def _find_column(instance: Model, name: str) -> Any:
    try:
        field: Any = instance._meta.get_field(name)
    except FieldDoesNotExist as error:  # `pk`, or an annotation
        raise _Undecidable from error
    if getattr(field, "column", None) is None or field.generated or _is_made_while_saving(field):
        raise _Undecidable
    return field


def _is_made_while_saving(field: Any) -> bool:
    if isinstance(field, DateField | TimeField):
        return field.auto_now or field.auto_now_add
    return type(field).pre_save is not Field.pre_save


def _require_certain(value: Any) -> Any:
    if hasattr(value, "resolve_expression"):  # F("count") + 1, or a default of the database's
        raise _Undecidable
    return value


def _compare(lookup: str, field: Any, left: Any, right: Any, instance: Model) -> Verdict:
    if lookup not in _COMPARISONS:
        raise _Undecidable
    kind = _EXACT_TYPES.get(field.get_internal_type())
    other = field
    if isinstance(right, F):
        other = _find_column(instance, str(vars(right)["name"]))
        right = getattr(instance, other.attname)
    elif isinstance(right, Value):
        right = right.value
    if kind is None or kind is not _EXACT_TYPES.get(other.get_internal_type()):
        raise _Undecidable
    for value, column in ((_require_certain(left), field), (_require_certain(right), other)):
        if value is not None and not _is_same_everywhere(value, kind, column):
            raise _Undecidable
    if left is None or right is None:
        return NULL
    return TRUE if _COMPARISONS[lookup](left, right) else FALSE


def _is_same_everywhere(value: Any, kind: type, field: Any) -> bool:
    """Tell whether a database stores and compares *value* of a column of *kind* exactly as Python does."""
    if type(value) is not kind:
        return False
    if isinstance(value, datetime.datetime):
        return value.utcoffset() is not None and 1000 <= value.year < 9999
    if isinstance(value, datetime.date):
        return value.year >= 1000
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            return False
        _sign, digits, exponent = value.as_tuple()
        return len(digits) <= _SAFE_DIGITS and -int(exponent) <= (field.decimal_places or 0)
    return True
