"""Find the rows that violate a constraint: with Python where it is certain, else with one statement for many rows.

Django's `validate()` asks once for each row, and about the rows of the default manager, which may hide some. Here
the same conditions are put together to a single SELECT, about all rows that are stored.
"""

import functools
import logging
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connections
from django.db.models import BooleanField, CheckConstraint, Exists, F, Model, Q, QuerySet, UniqueConstraint
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact, IsNull, PostgresOperatorLookup

from hardening.integrity.candidates import Verdict, decide_all, holds
from hardening.integrity.constraints import ModelConstraint
from hardening.integrity.selects import Question, log_failure, run_selects, savepoint

logger = logging.getLogger(__name__)

_compiled: dict[tuple[Any, ...], str] = {}  # by model, constraint, database and number of columns

_ROWS = 100  # that a constraint of the project's own is asked about, one by one


def violate(constraint: ModelConstraint, instances: Sequence[Model], using: str) -> list[bool]:
    """Return for each of *instances* whether it violates the constraint, beside the stored rows or one before it."""
    stored, repeated = find_violations(constraint, instances, using), find_duplicates(constraint, instances, using)
    return [clashes or repeats for clashes, repeats in zip(stored, repeated, strict=True)]


def find_violations(constraint: ModelConstraint, instances: Sequence[Model], using: str) -> list[bool]:
    """Return for each of *instances* whether it violates the constraint beside the stored rows; a doubt is False."""
    return judge_all([(constraint, instances)], using)[0]


def judge_all(judged: Sequence[tuple[ModelConstraint, Sequence[Model]]], using: str) -> list[list[bool]]:
    """Return the same for each constraint and its instances; the database is asked about all with one statement."""
    answers = [[False] * len(instances) for _constraint, instances in judged]
    asked: list[tuple[list[bool], int, Question]] = []
    for (constraint, instances), own, verdicts in zip(judged, answers, decide_all(judged), strict=True):
        try:
            asked += [(own, *each) for each in _judge(constraint, instances, verdicts, own, using)]
        except Exception as error:  # noqa: BLE001  # a deferred column of a row that is gone, a field of the project's own
            log_failure(error)
    found = run_selects([question for _own, _place, question in asked], using) if asked else []
    for (own, place, _question), answer in zip(asked, found, strict=True):
        own[place] = bool(answer)
    return answers


def _judge(
    constraint: ModelConstraint,
    instances: Sequence[Model],
    verdicts: Sequence[Verdict],
    answers: list[bool],
    using: str,
) -> Iterator[tuple[int, Question]]:
    """Put into *answers* what Python knows; yield the places of the other instances, with what to ask about them."""
    answers[:] = [verdict is Verdict.FALSE for verdict in verdicts]
    asked = [place for place, verdict in enumerate(verdicts) if verdict is Verdict.UNDECIDED]
    known = (CheckConstraint.validate, UniqueConstraint.validate, *_get_exclusion())
    if type(constraint.definition).validate not in known:
        for place in asked[:_ROWS]:  # a class of the project's own, which only it can judge
            answers[place] = _is_invalid(constraint, instances[place], using)
        return
    for place in asked:
        question = _try_to_ask(constraint, instances[place], using)
        if question is not None:
            yield place, question


@functools.cache
def _get_exclusion() -> tuple[Any, ...]:
    """Return the `validate` of exclusion constraints; without psycopg there are none, and they cannot be imported."""
    try:
        from django.contrib.postgres.constraints import ExclusionConstraint  # noqa: PLC0415  # see above
    except ImportError:
        return ()
    return (ExclusionConstraint.validate,)


def find_duplicates(constraint: ModelConstraint, instances: Sequence[Model], using: str) -> list[bool]:
    """Return for each of *instances* whether one before it has the same values; a doubt is False."""
    if len(instances) < 2 or not isinstance(constraint.definition, UniqueConstraint):
        return [False] * len(instances)
    try:
        keys = list(_list_keys(constraint, constraint.definition, instances, using))
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


