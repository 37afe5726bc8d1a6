"""How a serializer's `save()` writes: prepare, lock, write, and translate what the model or the database rejects."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
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

from hardening.exceptions import TryAgain, details
from hardening.integrity.candidates import Path, check_candidate, find_items
from hardening.integrity.constraints import get_constraints
from hardening.integrity.drivers import DriverError
from hardening.integrity.explanations import find_errors, translate_by_driver
from hardening.integrity.reporting import nest, report, report_model_errors
from hardening.integrity.rows import Row, build_rows
from hardening.integrity.selects import log_failure, savepoint
from hardening.integrity.transactions import Unit, defer_computed, has_listeners, join_unit, watch
from hardening.integrity.turns import take_turns

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


# DRF's private state of a serializer is read and set in the next three functions only.


def has_valid_data(serializer: Any) -> bool:
    """Tell whether *serializer* validated its data and found no error; those of a write before are forgotten."""
    if vars(serializer).pop("_was_rejected", False):
        serializer._errors = {}
    return hasattr(serializer, "_validated_data") and not serializer._errors


def set_valid_data(serializer: Any, values: Any) -> None:
    """Have *serializer* write *values*, as if it had validated them."""
    serializer._errors, serializer._validated_data = {}, values


def reject(serializer: Any, detail: Any) -> ValidationError:
    """Return the error with *detail*, which *serializer* keeps for the forms of the browsable API."""
    serializer._errors, serializer._was_rejected = detail, True
    return ValidationError(serializer.errors)


@contextmanager
def write_unit(serializer: Any, model: type[Model], data: Any) -> Iterator[None]:
    """Run the block, which writes *data* for *serializer*, as one transaction.

    What `Model.clean()` changes is put into *data*. Raises `ValidationError`, under the serializer's own field names,
    for what the model or the database rejects, `NotFound` if the row to change is gone, and `TryAgain`.
    """
    write = _Write(serializer, model, data)
    write.prepare()
    with join_unit(write.using, in_transaction=not write.is_one_statement()) as unit:
        unit.translators.append(partial(write.translate_violation, unit))
        write.lock(unit)
        is_change = serializer.instance is not None
        try:
            yield
        except DjangoValidationError as error:
            raise write.translate_model_error(unit, error) from error
        except ValidationError as error:
            write.restore()
            reject(serializer, as_serializer_error(error))
            error.detail = serializer.errors
            raise
        if isinstance(serializer.instance, Model):
            defer_computed(serializer.instance, changed=is_change)


class _Write:
    """One `save()` of *serializer*, in the order in which it happens: prepare, lock, write, translate."""

    def __init__(self, serializer: Any, model: type[Model], data: Any) -> None:
        self.serializer, self.model, self.data = serializer, model, data
        self.is_plain = _writes_as_given(serializer, model)
        self.items = list(find_items(serializer, data))
        self.uncleaned: set[type[Model]] = set()
        self.stored = serializer.instance  # None, one instance, or those of a list
        self.instance: Model | None = self.stored if isinstance(self.stored, Model) else None
        hints = {} if self.instance is None else {"instance": self.instance}
        self.using = str(router.db_for_write(model, **hints))
        self.remember()

    def prepare(self) -> None:
        """Validate what needs no query, and have the instances recorded that will be saved."""
        if self.serializer.instance is None:
            self.validate(None)
        if len(self.items) > 1 or not self.is_plain:
            for item in self.items:
                watch(item.serializer.Meta.model)

    def is_one_statement(self) -> bool:
        """Tell whether the write is a single INSERT, which needs no transaction around it."""
        if not self.is_plain or self.serializer.instance is not None or len(self.items) != 1 or self.items[0].path:
            return False
        if any(isinstance(value, list | tuple | set) for value in self.items[0].values.values()):
            return False
        is_late = self.model._meta.parents or any(each.checked_late for each in get_constraints(self.model))
        return not is_late and not has_listeners(post_save, self.model)

    def lock(self, unit: Unit) -> None:
        """Lock the rows that change, bring them up to date, and validate the change of a single one."""
        if self.serializer.instance is not None:
            _lock_rows(unit, self.serializer, self.data)
            self.remember()
        if self.instance is not None:  # of a list, only the list knows what each row changes
            self.validate(self.instance)
        unit.uncleaned |= self.uncleaned
        self.items = [replace(item, values=dict(item.values)) for item in self.items]  # create() may take them apart
        if connections[self.using].vendor == "postgresql":
            certain = self.is_plain and (self.stored is None or self.instance is not None)
            take_turns(self.items, self.instance, self.using, certain=certain)

    def validate(self, instance: Model | None) -> None:
        """Validate by `Model.clean()`, and by those constraints that Python can judge with certainty.

        The models whose `clean()` has to wait for the write itself are noted as *uncleaned*: objects nested in others,
        whose relation to their parent is not known yet, and those that miss another relation.
        """
        errors: list[tuple[Path, str | int, ErrorDetail]] = []
        for item in self.items:
            model = item.serializer.Meta.model
            cleans = model.clean is not Model.clean
            if any(isinstance(part, str) for part in item.path):
                self.uncleaned |= {model} if cleans else set()
                continue
            checks = [each for each in get_constraints(model) if self.is_plain and not each.unique]
            if not cleans and not checks:
                continue
            candidate, violated, error = check_candidate(item, None if item.path else instance, checks)
            if violated or error is not None:
                row = Row(**vars(item), instance=candidate)
                errors += [report(row, each) for each in violated]
                errors += _report_clean(row, error)
            if isinstance(error, ObjectDoesNotExist):
                self.uncleaned.add(model)
        if errors:
            raise reject(self.serializer, nest(errors))

    def translate_violation(self, unit: Unit, error: DriverError) -> Exception:
        """Return what to raise in place of *error*; if finding that fails itself, what the driver tells must do."""
        try:
            with savepoint(unit.using):
                rows = build_rows(self.items, unit.saved, self.instance, certain=self.is_plain)
                errors = find_errors(error, rows, unit.using)
            return reject(self.serializer, nest(errors)) if errors else error
        except TryAgain as busy:
            return busy
        except Exception as failure:  # noqa: BLE001  # it reads instances and calls the project's code
            log_failure(failure)
            return translate_by_driver(error, self.items, unit.using)
        finally:
            self.restore()

    def translate_model_error(self, unit: Unit, error: DjangoValidationError) -> ValidationError:
        """Return DRF's error for a model's *error*, under the field names of the body where they can be found."""
        try:
            rows = build_rows(self.items, unit.saved, self.instance, certain=self.is_plain)
            row = _find_row(error, rows)
            return reject(self.serializer, nest(report_model_errors(row, error)))
        except Exception as failure:  # noqa: BLE001  # as above
            log_failure(failure)
            return ValidationError(as_serializer_error(error))
        finally:
            self.restore()

    def remember(self) -> None:
        """Keep the serializer's instance as it is, to put it back if the write fails."""
        if self.instance is not None:
            self.attributes = self.instance.__dict__.copy()
            self.cache = self.instance._state.fields_cache.copy()

    def restore(self) -> None:
        """Put the serializer's instance back as it was."""
        self.serializer.instance = self.stored
        if self.instance is not None:
            self.instance.__dict__.clear()
            self.instance.__dict__.update(self.attributes)
            self.instance._state.fields_cache = self.cache.copy()


