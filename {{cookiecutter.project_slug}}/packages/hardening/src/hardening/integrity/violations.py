"""Find the rows that violate a constraint: with Python where it is certain, else with one statement for many rows.

Django's `validate()` asks once for each row, and about the rows of the default manager, which may hide some. Here
the same conditions are put together to a single SELECT, about all rows that are stored.
"""

import functools
from collections.abc import Hashable, Iterator, Sequence
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, CheckConstraint, Exists, F, Model, Q, UniqueConstraint
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact, IsNull, PostgresOperatorLookup

from hardening.integrity.conditions import Verdict, holds
from hardening.integrity.constraints import Promise, primary_key
from hardening.integrity.selects import SQL, compile_select, log_failure, run_selects, savepoint

_ROWS = 100  # that a constraint of the project's own is asked about, one by one


def find_violations(promise: Promise, instances: Sequence[Model], using: str) -> list[bool]:
    """Return for each of *instances* whether it violates the constraint beside the stored rows; a doubt is False."""
    try:
        return _find_violations(promise, instances, using)
    except Exception as error:  # noqa: BLE001  # a deferred column of a row that is gone, a field of the project's own
        log_failure(error)
        return [False] * len(instances)


def _find_violations(promise: Promise, instances: Sequence[Model], using: str) -> list[bool]:
    verdicts = [_decide(promise, instance) for instance in instances]
    asked = [place for place, verdict in enumerate(verdicts) if verdict is Verdict.UNDECIDED]
    answers = [verdict is Verdict.FALSE for verdict in verdicts]
    if type(promise.constraint).validate in (CheckConstraint.validate, UniqueConstraint.validate, *_exclusion()):
        found = run_selects([partial(_violation, promise, instances[place], using) for place in asked], using)
    else:  # a class of the project's own, which only it can judge
        found = [_is_invalid(promise, instances[place], using) for place in asked[:_ROWS]]
    for place, answer in zip(asked, found, strict=False):
        answers[place] = bool(answer)
    return answers


@functools.cache
def _exclusion() -> tuple[Any, ...]:
    """Return the `validate` of exclusion constraints; without psycopg there are none, and they cannot be imported."""
    try:
        from django.contrib.postgres.constraints import ExclusionConstraint  # noqa: PLC0415  # see above
    except ImportError:
        return ()
    return (ExclusionConstraint.validate,)


def find_duplicates(promise: Promise, instances: Sequence[Model], using: str) -> list[bool]:
    """Return for each of *instances* whether one before it has the same values; a doubt is False."""
    if len(instances) < 2 or not isinstance(promise.constraint, UniqueConstraint):
        return [False] * len(instances)
    try:
        keys = list(_keys(promise, promise.constraint, instances, using))
    except Exception as error:  # noqa: BLE001  # as above
        log_failure(error)
        return [False] * len(instances)
    seen: set[Hashable] = set()
    answers = []
    for key in keys:
        answers.append(key is not None and key in seen)
        if key is not None:
            seen.add(key)
    return answers


def has_expressions(instance: Model) -> bool:
    """Tell whether a column of *instance* holds an expression, such as `F("stock") - 1`."""
    return any(hasattr(value, "resolve_expression") for value in instance.__dict__.values())


def _decide(promise: Promise, instance: Model) -> Verdict:
    """Return FALSE for what Python knows to violate the constraint, TRUE for what it knows not to."""
    if not instance._state.adding and set(promise.fields) <= primary_key(promise.model):
        return Verdict.TRUE  # a stored row is no duplicate of itself
    if any(hasattr(instance.__dict__.get(name), "resolve_expression") for name in promise.attributes):
        return Verdict.TRUE  # a value that nobody knows
    if promise.unique:
        return Verdict.UNDECIDED
    verdict = holds(getattr(promise.constraint, "condition", None), instance)
    return Verdict.TRUE if verdict is Verdict.NULL else verdict


def _violation(promise: Promise, instance: Model, using: str) -> SQL | None:
    """Return a SELECT that finds a row where *instance* violates the constraint; None where it cannot."""
    constraint: Any = promise.constraint
    values = _expressions(promise, instance)
    if isinstance(constraint, CheckConstraint):
        # A CHECK passes on NULL.
        return compile_select(values, ~Q(Coalesce(constraint.condition, True, output_field=BooleanField())), using)
    conditions = _clashes(promise, constraint, instance, values)
    if conditions is None:
        return None
    rows = promise.model._base_manager.using(using).filter(conditions)
    if not instance._state.adding and instance._is_pk_set(promise.model._meta):  # type: ignore[attr-defined]  # private
        rows = rows.exclude(pk=instance._get_pk_val(promise.model._meta))
    if constraint.condition is None:
        return compile_select(values, Q(Exists(rows)), using)
    # A row for which the condition is NULL is not among those that are compared.
    applies = Q(Coalesce(constraint.condition, False, output_field=BooleanField()))
    return compile_select(values, applies & Q(Exists(rows.filter(constraint.condition))), using)


