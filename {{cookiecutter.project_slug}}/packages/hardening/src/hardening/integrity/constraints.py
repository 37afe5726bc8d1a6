"""The constraints of a model: which fields each of them judges, and the message and status of its violation.

A `ModelConstraint` wraps a Django constraint. `unique=True`, `unique_together`, primary keys and the checks of column
types are turned into the constraints they amount to, so that all are named, reported and validated in one way.
"""

import dataclasses
import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.validators import MinValueValidator
from django.db import connections, router
from django.db.models import (
    BooleanField,
    CheckConstraint,
    CompositePrimaryKey,
    Deferrable,
    F,
    JSONField,
    Model,
    OrderBy,
    Q,
    UniqueConstraint,
    Value,
)
from django.db.models.constraints import BaseConstraint
from django.utils.translation import gettext as _, gettext_lazy
from rest_framework import status
from rest_framework.exceptions import ErrorDetail
from rest_framework.utils.field_mapping import get_unique_error_message
from rest_framework.validators import UniqueTogetherValidator

from hardening.exceptions import Code
from hardening.integrity.drivers import Diagnosis, Kind

_POSITIVE = frozenset({"PositiveBigIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField"})
_POSTGRESQL_NAME = re.compile(r"_check[0-9]*$")  # what PostgreSQL appends to the names of the table and the column
_QUOTED = re.compile(r'"((?:[^"]|"")+)"')


@dataclasses.dataclass(frozen=True)
class ModelConstraint:
    """A constraint of the table of *model*, Django's *definition* of it, and the names of the *fields* it judges."""

    model: type[Model]
    definition: BaseConstraint
    fields: tuple[str, ...]

    unique: bool = dataclasses.field(init=False, compare=False)
    """Whether its violation is a conflict with another row (409), instead of an invalid value (400)."""

    deferred: bool = dataclasses.field(init=False, compare=False)
    """Whether it is judged at COMMIT and not with the statement."""

    checked_late: bool = dataclasses.field(init=False, compare=False)
    """Whether PostgreSQL writes a row before it judges it, so that racing duplicates wait for each other."""

    attributes: frozenset[str] = dataclasses.field(init=False, compare=False)
    """The attributes of an instance that hold the values of its fields."""

    columns: frozenset[str] = dataclasses.field(init=False, compare=False)
    """The columns whose values must differ together; none where expressions are compared."""

    compares_columns: bool = dataclasses.field(init=False, compare=False)
    """Whether it compares only values that an instance holds, in all rows: nothing that the database computes."""

    def __post_init__(self) -> None:
        # Worked out once for a model, because every write reads it.
        deferrable = getattr(self.definition, "deferrable", None)
        is_check = isinstance(self.definition, CheckConstraint)
        is_exclusion = not is_check and not isinstance(self.definition, UniqueConstraint)
        judged = [_field(self.model, name) for name in self.fields]
        names = getattr(self.definition, "fields", ()) or _get_plain_expressions(self.definition)
        compared = [_field(self.model, name) for name in names]
        vars(self).update(
            unique=not is_check,
            deferred=deferrable is Deferrable.DEFERRED,
            checked_late=is_exclusion or (not is_check and deferrable is not None),
            attributes=frozenset(str(each.attname) for each in judged),
            columns=frozenset(str(each.column) for each in compared),
            compares_columns=_compares_columns(self.definition, compared),
        )

    @property
    def internal(self) -> bool:
        """Tell whether the model declares that no client can violate it, so that a violation is a server error."""
        return is_internal(self.model, self.definition.name, self.fields)

    @property
    def status(self) -> int:
        """The HTTP status of a violation: the one that its `violation_error_code` carries, or 409 or 400."""
        default = status.HTTP_409_CONFLICT if self.unique else status.HTTP_400_BAD_REQUEST
        return int(getattr(self.definition.violation_error_code, "status", default))

    def error(self, keys: Sequence[str] = ()) -> ErrorDetail:
        """Return the constraint's own message and code, or DRF's where it has none; *keys* name its fields."""
        declared = self.definition.violation_error_code
        code = declared or ("unique" if self.unique else "invalid")
        return ErrorDetail(self._message(keys), Code(code, self.status))

    def _message(self, keys: Sequence[str]) -> str:
        if has_own_message(self.definition):
            return str(self.definition.get_violation_error_message())
        if not self.unique:
            return _("Invalid input.")
        if not isinstance(self.definition, UniqueConstraint):
            return _describe_conflict(self, keys)
        if len(self.fields) == 1:
            return str(get_unique_error_message(_field(self.model, self.fields[0])))
        if not keys:  # nothing that the client knows the names of
            return _("This combination of values is taken.")
        return str(UniqueTogetherValidator.message).format(field_names=", ".join(keys))


