"""One write, all or nothing: the transaction around it, what was saved in it, and the lock on what it changes.

A serializer's `save()` is a unit of its own. A viewset opens a unit for every unsafe request on one object,
so that the lock, the write and COMMIT are one transaction; a `save()` in it joins that unit, and a violation,
at COMMIT too, is translated when all is rolled back.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any, Self

import django
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connections, transaction
from django.db.models import Model, QuerySet
from django.db.models.signals import ModelSignal, pre_save
from rest_framework.exceptions import NotFound

from hardening.exceptions import OutcomeUnknown
from hardening.integrity.drivers import DRIVER_ERRORS, DriverError
from hardening.integrity.files import StoredFiles, stored_files
from hardening.integrity.unavailable import is_outcome_unknown

logger = logging.getLogger(__name__)

_WRITE = re.compile(r'\s*(DELETE FROM|(?:INSERT|REPLACE)(?: OR \w+)? INTO|UPDATE)\s+"?([^"\s(]+)', re.IGNORECASE)
# Django 6.0 reads generated columns back after an UPDATE (ticket 27222); before, they kept their old values.
_ARE_KEPT = django.VERSION < (6, 0)

Translator = Callable[[DriverError], Exception]


class Unit:
    """What is known of a running write to the database *using*."""

    def __init__(self, using: str) -> None:
        self.using = using
        self.depth = len(connections[using].atomic_blocks)
        self.saved: list[Model] = []  # in the order of saving, of the models that are watched
        self.locked: list[Model] = []
        self.uncleaned: set[type[Model]] = set()  # whose `clean()` needs what only the write itself knows
        self.translators: list[Translator] = []
        self.is_committing = False
        self.committed = False

    def commit(self) -> None:
        """Note that the data is safe: whatever fails from here on does not reject it."""
        self.committed = True

    def translate(self, error: DriverError) -> Exception:
        """Return what to raise in place of *error*: the answer of the last to write who can explain it.

        A translator that fails is logged and passed over, because its error would hide the one it is about.
        """
        for translate in reversed(self.translators):
            try:
                answer = translate(error)
            except Exception as failure:
                logger.exception("Explaining a database error failed: %s", type(failure).__name__)
                continue
            if answer is not error:
                return answer
        return error

    def lock(self, *instances: Model) -> None:
        """Lock the rows of *instances* until the transaction ends, and bring the instances up to date.

        Saving writes every column back, so a value that was read before the lock would undo what another request
        has changed since. Costs one query for each model. Raises `NotFound` if a row was deleted meanwhile.
        """
        known = {id(each) for each in self.locked}
        by_model: dict[type[Model], list[Model]] = {}
        for instance in instances:
            if id(instance) not in known:
                by_model.setdefault(type(instance), []).append(instance)
        for model, unlocked in by_model.items():
            manager = model._base_manager.using(self.using)
            rows = lock_rows(manager.filter(pk__in=[each.pk for each in unlocked])).order_by("pk")
            found = {row.pk: row for row in rows}
            for instance in unlocked:
                if instance.pk not in found:
                    raise NotFound
                instance.refresh_from_db(from_queryset=_Fetched(found[instance.pk]))  # type: ignore[arg-type]  # its part that is used
                self.locked.append(instance)


class _Fetched:
    """The part of a queryset that `Model.refresh_from_db()` uses, over a row that was fetched before."""

    def __init__(self, row: Model) -> None:
        self.row = row

    def filter(self, **_lookups: Any) -> Self:
        return self

    def only(self, *_fields: str) -> Self:
        return self

    def get(self) -> Model:
        return self.row


def lock_rows(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Return *queryset* with a lock on its rows, and on those of the models that its own derives from."""
    return queryset.select_for_update(of=("self", *_list_parent_links(queryset.model)))


def _list_parent_links(model: type[Model], before: str = "") -> Iterator[str]:
    concrete: Any = model._meta.concrete_model
    for parent, link in concrete._meta.parents.items():
        if link is not None and link.model is concrete:
            yield f"{before}{link.name}"
            yield from _list_parent_links(parent, f"{before}{link.name}__")


_current: ContextVar[Unit | None] = ContextVar("unit", default=None)


@contextmanager
def open_unit(using: str, *, in_transaction: bool = True) -> Iterator[Unit]:
    """Run the block as one transaction, a savepoint within another, and translate a violation after its rollback.

    After every exception, the files of rows that are not stored are deleted too.
    *in_transaction* is False for a single statement, which is a transaction by itself in autocommit mode.
    """
    nested = connections[using].in_atomic_block
    block = transaction.atomic(using=using) if in_transaction or nested else nullcontext()
    current: Unit | None = None
    try:
        with delete_orphans(), block:
            current = Unit(using)
            token = _current.set(current)
            try:
                if not nested and in_transaction:
                    transaction.on_commit(current.commit, using=using)
                yield current
                if nested:
                    _check_deferred_constraints(using)
                current.is_committing = not nested
            finally:
                _current.reset(token)
    except DRIVER_ERRORS as error:
        if current is None or current.committed:
            raise
        may_be_written = not nested and (current.is_committing or not in_transaction)
        if may_be_written and is_outcome_unknown(error, connections[using], at_commit=current.is_committing):
            raise OutcomeUnknown from error
        answer = current.translate(error)
        if answer is error:
            raise
        raise answer from error


