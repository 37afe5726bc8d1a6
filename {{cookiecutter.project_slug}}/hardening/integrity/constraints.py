"""What a model promises: every rule that its database keeps, with the fields it judges and its words.

A promise is a Django constraint. `unique=True`, `unique_together` and primary keys are turned into the
`UniqueConstraint` they amount to, so that all rules are named, worded and re-validated in one way.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connections, transaction
from django.db.models import (
    BooleanField,
    CheckConstraint,
    CompositePrimaryKey,
    Deferrable,
    F,
    Model,
    Q,
    UniqueConstraint,
)
from django.db.models.constraints import BaseConstraint
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ErrorDetail
from rest_framework.utils.field_mapping import get_unique_error_message
from rest_framework.validators import UniqueTogetherValidator

from hardening.exceptions import Code
from hardening.integrity.conditions import TRUE, Verdict, holds


@dataclass(frozen=True)
class Promise:
    """One rule that the table of *model* keeps; *fields* are the names of the model fields it judges."""

    model: type[Model]
    constraint: BaseConstraint
    fields: tuple[str, ...]

    @property
    def unique(self) -> bool:
        """Tell whether breaking it is a clash with another row (409) and not a bad value (400)."""
        return not isinstance(self.constraint, CheckConstraint)

    @property
    def deferred(self) -> bool:
        """Tell whether it is judged at COMMIT and not with the statement."""
        return getattr(self.constraint, "deferrable", None) is Deferrable.DEFERRED

    @property
    def judged_late(self) -> bool:
        """Tell whether PostgreSQL writes a row before it judges it, so that racing duplicates wait for each other."""
        if not isinstance(self.constraint, UniqueConstraint):
            return self.unique  # an exclusion constraint
        return self.constraint.deferrable is not None

    @property
    def columns(self) -> frozenset[str]:
        """Return the columns whose values must differ together; none where expressions are compared."""
        names = getattr(self.constraint, "fields", ())
        return frozenset(str(_field(self.model, name).column) for name in names)

    def error(self, keys: Sequence[str] = ()) -> ErrorDetail:
        """Return the constraint's own message and code, or DRF's where it has none; *keys* name its fields."""
        declared = self.constraint.violation_error_code
        code = declared or ("unique" if self.unique else "invalid")
        default = status.HTTP_409_CONFLICT if self.unique else status.HTTP_400_BAD_REQUEST
        return ErrorDetail(self._message(keys), Code(code, getattr(code, "status", default)))

    def _message(self, keys: Sequence[str]) -> str:
        if has_own_message(self.constraint):
            return str(self.constraint.get_violation_error_message())
        if not self.unique:
            return _("Invalid input.")
        if len(self.fields) == 1:
            return str(get_unique_error_message(_field(self.model, self.fields[0])))
        return str(UniqueTogetherValidator.message).format(field_names=", ".join(keys or self.fields))

    def broken_by(self, instance: Model, using: str) -> bool:
        """Ask the database whether *instance*, as it is in memory, breaks this; a doubt is a no."""
        if not instance._state.adding and set(self.fields) <= _primary_key(self.model):
            return False  # a stored row is no duplicate of itself
        if not self.unique:
            verdict = holds(getattr(self.constraint, "condition", None), instance)
            if verdict is not Verdict.UNDECIDED:
                return verdict is Verdict.FALSE
        failures: list[DatabaseError] = []
        inside = connections[using].in_atomic_block
        try:
            with (
                transaction.atomic(using=using) if inside else nullcontext(),
                connections[using].execute_wrapper(_noting(failures)),
            ):
                if not self._applies_to(instance, using):
                    return False
                self.constraint.validate(self.model, instance, using=using)
        except DatabaseError:
            return False
        except ValidationError:
            # Q.check() answers "violated" when its query fails: https://code.djangoproject.com/ticket/35712
            return not failures
        return False

    def compares(self, instance: Model, using: str) -> bool:
        """Tell whether *instance* is compared with other rows: a NULL is not, unless the constraint says so."""
        nulls_differ = getattr(self.constraint, "nulls_distinct", None) is not False
        return not (nulls_differ and None in self.values(instance)) and self._applies_to(instance, using)

    def values(self, instance: Model) -> tuple[Any, ...]:
        """Return the values of *instance* that are judged; texts without regard to case where an expression may be."""
        found = (getattr(instance, _field(self.model, name).attname, None) for name in self.fields)
        folds = bool(getattr(self.constraint, "expressions", ()))
        return tuple(each.casefold() if folds and isinstance(each, str) else each for each in found)

    def _applies_to(self, instance: Model, using: str) -> bool:
        """Tell whether *instance* is among the rows that a conditional constraint is about."""
        condition = getattr(self.constraint, "condition", None)
        if condition is None or not self.unique:
            return True
        verdict = holds(condition, instance)
        if verdict is not Verdict.UNDECIDED:
            return verdict is TRUE
        # Django takes a condition that is NULL for true here; the database takes it for false.
        certain = Q(Coalesce(condition, False, output_field=BooleanField()))
        values: Any = instance
        return certain.check(values._get_field_expression_map(self.model._meta), using=using)


def has_own_message(constraint: BaseConstraint) -> bool:
    """Tell whether *constraint* says in words of its own what is wrong."""
    return constraint.violation_error_message != constraint.default_violation_error_message


@functools.cache
def promises(model: type[Model]) -> tuple[Promise, ...]:
    """Return all that the tables of *model*, its own and its parents', promise."""
    found = []
    for owner in (model, *model._meta.all_parents):
        found += [Promise(owner, each, _judged(owner, each)) for each in owner._meta.constraints]
        found += [_unique(owner, names) for names in _implied_uniques(owner)]
    return tuple(found)