def _get_plain_expressions(constraint: BaseConstraint) -> tuple[str, ...]:
    """Return the field names of *constraint* if all its expressions are fields, or else nothing.

    SQLite names the columns of such an index and not the index, as it does for a constraint of `fields`.
    """
    expressions = getattr(constraint, "expressions", ())
    found: list[Any] = [each.expression if isinstance(each, OrderBy) else each for each in expressions]
    return tuple(each.name for each in found) if all(isinstance(each, F) for each in found) else ()


def _compares_columns(constraint: BaseConstraint, compared: Sequence[Any]) -> bool:
    is_simple = bool(getattr(constraint, "fields", ())) and getattr(constraint, "condition", None) is None
    return is_simple and not any(getattr(field, "generated", False) for field in compared)


def has_own_message(constraint: BaseConstraint) -> bool:
    """Tell whether *constraint* has a message of its own."""
    return constraint.violation_error_message != constraint.default_violation_error_message


def is_internal(model: type[Model], name: str, fields: Sequence[str]) -> bool:
    """Tell whether *model* declares that violating the constraint *name* of *fields* is a server error."""
    internal = getattr(model, "internal_constraints", ())
    return internal == "__all__" or name in internal or (len(fields) == 1 and fields[0] in internal)


@functools.cache
def get_constraints(model: type[Model]) -> tuple[ModelConstraint, ...]:
    """Return the constraints of the table of *model*, and of the tables of its parents."""
    found = []
    for owner in (model, *model._meta.all_parents):
        found += [ModelConstraint(owner, each, _find_judged_fields(owner, each)) for each in owner._meta.constraints]
        found += [_build_unique(owner, names) for names in _list_implied_uniques(owner)]
    return tuple(found)


def find_referenced_fields(model: type[Model], expression: Any) -> tuple[str, ...]:
    """Return the names of the fields of *model* that *expression* reads, generated ones followed down."""
    names: dict[str, None] = {}
    for node in expression.flatten() if hasattr(expression, "flatten") else (expression,):
        if isinstance(node, F):
            names.update(dict.fromkeys(_follow(model, str(vars(node)["name"]).partition("__")[0])))
        elif isinstance(node, Q):
            for name in node.referenced_base_fields:
                names.update(dict.fromkeys(_follow(model, name)))
    return tuple(names)


def _follow(model: type[Model], name: str) -> tuple[str, ...]:
    field: Any = model._meta.pk if name == "pk" else _field(model, name)
    return find_referenced_fields(model, field.expression) if getattr(field, "generated", False) else (field.name,)


def _field(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name)


def _find_judged_fields(model: type[Model], constraint: BaseConstraint) -> tuple[str, ...]:
    if isinstance(constraint, CheckConstraint):
        expressions: Sequence[Any] = [constraint.condition]
    elif isinstance(constraint, UniqueConstraint):
        expressions = [F(name) for name in constraint.fields] or constraint.expressions
    else:  # PostgreSQL's ExclusionConstraint, whose expressions are pairs with an operator
        pairs: Sequence[tuple[Any, str]] = getattr(constraint, "expressions", ())
        expressions = [F(each) if isinstance(each, str) else each for each, _operator in pairs]
    names = (name for expression in expressions for name in find_referenced_fields(model, expression))
    return tuple(dict.fromkeys(names))


def _list_implied_uniques(model: type[Model]) -> Iterator[tuple[str, ...]]:
    yield from (tuple(names) for names in model._meta.unique_together)
    for field in model._meta.local_fields:
        if isinstance(field, CompositePrimaryKey):
            yield tuple(field.field_names)
        elif field.unique:
            yield (field.name,)


def _build_unique(model: type[Model], names: tuple[str, ...]) -> ModelConstraint:
    constraint = UniqueConstraint(fields=names, name=f"{model._meta.label_lower} {' '.join(names)}")
    return ModelConstraint(model, constraint, _find_judged_fields(model, constraint))