def _try_to_ask(constraint: ModelConstraint, instance: Model, using: str) -> Question | None:
    try:
        return _ask(constraint, instance, using)
    except Exception:  # any code of the project's may run here: fields, lookups, expressions
        logger.debug("One of several questions about a database error failed.", exc_info=True)
        return None


def _ask(constraint: ModelConstraint, instance: Model, using: str) -> Question | None:
    """Return the question that selects a row if *instance* violates the constraint; None if it cannot."""
    if constraint.compares_columns:
        return _ask_about_columns(constraint, instance, using)
    definition: Any = constraint.definition
    values = _map_expressions(constraint, instance)
    if isinstance(definition, CheckConstraint):
        # A CHECK passes on NULL.
        return Question(values, ~Q(Coalesce(definition.condition, True, output_field=BooleanField())))
    conditions = _build_condition(constraint, definition, instance, values)
    if conditions is None:
        return None
    rows = _find_others(constraint, instance, using).filter(conditions)
    if definition.condition is None:
        return Question(values, Q(Exists(rows)))
    # A row for which the condition is NULL is not among those that are compared.
    applies = Q(Coalesce(definition.condition, False, output_field=BooleanField()))
    return Question(values, applies & Q(Exists(rows.filter(definition.condition))))


def _find_others(constraint: ModelConstraint, instance: Any, using: str) -> QuerySet[Any]:
    """Return the rows that *instance* is compared with: all but its own."""
    rows = constraint.model._base_manager.using(using)
    return rows.exclude(pk=instance._get_pk_val(constraint.model._meta)) if _is_stored(constraint, instance) else rows


def _is_stored(constraint: ModelConstraint, instance: Any) -> bool:
    return not instance._state.adding and instance._is_pk_set(constraint.model._meta)


def _ask_about_columns(constraint: ModelConstraint, instance: Model, using: str) -> Question | None:
    """Return the question for a constraint that compares values of columns, and nothing that the database computes.

    Django compiles its SQL once for each shape of it, because that costs more than running it. The SQL is used again
    only if its parameters were the values of the columns, as Django stores them: not for a boolean, which Django puts
    into the SQL itself, or NULL.
    """
    definition: Any = constraint.definition
    fields: list[Any] = [constraint.model._meta.get_field(name) for name in definition.fields]
    if _is_stored(constraint, instance):
        fields.insert(0, constraint.model._meta.pk)  # the row that is excluded
    connection = connections[using]
    values = [field.get_db_prep_value(getattr(instance, field.attname), connection) for field in fields]
    params = [1, *values]  # EXISTS selects 1
    shape = (constraint.model, definition.name, using, len(fields))
    sql = None if None in params else _compiled.get(shape)
    if sql is not None:
        return Question(sql=(sql, params))
    conditions = _build_condition(constraint, definition, instance, {})
    if conditions is None:
        return None
    question = Question(rows=_find_others(constraint, instance, using).filter(conditions))
    compiled = question.compile(using)
    if compiled is None:
        return None
    if list(compiled[1]) == params and None not in params:
        _compiled[shape] = compiled[0]
    return Question(sql=compiled)


def _build_condition(constraint: ModelConstraint, definition: Any, instance: Model, values: dict[str, Any]) -> Q | None:
    """Return the condition for the rows that *instance* clashes with; None where its NULL clashes with nothing."""
    if getattr(definition, "fields", ()):
        conditions = Q()
        for field in (constraint.model._meta.get_field(name) for name in definition.fields):
            value = values[field.name] if _is_generated(field) else getattr(instance, str(field.attname))  # type: ignore[union-attr]  # a column
            if value is None and definition.nulls_distinct is not False:
                return None
            conditions &= (
                _compare(definition, F(field.name), value) if _is_generated(field) else Q(**{field.name: value})
            )
        return conditions
    replacements = {F(name): value for name, value in values.items()}
    conditions = Q()
    for each in definition.expressions:
        expression, operator = (each, None) if isinstance(definition, UniqueConstraint) else each
        expression = F(expression) if isinstance(expression, str) else expression
        left, right = (
            _strip(expression),
            _strip(expression.replace_expressions(replacements)),
        )
        conditions &= _compare(definition, left, right) if operator is None else Q(_operate(left, right, operator))
    return conditions