def _clashes(promise: Promise, constraint: Any, instance: Model, values: dict[str, Any]) -> Q | None:
    """Return the condition for the rows that *instance* clashes with; None where its NULL clashes with nothing."""
    if getattr(constraint, "fields", ()):
        conditions = Q()
        for field in (promise.model._meta.get_field(name) for name in constraint.fields):
            value = values[field.name] if _is_generated(field) else getattr(instance, str(field.attname))  # type: ignore[union-attr]  # a column
            if value is None and constraint.nulls_distinct is not False:
                return None
            conditions &= _same(constraint, F(field.name), value) if _is_generated(field) else Q(**{field.name: value})
        return conditions
    replacements = {F(name): value for name, value in values.items()}
    conditions = Q()
    for each in constraint.expressions:
        expression, operator = (each, None) if isinstance(constraint, UniqueConstraint) else each
        expression = F(expression) if isinstance(expression, str) else expression
        left, right = _bare(expression), _bare(expression.replace_expressions(replacements))
        conditions &= _same(constraint, left, right) if operator is None else Q(_operation(left, right, operator))
    return conditions


def _same(constraint: UniqueConstraint, left: Any, right: Any) -> Q:
    same = Q(Exact(left, right))
    return same | Q(IsNull(left, True), IsNull(right, True)) if constraint.nulls_distinct is False else same


def _operation(left: Any, right: Any, operator: str) -> Any:
    lookup = PostgresOperatorLookup(left, right)
    lookup.postgres_operator = operator
    return lookup


def _bare(expression: Any) -> Any:
    """Return *expression* without its operator class, which belongs to the index."""
    return getattr(expression, "get_expression_for_validation", lambda: expression)()


def _is_generated(field: Any) -> bool:
    return bool(getattr(field, "generated", False))


def _expressions(promise: Promise, instance: Any) -> dict[str, Any]:
    # An expression that nobody could work out must not be in the way of the constraints on other columns.
    held = instance.__dict__
    unknown = {
        field.name
        for field in promise.model._meta.local_concrete_fields
        if hasattr(held.get(field.attname), "resolve_expression")
    }
    expressions: dict[str, Any] = instance._get_field_expression_map(meta=promise.model._meta, exclude=unknown)
    return expressions


def _is_invalid(promise: Promise, instance: Model, using: str) -> bool:
    try:
        with savepoint(using):
            promise.constraint.validate(promise.model, instance, using=using)
    except ValidationError:
        return True
    except Exception as error:  # noqa: BLE001  # a project's code, and a doubt is no violation
        log_failure(error)
    return False


def _keys(promise: Promise, constraint: Any, instances: Sequence[Model], using: str) -> Iterator[Hashable]:
    """Yield what has to differ between rows; None for a row that is not compared with others."""
    computed = [_computed(promise, constraint, instance) for instance in instances]
    parts = [
        partial(compile_select, values, None, using, expression)
        for values, expressions in computed
        for expression in expressions
    ]
    answers = iter(run_selects(parts, using, exists=False))
    for instance, (_values, expressions) in zip(instances, computed, strict=True):
        found = [next(answers) for _expression in expressions]
        applies = _applies(constraint, instance)
        if applies is Verdict.UNDECIDED:
            applies = Verdict.TRUE if found.pop(0) else Verdict.FALSE
        names = [name for name in constraint.fields if not _is_generated(promise.model._meta.get_field(name))]
        found += [_plain_value(promise.model._meta.get_field(name), instance) for name in names]
        unknown = any(hasattr(each, "resolve_expression") for each in found)
        compared = constraint.nulls_distinct is False or None not in found
        yield tuple(map(_hashable, found)) if applies is Verdict.TRUE and compared and not unknown else None


def _computed(promise: Promise, constraint: Any, instance: Model) -> tuple[dict[str, Any], list[Any]]:
    """Return the values of *instance*, and the expressions that only the database can work out."""
    undecided = _applies(constraint, instance) is Verdict.UNDECIDED
    generated = [name for name in constraint.fields if _is_generated(promise.model._meta.get_field(name))]
    if not (undecided or generated or constraint.expressions):
        return {}, []
    condition = [Coalesce(constraint.condition, False, output_field=BooleanField())] if undecided else []
    expressions = [*map(F, generated), *map(_bare, constraint.expressions)]
    return _expressions(promise, instance), [*condition, *expressions]


def _applies(constraint: Any, instance: Model) -> Verdict:
    return Verdict.TRUE if constraint.condition is None else holds(constraint.condition, instance)


def _plain_value(field: Any, instance: Model) -> Any:
    value = getattr(instance, field.attname)
    return value if value is None or hasattr(value, "resolve_expression") else field.to_python(value)


def _hashable(value: Any) -> Hashable:
    try:
        hash(value)
    except TypeError:
        return repr(value)
    hashed: Hashable = value
    return hashed
