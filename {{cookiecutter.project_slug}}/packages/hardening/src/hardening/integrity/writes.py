"""How a serializer's `save()` writes: judge in Python what is certain, write as one unit, explain a refusal."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist, ValidationError as DjangoValidationError
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.models import Manager, Model, QuerySet
from django.db.models.signals import post_save, pre_save
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.serializers import (
    BaseSerializer,
    ListSerializer,
    ModelSerializer,
    Serializer,
    as_serializer_error,
)

from hardening.exceptions import details
from hardening.integrity.computed import defer_computed
from hardening.integrity.conditions import certainly_violated
from hardening.integrity.constraints import promises
from hardening.integrity.drivers import DriverError
from hardening.integrity.fallback import explain_by_driver
from hardening.integrity.refusals import explain
from hardening.integrity.rows import (
    Item,
    Path,
    Row,
    candidate,
    items,
    model_errors,
    refused,
    rows,
)
from hardening.integrity.selects import log_failure, savepoint
from hardening.integrity.transactions import Unit, has_listeners, joined, watch

_Method = TypeVar("_Method", bound=Callable[..., Any])

_AS_GIVEN: set[Any] = {
    getattr(cls, name)
    for cls in (BaseSerializer, ListSerializer, ModelSerializer, Serializer)
    for name in ("create", "update")
} | {Model.save, Model.save_base}


def writes_as_given(method: _Method) -> _Method:
    """Register *method*, a `create()`, `update()` or `save()`, as one that writes what it is given and nothing else.

    An overridden method is not registered, in whatever module it stands, and even if its decorator copies the
    attributes of the method that it wraps: that is why this is a set, and not an attribute of the method.
    """
    _AS_GIVEN.add(method)
    return method


def database_of(serializer: Any) -> str:
    """Return the alias of the database that a *serializer* without a model writes to: its instance's, or its view's."""
    queryset = getattr(serializer.context.get("view"), "queryset", None)
    model = type(serializer.instance) if isinstance(serializer.instance, Model) else getattr(queryset, "model", None)
    return DEFAULT_DB_ALIAS if model is None else str(router.db_for_write(model))


@contextmanager
def written(root: Any, model: type[Model], data: Any) -> Iterator[None]:
    """Run the block, which writes *data* for the serializer *root*, as one unit explained in *root*'s keys.

    What `Model.clean()` changes is put into *data*. Raises `ValidationError` for what the rules of the model
    or of the database refuse, `NotFound` where the row to change is gone, and `TryAgain`.
    """
    instance = root.instance if isinstance(root.instance, Model) else None
    plain = _writes_as_given(root, model)
    found = list(items(root, data))
    unjudged = _judge(root, found, None, certain=plain) if root.instance is None else set()
    if len(found) > 1 or not plain:
        for item in found:
            watch(item.serializer.Meta.model)
    alone = plain and root.instance is None and _is_one_statement(model, found)
    memory = _Memory(root, certain=plain)
    using = router.db_for_write(model, instance=instance) if instance is not None else router.db_for_write(model)
    with joined(using, in_transaction=not alone) as unit:
        unit.explanations.append(lambda error: _explained(error, root, found, unit, memory))
        if root.instance is not None:
            _lock(unit, root, data)
            memory = _Memory(root, certain=plain)
        if instance is not None:  # of a list, only the list knows what each row changes
            unjudged = _judge(root, found, instance, certain=plain)
        unit.unjudged |= unjudged
        found = [replace(item, values=dict(item.values)) for item in found]  # create() may take them apart
        for table in _judged_late(found, using):
            unit.take_turns(table)
        changed = root.instance is not None
        with _reporting(root, found, unit, memory):
            yield
        if isinstance(root.instance, Model):
            defer_computed(root.instance, changed=changed)


@contextmanager
def _reporting(root: Any, found: Sequence[Item], unit: Unit, memory: "_Memory") -> Iterator[None]:
    """Run the block; report the validation errors that it raises under *root*'s keys."""
    try:
        yield
    except DjangoValidationError as error:
        answer = _translated(error, root, found, unit, memory)
        memory.restore()
        raise answer from error
    except ValidationError as error:
        memory.restore()
        root._errors = as_serializer_error(error)
        error.detail = root.errors
        raise


def _lock(unit: Unit, root: Any, data: Any) -> None:
    """Lock the rows that *root* changes, and then those behind a relation to one that *data* writes into."""
    stored = root.instance if hasattr(root, "child") else [root.instance]
    changed = [each for each in (stored.all() if isinstance(stored, Manager) else stored) if isinstance(each, Model)]
    unit.lock(*(each for each in changed if not each._state.adding))
    if isinstance(data, Mapping):
        unit.lock(*(related for each in changed for related in _written_along(each, data)))


def _written_along(instance: Model, values: Mapping[str, Any]) -> Iterator[Model]:
    for name, value in values.items():
        related = getattr(instance, name, None) if isinstance(value, Mapping) else None
        if isinstance(related, Model):
            yield related
            yield from _written_along(related, value)


