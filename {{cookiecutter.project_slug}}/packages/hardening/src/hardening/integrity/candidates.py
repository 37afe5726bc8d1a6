"""What a request body would write: its objects, the unsaved instances made of them, and what Python can tell of those.

SQL has three truth values, and Python and a database disagree on much (collations, rounding, casts). A condition is
therefore decided only where both hold exactly the same values of exactly the same type; everything else is
`UNDECIDED` and left to the database. A property test compares the decisions with the real databases.
"""

import copy
import dataclasses
import datetime
import enum
import functools
import math
import operator
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist, ValidationError as DjangoValidationError
from django.db.models import DateField, F, Field, Model, Q, TimeField, Value
from django.db.models.constraints import BaseConstraint
from rest_framework.exceptions import ValidationError
from rest_framework.serializers import BaseSerializer, ListSerializer

from hardening.integrity.constraints import ModelConstraint, get_primary_key_names
from hardening.integrity.selects import log_failure

Path = tuple[str | int, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Item:
    """One object of the body before it is written: its serializer, where it stands, its validated values."""

    serializer: Any
    path: Path
    values: dict[str, Any]


def find_items(serializer: Any, data: Any, path: Path = ()) -> Iterator[Item]:
    """Yield every object in *serializer*'s validated *data* that a model stands behind, parents first."""
    if isinstance(serializer, ListSerializer):
        for index, each in enumerate(data):
            yield from find_items(serializer.child, each, (*path, index))
        return
    if hasattr(getattr(serializer, "Meta", None), "model"):
        yield Item(serializer=serializer, path=path, values=data)
    for field in getattr(serializer, "_writable_fields", ()):
        if isinstance(field, BaseSerializer) and len(field.source_attrs) == 1:
            nested = data.get(field.source)
            if isinstance(nested, dict | list):
                yield from find_items(field, nested, (*path, str(field.field_name)))


def build_candidate(item: Item, instance: Model | None) -> Model:
    """Return what writing *item* would make, unsaved: a copy of *instance* with its values, or a new one."""
    model: type[Model] = item.serializer.Meta.model
    plain = {name: value for name, value in item.values.items() if name in _list_assignable_names(model)}
    for name in plain.keys() & _list_relation_names(model):
        if isinstance(plain[name], dict | list):
            del plain[name]
    if instance is None:
        return model(**plain)
    changed = copy.copy(instance)
    for name, value in plain.items():
        setattr(changed, name, value)
    return changed


@functools.cache
def _list_relation_names(model: type[Model]) -> frozenset[str]:
    """Return the names of the relations to one: what a nested serializer read for them is no object yet."""
    return frozenset(name for field in model._meta.concrete_fields if field.is_relation for name in get_names(field))


@functools.cache
def _list_assignable_names(model: type[Model]) -> frozenset[str]:
    """Return the names that can be set on an unsaved instance: no relation to many, no read-only property."""
    names = {name for field in model._meta.concrete_fields if not field.generated for name in get_names(field)}
    names |= {field.name for field in model._meta.private_fields}
    options: Any = model._meta
    properties = {name: getattr(model, name) for name in options._property_names}
    return frozenset(names | {name for name, each in properties.items() if getattr(each, "fset", None)})


def get_names(field: Any) -> set[str]:
    return {field.name, getattr(field, "attname", field.name)}


def check_candidate(
    item: Item, instance: Model | None, checks: Sequence[ModelConstraint]
) -> tuple[Model, list[ModelConstraint], Exception | None]:
    """Return the candidate for *item*, those of *checks* that it certainly violates, and the error of its `clean()`.

    What `clean()` changes is put into the item's values. *instance* is the object that the item changes, if any.
    """
    candidate = build_candidate(item, instance)
    violated = [each for each in checks if is_certainly_violated(each.definition, candidate)]
    fields = [field for field in candidate._meta.concrete_fields if not field.generated]
    before = [getattr(candidate, field.attname) for field in fields]
    try:
        candidate.clean()
    except (DjangoValidationError, ValidationError, ObjectDoesNotExist) as error:
        return candidate, violated, error
    for field, value in zip(fields, before, strict=True):
        if getattr(candidate, field.attname) != value:
            item.values[field.name] = getattr(candidate, field.name)
    return candidate, violated, None


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


def decide_all(judged: Iterable[tuple[ModelConstraint, Sequence[Model]]]) -> list[list[Verdict]]:
    """Return for each constraint what is known of its instances: FALSE if one violates it, TRUE if it does not."""
    return [[_decide(constraint, instance) for instance in instances] for constraint, instances in judged]


def _decide(constraint: ModelConstraint, instance: Model) -> Verdict:
    if not instance._state.adding and set(constraint.fields) <= get_primary_key_names(constraint.model):
        return TRUE  # a stored row is no duplicate of itself
    if any(hasattr(instance.__dict__.get(name), "resolve_expression") for name in constraint.attributes):
        return TRUE  # a value that nobody knows
    if constraint.unique:
        return UNDECIDED
    try:
        verdict = holds(getattr(constraint.definition, "condition", None), instance)
    except Exception as error:  # noqa: BLE001  # a deferred column of a row that is gone, a field of the project's own
        log_failure(error)
        return TRUE
    return TRUE if verdict is NULL else verdict


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
