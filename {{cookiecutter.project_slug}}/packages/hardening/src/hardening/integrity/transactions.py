"""One write, all or nothing: the transaction around it, what was saved in it, and the lock on what it changes.

A serializer's `save()` is a unit of its own. A viewset opens a unit for every unsafe request on one object,
so that the lock, the write and COMMIT are one transaction; a `save()` in it joins that unit, and a refusal,
at COMMIT too, is explained when all is rolled back.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import connections, transaction
from django.db.models import Model, QuerySet
from django.db.models.signals import ModelSignal, pre_save
from rest_framework.exceptions import NotFound

from hardening.integrity.drivers import DRIVER_ERRORS, DriverError
from hardening.integrity.files import delete_orphans

logger = logging.getLogger(__name__)

Explanation = Callable[[DriverError], Exception]


class Unit:
    """What is known of a running write to the database *using*."""

    def __init__(self, using: str) -> None:
        self.using = using
        self.depth = len(connections[using].atomic_blocks)
        self.saved: list[Model] = []  # in the order of saving, of the models that are watched
        self.locked: list[Model] = []
        self.unjudged: set[type[Model]] = set()  # whose `clean()` needs what only the write itself knows
        self.explanations: list[Explanation] = []
        self.committed = False

    def commit(self) -> None:
        """Note that the data is safe: whatever fails from here on is no refusal of it."""
        self.committed = True

    def explain(self, error: DriverError) -> Exception:
        """Return what to raise in place of *error*: the answer of the last to write who can explain it.

        An explanation that fails is logged and passed over, because its error would hide the one it is about.
        """
        for explanation in reversed(self.explanations):
            try:
                answer = explanation(error)
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
            rows = locked(manager.filter(pk__in=[each.pk for each in unlocked])).order_by("pk")
            found = {row.pk: row for row in rows}
            for instance in unlocked:
                if instance.pk not in found:
                    raise NotFound
                instance.refresh_from_db(from_queryset=_Fetched(found[instance.pk]))  # type: ignore[arg-type]  # its part that is used
                self.locked.append(instance)

    def take_turns(self, table: str) -> None:
        """Have writers of *table* wait for each other until the transaction ends (PostgreSQL).

        Racing duplicates under a deferrable rule, or an exclusion constraint, all get in before they are judged,
        and then wait for each other: a deadlock, which tells nobody what is wrong.
        """
        with connections[self.using].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [table])


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


def locked(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Return *queryset* with a lock on its rows, and on those of the models that its own derives from."""
    return queryset.select_for_update(of=("self", *_parent_links(queryset.model)))


def _parent_links(model: type[Model], before: str = "") -> Iterator[str]:
    concrete: Any = model._meta.concrete_model
    for parent, link in concrete._meta.parents.items():
        if link is not None and link.model is concrete:
            yield f"{before}{link.name}"
            yield from _parent_links(parent, f"{before}{link.name}__")


_current: ContextVar[Unit | None] = ContextVar("unit", default=None)


@contextmanager
def unit(using: str, *, in_transaction: bool = True) -> Iterator[Unit]:
    """Run the block as one transaction, a savepoint within another, and explain a refusal after its rollback.

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
            finally:
                _current.reset(token)
    except DRIVER_ERRORS as error:
        if current is None or current.committed:
            raise
        answer = current.explain(error)
        if answer is error:
            raise
        raise answer from error


@contextmanager
def joined(using: str, *, in_transaction: bool = True) -> Iterator[Unit]:
    """Join the running unit, or open one; within a savepoint opened since, that is a unit of its own."""
    current = _current.get()
    if current is not None and current.using == using and current.depth == len(connections[using].atomic_blocks):
        yield current
        return
    with unit(using, in_transaction=in_transaction) as current:
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
    if sender in current.unjudged:
        try:
            instance.clean()
        except ValidationError as error:
            raise Unclean(instance, error) from error


def _check_deferred_constraints(using: str) -> None:
    # A refusal must come now, not at the caller's COMMIT, where nobody knows the fields any more. SQLite can
    # only search whole tables for it, so there a foreign key of a nested write speaks at the outer COMMIT.
    if connections[using].vendor == "postgresql":
        connections[using].check_constraints()