def _lock_rows(unit: Unit, serializer: Any, data: Any) -> None:
    """Lock the rows that *serializer* changes, and then those behind a relation to one that *data* writes into."""
    stored = serializer.instance if hasattr(serializer, "child") else [serializer.instance]
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


def _writes_as_given(serializer: Any, model: type[Model]) -> bool:
    """Tell whether the validated values are exactly what will be written."""
    child = getattr(serializer, "child", serializer)
    methods = [getattr(type(each), name) for each in (serializer, child) for name in ("create", "update")]
    manager: Any = model._default_manager
    return (
        all(method in _AS_GIVEN for method in (*methods, model.save, model.save_base))
        and type(manager).create is Manager.create
        and manager._queryset_class.create is QuerySet.create
        and not has_listeners(pre_save, model)
    )


def _report_clean(row: Row, error: Exception | None) -> list[tuple[Path, str | int, ErrorDetail]]:
    """Return the errors of `Model.clean()`; none where it needs what only the write itself knows."""
    if isinstance(error, DjangoValidationError):
        return list(report_model_errors(row, error))
    if isinstance(error, ValidationError):
        found = as_serializer_error(error)
        return [((*row.path, *path[:-1]), path[-1], detail) for path, detail in details(found)]
    return []


def _find_row(error: DjangoValidationError, written_rows: Sequence[Row]) -> Row:
    """Return the row whose `clean()` or `save()` raised *error*."""
    culprit = getattr(error, "instance", None)
    for row in written_rows:
        if row.instance is culprit or (culprit is None and not row.saved):
            return row
    return written_rows[-1]