def _compare(definition: UniqueConstraint, left: Any, right: Any) -> Q:
    same = Q(Exact(left, right))
    return same | Q(IsNull(left, True), IsNull(right, True)) if definition.nulls_distinct is False else same


def _operate(left: Any, right: Any, operator: str) -> Any:
    lookup = PostgresOperatorLookup(left, right)
    lookup.postgres_operator = operator
    return lookup


def _strip(expression: Any) -> Any:
    """Return *expression* without its operator class, which belongs to the index."""
    return getattr(expression, "get_expression_for_validation", lambda: expression)()


def _is_generated(field: Any) -> bool:
    return bool(getattr(field, "generated", False))


def _map_expressions(constraint: ModelConstraint, instance: Any) -> dict[str, Any]:
    # An expression that nobody could work out must not be in the way of the constraints on other columns.
    held = instance.__dict__
    unknown = {
        field.name
        for field in constraint.model._meta.local_concrete_fields
        if hasattr(held.get(field.attname), "resolve_expression")
    }
    expressions: dict[str, Any] = instance._get_field_expression_map(meta=constraint.model._meta, exclude=unknown)
    return expressions


def _is_invalid(constraint: ModelConstraint, instance: Model, using: str) -> bool:
    try:
        with savepoint(using):
            constraint.definition.validate(constraint.model, instance, using=using)
    except ValidationError:
        return True
    except Exception as error:  # noqa: BLE001  # a project's code, and a doubt is no violation
        log_failure(error)
    return False


def _list_keys(
    constraint: ModelConstraint, definition: Any, instances: Sequence[Model], using: str
) -> Iterator[Hashable]:
    """Yield what has to differ between rows; None for a row that is not compared with others."""
    computed = [_list_computed(constraint, definition, instance) for instance in instances]
    parts = [Question(values, None, expression) for values, expressions in computed for expression in expressions]
    answers = iter(run_selects(parts, using, exists=False) if parts else ())
    for instance, (_values, expressions) in zip(instances, computed, strict=True):
        found = [next(answers) for _expression in expressions]
        applies = _applies(definition, instance)
        if applies is Verdict.UNDECIDED:
            applies = Verdict.TRUE if found.pop(0) else Verdict.FALSE
        names = [name for name in definition.fields if not _is_generated(constraint.model._meta.get_field(name))]
        found += [_get_plain_value(constraint.model._meta.get_field(name), instance) for name in names]
        unknown = any(hasattr(each, "resolve_expression") for each in found)
        compared = definition.nulls_distinct is False or None not in found
        yield tuple(map(_make_hashable, found)) if applies is Verdict.TRUE and compared and not unknown else None


def _list_computed(constraint: ModelConstraint, definition: Any, instance: Model) -> tuple[dict[str, Any], list[Any]]:
    """Return the values of *instance*, and the expressions that only the database can work out."""
    undecided = _applies(definition, instance) is Verdict.UNDECIDED
    generated = [name for name in definition.fields if _is_generated(constraint.model._meta.get_field(name))]
    if not (undecided or generated or definition.expressions):
        return {}, []
    condition = [Coalesce(definition.condition, False, output_field=BooleanField())] if undecided else []
    expressions = [*map(F, generated), *map(_strip, definition.expressions)]
    return _map_expressions(constraint, instance), [*condition, *expressions]


def _applies(definition: Any, instance: Model) -> Verdict:
    return Verdict.TRUE if definition.condition is None else holds(definition.condition, instance)


def _get_plain_value(field: Any, instance: Model) -> Any:
    value = getattr(instance, field.attname)
    return value if value is None or hasattr(value, "resolve_expression") else field.to_python(value)


def _make_hashable(value: Any) -> Hashable:
    try:
        hash(value)
    except TypeError:
        return repr(value)
    hashed: Hashable = value
    return hashed