def _describe_conflict(constraint: ModelConstraint, keys: Sequence[str]) -> str:
    """Return the message of an exclusion constraint that has none: what another object has in common with this one."""
    pairs: Sequence[tuple[Any, str]] = getattr(constraint.definition, "expressions", ())
    operators = {operator for _expression, operator in pairs}
    known = dict(zip(constraint.fields, keys, strict=True)) if len(keys) == len(constraint.fields) else {}
    equal, overlapping = (_list_names(constraint.model, pairs, operator, known) for operator in ("=", "&&"))
    if operators == {"="} and equal:
        return _("Another object has the same {fields}.").format(fields=equal)
    if "&&" not in operators or not operators <= {"=", "&&"}:
        named = _("This conflicts with another object: {fields}.")
        return named.format(fields=", ".join(keys)) if keys else _("This conflicts with another object.")
    if not overlapping:
        return _("This overlaps another object.")
    if equal:
        template = _("This overlaps another object with the same {equal}: {overlapping}.")
        return template.format(equal=equal, overlapping=overlapping)
    return _("This overlaps another object: {overlapping}.").format(overlapping=overlapping)


def _list_names(model: type[Model], pairs: Sequence[tuple[Any, str]], operator: str, known: dict[str, str]) -> str:
    """Return the field names of the request body that are compared by *operator*."""
    expressions = [F(each) if isinstance(each, str) else each for each, own in pairs if own == operator]
    names = (name for expression in expressions for name in find_referenced_fields(model, expression))
    return ", ".join(dict.fromkeys(known[name] for name in names if name in known))


def get_primary_key_names(model: type[Model]) -> set[str]:
    """Return the names of the fields that make up the primary key of *model*."""
    return {field.name for field in model._meta.pk_fields}


class ColumnCheck(CheckConstraint):
    """The check that the column of *field* has because of its type; *sql* is its condition."""

    def __init__(self, field: Any, sql: str) -> None:
        kind = field.output_field.get_internal_type() if field.generated else field.get_internal_type()
        positive = kind in _POSITIVE
        condition: Any = Q(**{f"{field.name}__gte": 0}) if positive else Value(None, output_field=BooleanField())
        message: Any = MinValueValidator.message if positive else gettext_lazy("Invalid input.")
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
        return constraint in (self.sql, _unquote(self.sql))

    def get_violation_error_message(self) -> str:
        return str(self.violation_error_message) % {"limit_value": 0}


@functools.cache
def get_column_checks(model: type[Model]) -> tuple[ModelConstraint, ...]:
    """Return the checks of the columns of *model*, and of the models that it derives from."""
    return tuple(check for owner in (model, *model._meta.all_parents) for check in _build_column_checks(owner))


def is_meant(check: ModelConstraint, constraint: str, columns: frozenset[str]) -> bool:
    """Tell whether a database that names *constraint*, on *columns* where it knows them, means the column's *check*."""
    return isinstance(check.definition, ColumnCheck) and check.definition.is_meant_by(constraint, columns)


def _build_column_checks(model: type[Model]) -> Iterator[ModelConstraint]:
    connection = connections[router.db_for_write(model)]
    fields: list[Any] = list(model._meta.local_concrete_fields)
    for field in fields:
        sql = field.db_parameters(connection)["check"] if field.column else None
        if sql:
            judged = find_referenced_fields(model, field.expression) if field.generated else (field.name,)
            yield ModelConstraint(model, ColumnCheck(field, sql), judged)


def _unquote(sql: str) -> str:
    """Return what SQLite takes for the name of a check without one: its text, or the first word if that is quoted."""
    quoted = _QUOTED.match(sql)
    return quoted[1].replace('""', '"') if quoted else sql


def find_constraints(diagnosis: Diagnosis, model: type[Model]) -> list[ModelConstraint]:
    """Return the constraints of *model* that *diagnosis* may mean: the one it names, or else those on its columns."""
    known = get_constraints(model)
    named = [each for each in known if diagnosis.constraint in (each.definition.name, _truncate(each.definition.name))]
    columns = diagnosis.columns or diagnosis.key
    alike = named[:1] or [each for each in known if each.columns and each.columns == columns]
    if alike or diagnosis.kind is not Kind.CHECK:
        return alike
    return [each for each in get_column_checks(model) if is_meant(each, diagnosis.constraint, diagnosis.columns)]


def _truncate(name: str) -> str:
    """Return *name* as PostgreSQL keeps it: 63 bytes of it."""
    return name.encode()[:63].decode(errors="ignore")
