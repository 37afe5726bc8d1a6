"""Which model declares the constraint that a database names, and whether its violation is the client's doing."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from hardening.integrity import drivers
from hardening.integrity.constraints import ModelConstraint, find_constraints, is_internal
from hardening.integrity.drivers import Diagnosis, Kind
from hardening.integrity.rows import get_table

_PACKAGES = {"site-packages", "dist-packages"}


@dataclass(frozen=True)
class Violation:
    """A violated constraint of *model*, which judges its *fields*.

    *constraint* is None for NOT NULL, for a foreign key, and for a constraint that only `constraint_fields` names.
    *model* is None where SQLite says no more than that a foreign key failed. A foreign key without *fields* is one
    of another row, which refers to a row that was deleted.
    """

    kind: Kind
    model: type[Model] | None
    fields: tuple[str, ...] = ()
    constraint: ModelConstraint | None = None
    name: str = ""

    def is_client_caused(self, models: Collection[type[Model]]) -> bool:
        """Tell whether the client can be told of it: a package's table counts only if it is one of *models*."""
        if self.model is None:
            return True
        own = any(_are_one_object(self.model, each) for each in models)
        return not is_internal(self.model, self.name, self.fields) and (own or not _is_of_a_package(self.model))


def find_violation(
    diagnosis: Diagnosis, connection: BaseDatabaseWrapper, written: type[Model] | None = None
) -> Violation | None:
    """Return the constraint that *diagnosis* names, of *written* rather than another model; None for an unknown one."""
    found = next(_find_violations(diagnosis, written), None)
    if found is None and diagnosis.table:
        with suppress(DatabaseError):  # an aborted transaction cannot be asked for the table that a partition is of
            found = next(_find_violations(drivers.complete(diagnosis, connection), written), None)
    return found


def _find_violations(diagnosis: Diagnosis, written: type[Model] | None) -> Iterator[Violation]:
    models: list[Any] = [each for each in apps.get_models(include_auto_created=True) if not each._meta.proxy]
    if diagnosis.table:
        models = [each for each in models if get_table(each, diagnosis.schema) == (diagnosis.schema, diagnosis.table)]
    elif diagnosis.kind is Kind.FOREIGN_KEY:
        models = []
    find = {Kind.NOT_NULL: _find_nulls, Kind.FOREIGN_KEY: _find_references}.get(diagnosis.kind, _find_constraints)
    for model in sorted(models, key=lambda each: each is not written):
        yield from find(diagnosis, model)


def _find_constraints(diagnosis: Diagnosis, model: type[Model]) -> Iterator[Violation]:
    for constraint in find_constraints(diagnosis, model):
        if constraint.model is model:
            yield Violation(diagnosis.kind, model, constraint.fields, constraint, constraint.definition.name)
    declared = getattr(model, "constraint_fields", {}).get(diagnosis.constraint)
    if declared:
        yield Violation(diagnosis.kind, model, (declared,), name=diagnosis.constraint)


def _find_nulls(diagnosis: Diagnosis, model: type[Model]) -> Iterator[Violation]:
    for field in model._meta.local_concrete_fields:
        if field.column in diagnosis.columns:
            yield Violation(diagnosis.kind, model, (field.name,))


def _find_references(diagnosis: Diagnosis, model: type[Model]) -> Iterator[Violation]:
    own = [
        field.name
        for field in model._meta.local_concrete_fields
        if {field.column} == diagnosis.key and field.is_relation
    ]
    yield Violation(diagnosis.kind, model, tuple(own), name=diagnosis.constraint)


def _are_one_object(model: type[Model], other: type[Model]) -> bool:
    """Tell whether one of them derives from the other, so that an object has a row in the tables of both."""
    return issubclass(model, other) or issubclass(other, model)


def _is_of_a_package(model: type[Model]) -> bool:
    return bool(_PACKAGES.intersection(Path(apps.get_app_config(model._meta.app_label).path).parts))