@contextmanager
def join_unit(using: str, *, in_transaction: bool = True) -> Iterator[Unit]:
    """Join the running unit, or open one; within a savepoint opened since, that is a unit of its own."""
    current = _current.get()
    if current is not None and current.using == using and current.depth == len(connections[using].atomic_blocks):
        yield current
        return
    with open_unit(using, in_transaction=in_transaction) as current:
        yield current


_watched: dict[type[Model], bool] = {}  # and whether others had listened to `pre_save` before


def watch(model: type[Model]) -> None:
    """Have units record the instances of *model* that reach `Model.save()`."""
    if model not in _watched:
        _watched[model] = pre_save.has_listeners(model)
        pre_save.connect(_record, sender=model, dispatch_uid="hardening.integrity.transactions")


def has_listeners(signal: ModelSignal, model: type[Model]) -> bool:
    """Tell whether anyone but this module listens to *signal* of *model*."""
    if signal is pre_save and model in _watched:
        return _watched[model]
    return signal.has_listeners(model)


class Unclean(ValidationError):
    """What `Model.clean()` of *instance* said while it was being saved."""

    def __init__(self, instance: Model, error: ValidationError) -> None:
        super().__init__(error)
        self.instance = instance


def _record(sender: type[Model], instance: Model, using: str, **_kwargs: Any) -> None:
    current = _current.get()
    if current is None or current.using != using:
        return
    current.saved.append(instance)
    if sender in current.uncleaned:
        try:
            instance.clean()
        except ValidationError as error:
            raise Unclean(instance, error) from error


def _check_deferred_constraints(using: str) -> None:
    # A violation must be found now, not at the caller's COMMIT, where nobody knows the fields any more. SQLite can
    # only search whole tables for it, so there a foreign key of a nested write speaks at the outer COMMIT.
    if connections[using].vendor == "postgresql":
        connections[using].check_constraints()


@contextmanager
def delete_orphans() -> Iterator[StoredFiles]:
    """Run the block, which writes; then delete each file that it stored for a row that is not there.

    A block within another one leaves that to the outer one, which may write the row again.
    """
    outer = stored_files.get()
    if outer is not None:
        yield outer
        return
    files = StoredFiles()
    token = stored_files.set(files)
    try:
        yield files
    except BaseException:
        files.failed = True
        raise
    finally:
        stored_files.reset(token)
        if files:
            files.delete_orphans()


class Writes:
    """The tables of each SQLite database in which rows were stored, and those in which rows were deleted."""

    def __init__(self) -> None:
        self._stored: set[tuple[str, str]] = set()
        self._deleted: set[tuple[str, str]] = set()

    def note(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # Django's
        """Execute a statement, and note which table it writes to."""
        if found := _WRITE.match(sql):
            tables = self._deleted if found[1].upper().startswith("DELETE") else self._stored
            tables.add((context["connection"].alias, found[2]))
        return execute(sql, params, many, context)

    def stored(self, using: str) -> list[type[Model]]:
        """Return the models with rows that were inserted or updated in the database *using*."""
        return _list_models(self._stored, using)

    def deleted(self, using: str) -> list[type[Model]]:
        """Return the models with rows that were deleted from the database *using*."""
        return _list_models(self._deleted, using)


def _list_models(tables: set[tuple[str, str]], using: str) -> list[type[Model]]:
    models: Any = apps.get_models(include_auto_created=True)
    return [each for each in models if not each._meta.proxy and (using, each._meta.db_table) in tables]


@contextmanager
def note_writes() -> Iterator[Writes]:
    """Run the block, and note the tables that it writes to in SQLite databases."""
    writes = Writes()
    watched = [connection for connection in connections.all() if connection.vendor == "sqlite"]
    if not watched:
        yield writes
        return
    with ExitStack() as stack:
        for connection in watched:
            stack.enter_context(connection.execute_wrapper(writes.note))
        yield writes


def defer_computed(instance: Model, *, changed: bool) -> None:
    """Defer what *instance*, which was just saved, cannot know: expressions, and generated columns after a change.

    It is read when something shows it, with one query.
    """
    values = instance.__dict__
    for field in instance._meta.concrete_fields:
        is_expression = hasattr(values.get(field.attname), "resolve_expression")
        if is_expression or (changed and field.generated and _ARE_KEPT):
            values.pop(field.attname, None)