def references(model: type[Model], expression: Any) -> tuple[str, ...]:
    """Return the names of the fields of *model* that *expression* reads, generated ones followed down."""
    names: dict[str, None] = {}
    for node in expression.flatten() if hasattr(expression, "flatten") else (expression,):
        if isinstance(node, F):
            names.update(dict.fromkeys(_followed(model, str(vars(node)["name"]).partition("__")[0])))
        elif isinstance(node, Q):
            for name in node.referenced_base_fields:
                names.update(dict.fromkeys(_followed(model, name)))
    return tuple(names)


def _followed(model: type[Model], name: str) -> tuple[str, ...]:
    field: Any = model._meta.pk if name == "pk" else _field(model, name)
    return references(model, field.expression) if getattr(field, "generated", False) else (field.name,)


def _field(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name)


def _judged(model: type[Model], constraint: BaseConstraint) -> tuple[str, ...]:
    if isinstance(constraint, CheckConstraint):
        expressions: Sequence[Any] = [constraint.condition]
    elif isinstance(constraint, UniqueConstraint):
        expressions = [F(name) for name in constraint.fields] or constraint.expressions
    else:  # PostgreSQL's ExclusionConstraint, whose expressions are pairs with an operator
        pairs: Sequence[tuple[Any, str]] = getattr(constraint, "expressions", ())
        expressions = [F(each) if isinstance(each, str) else each for each, _operator in pairs]
    names = (name for expression in expressions for name in references(model, expression))
    return tuple(dict.fromkeys(names))


def _implied_uniques(model: type[Model]) -> Iterator[tuple[str, ...]]:
    yield from (tuple(names) for names in model._meta.unique_together)
    for field in model._meta.local_fields:
        if isinstance(field, CompositePrimaryKey):
            yield tuple(field.field_names)
        elif field.unique:
            yield (field.name,)


def _unique(model: type[Model], names: tuple[str, ...]) -> Promise:
    constraint = UniqueConstraint(fields=names, name=f"{model._meta.label_lower} {' '.join(names)}")
    return Promise(model, constraint, _judged(model, constraint))


def _primary_key(model: type[Model]) -> set[str]:
    return {field.name for field in model._meta.pk_fields}


def _noting(failures: list[DatabaseError]) -> Callable[..., Any]:
    def execute_noting(execute: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return execute(*arguments)
        except DatabaseError as error:
            failures.append(error)
            raise

    return execute_noting