def _writes_as_given(root: Any, model: type[Model]) -> bool:
    """Tell whether the validated values are exactly what will be written."""
    child = getattr(root, "child", root)
    methods = [getattr(type(each), name) for each in (root, child) for name in ("create", "update")]
    manager: Any = model._default_manager
    return (
        all(method in _AS_GIVEN for method in (*methods, model.save, model.save_base))
        and type(manager).create is Manager.create
        and manager._queryset_class.create is QuerySet.create
        and not has_listeners(pre_save, model)
    )


def _is_one_statement(model: type[Model], found: Sequence[Item]) -> bool:
    """Tell whether a plain create is a single INSERT, which needs no transaction around it."""
    if len(found) != 1 or found[0].path or model._meta.parents or has_listeners(post_save, model):
        return False
    if any(promise.judged_late for promise in promises(model)):
        return False
    return not any(isinstance(value, list | tuple | set) for value in found[0].values.values())


def _judged_late(found: Sequence[Item], using: str) -> list[str]:
    """Return the tables to be written with rules that PostgreSQL judges after the row is in."""
    if connections[using].vendor != "postgresql":
        return []
    models = [item.serializer.Meta.model for item in found]
    tables = {each.model._meta.db_table for model in models for each in promises(model) if each.judged_late}
    return sorted(tables)


def _judge(root: Any, found: Sequence[Item], instance: Model | None, *, certain: bool) -> set[type[Model]]:
    """Apply `Model.clean()`, and the checks where Python is *certain*, to what needs no query.

    Returns the models whose `clean()` has to wait for the write itself: objects nested in others, whose
    relation to their parent is not known yet, and those that miss another relation.
    """
    errors: list[tuple[Path, str | int, ErrorDetail]] = []
    waiting = set()
    for item in found:
        model = item.serializer.Meta.model
        cleans = model.clean is not Model.clean
        if any(isinstance(part, str) for part in item.path):
            waiting |= {model} if cleans else set()
            continue
        checks = [each for each in promises(model) if certain and not each.unique]
        if not cleans and not checks:
            continue
        row = Row(**vars(item), instance=candidate(item, None if item.path else instance))
        errors += [row.error(each) for each in checks if certainly_violated(each.constraint, row.instance)]
        try:
            errors += _cleaned(row)
        except ObjectDoesNotExist:
            waiting.add(model)
    if errors:
        raise refused(root, errors)
    return waiting


def _cleaned(row: Row) -> list[tuple[Path, str | int, ErrorDetail]]:
    """Return the errors of `Model.clean()`; put what it changed into the row's values."""
    fields = [field for field in row.model._meta.concrete_fields if not field.generated]
    before = [getattr(row.instance, field.attname) for field in fields]
    try:
        row.instance.clean()
    except DjangoValidationError as error:
        return list(model_errors(row, error))
    except ValidationError as error:
        found = as_serializer_error(error)
        return [((*row.path, *path[:-1]), path[-1], detail) for path, detail in details(found)]
    for field, value in zip(fields, before, strict=True):
        if getattr(row.instance, field.attname) != value:
            row.values[field.name] = getattr(row.instance, field.name)
    return []


def _explained(error: DriverError, root: Any, found: Sequence[Item], unit: Unit, memory: "_Memory") -> Exception:
    """Return the explanation of *error*; where explaining fails itself, what the driver tells must do."""
    try:
        with savepoint(unit.using):
            return explain(error, rows(found, unit.saved, memory.instance, certain=memory.certain), root, unit.using)
    except Exception as failure:  # noqa: BLE001  # it reads instances and calls the project's code, which may do anything
        log_failure(failure)
        return explain_by_driver(error, found, unit.using)
    finally:
        memory.restore()


def _translated(
    error: DjangoValidationError, root: Any, found: Sequence[Item], unit: Unit, memory: "_Memory"
) -> ValidationError:
    """Return DRF's error for a model's *error*, under the field names of the body where they can be found."""
    try:
        row = _row_of(error, rows(found, unit.saved, memory.instance, certain=memory.certain))
        return refused(root, model_errors(row, error))
    except Exception as failure:  # noqa: BLE001  # as above
        log_failure(failure)
        return ValidationError(as_serializer_error(error))


def _row_of(error: DjangoValidationError, written_rows: Sequence[Row]) -> Row:
    """Return the row whose `clean()` or `save()` raised *error*."""
    culprit = getattr(error, "instance", None)
    for row in written_rows:
        if row.instance is culprit or (culprit is None and not row.saved):
            return row
    return written_rows[-1]


class _Memory:
    """The serializer's instance as it was, to put back when its write failed."""

    def __init__(self, root: Any, *, certain: bool) -> None:
        self.root = root
        self.certain = certain
        self.instance: Model | None = root.instance if isinstance(root.instance, Model) else None
        if self.instance is not None:
            self.attributes = self.instance.__dict__.copy()
            self.cache = self.instance._state.fields_cache.copy()

    def restore(self) -> None:
        self.root.instance = self.instance
        if self.instance is not None:
            self.instance.__dict__.clear()
            self.instance.__dict__.update(self.attributes)
            self.instance._state.fields_cache = self.cache.copy()
