"""Violations that a request causes by whatever it writes, where no serializer explains them: see docs/validation.md.

A view may save objects by itself, a signal may write another table, and a plain serializer knows no model. Nothing
here runs before a request has failed.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DO_NOTHING, Model
from django.db.models.sql import DeleteQuery, InsertQuery, Query
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.permissions import SAFE_METHODS

from hardening.exceptions import Code
from hardening.integrity import drivers
from hardening.integrity.compiled_updates import CompiledUpdate
from hardening.integrity.declaring_models import Violation, find_violation
from hardening.integrity.drivers import Diagnosis, Kind
from hardening.integrity.in_use import build_in_use, find_referrers
from hardening.integrity.reported_fields import Leaf, find_leaves, find_place

logger = logging.getLogger(__name__)

_KINDS = (Kind.UNIQUE, Kind.EXCLUSION, Kind.CHECK, Kind.NOT_NULL, Kind.FOREIGN_KEY)

# Django runs these hooks after the COMMIT, or at once where there is no transaction.
_AFTER_COMMIT = {BaseDatabaseWrapper.run_and_clear_commit_hooks.__code__, BaseDatabaseWrapper.on_commit.__code__}


@dataclass(frozen=True)
class Failure:
    """A statement, or a COMMIT, of a request that violated a constraint."""

    view: Any
    request: Any
    diagnosis: Diagnosis
    using: str
    query: Query | None
    """Django's query, if it made the statement; None at COMMIT."""

    @property
    def serializers(self) -> Sequence[Any]:
        """The serializers that validated input of this request, in that order."""
        found: Sequence[Any] = getattr(self.request, "validating_serializers", ())
        return found

    @property
    def deletes(self) -> bool:
        """Whether it is a deletion that fails, as far as that is known."""
        if self.query is None:
            if self.writes is not None and (self.deleted_models or self.stored_models):
                return not self.stored_models
            return bool(self.request.method == "DELETE")
        return isinstance(self.query, DeleteQuery) or (
            self.request.method == "DELETE" and not isinstance(self.query, InsertQuery)
        )

    @property
    def writes(self) -> Any:
        """What the handler wrote to, as far as it was noted: a COMMIT in SQLite says nothing of it."""
        return getattr(self.view, "writes", None) if self.query is None and not self.diagnosis.table else None

    @property
    def stored_models(self) -> list[type[Model]]:
        return self.writes.stored(self.using) if self.writes is not None else []

    @property
    def deleted_models(self) -> list[type[Model]]:
        return self.writes.deleted(self.using) if self.writes is not None else []

    def locked(self) -> Sequence[Model]:
        """Return the objects that the request locked; one without a primary key has been deleted since."""
        return getattr(getattr(self.view, "unit", None), "locked", ())

    def leaves(self, violation: Violation) -> list[Leaf]:
        """Return the values of the request body that *violation* judges."""
        model = getattr(getattr(self.view, "queryset", None), "model", None)
        return find_leaves(violation, self.serializers, self.request.data, model)

    def models(self) -> list[type[Model]]:
        """Return the models that the view and its serializers are about."""
        queryset = getattr(self.view, "queryset", None)
        metas = [getattr(getattr(each, "child", each), "Meta", None) for each in self.serializers]
        found = [getattr(each, "model", None) for each in (queryset, *metas)]
        return [each for each in dict.fromkeys(found) if each is not None]

    def models_that_refer(self) -> Iterable[type[Model]]:
        """Return the models of which a row may refer to a missing one: those noted, or the view's, or else all."""
        if self.stored_models or self.deleted_models:
            return self.stored_models
        return self.models() or apps.get_models()


def translate_violation(error: DatabaseError, view: Any, request: Any) -> Exception:
    """Return what to raise in place of *error*, which the handler of *view* raised, or *error* itself.

    It is the client's doing if an unsafe request was being handled, a model declares the constraint, and that model
    is one of the project's own, or the view's, and does not list it in `internal_constraints`.
    """
    if request.method in SAFE_METHODS or not getattr(view, "is_handling", True):
        return error
    compiler, committed = _read_traceback(error)
    if committed:
        return error
    failed: Any = compiler or getattr(view, "unit", None)
    for connection in [connections[failed.using]] if failed else connections.all(initialized_only=True):
        diagnosis = drivers.diagnose(error, connection)
        if diagnosis is not None and diagnosis.kind in _KINDS:
            query = compiler.query if compiler else None
            return _try_to_translate(Failure(view, request, diagnosis, connection.alias, query)) or error
    return error


def _try_to_translate(failure: Failure) -> Exception | None:
    """Return the explanation of *failure*; where that fails, log why and leave the violation a server error."""
    try:
        return _translate(failure)
    except Exception:  # it calls the project's serializers, messages and managers
        logger.exception("Explaining a violation failed.")
        return None


def _translate(failure: Failure) -> Exception | None:
    violation = _find_violation(failure)
    if violation is None or not violation.is_client_caused(failure.models()):
        return None
    if _is_in_use(violation, failure):
        return build_in_use(_find_holders(violation, failure))
    leaves = failure.leaves(violation)
    if violation.kind is Kind.NOT_NULL and not leaves and failure.serializers:
        return None  # the serializer says what a client may send, and this column is not part of it
    logger.warning("A constraint was violated by a write that no serializer explains: %s", _describe(violation))
    *path, key = _find_place(violation, leaves)
    detail: Any = [_build_detail(violation, leaves, failure)]
    for part in (key, *reversed(path)):
        detail = {part: detail}
    return ValidationError(detail)


def _read_traceback(error: DatabaseError) -> tuple[SQLCompiler | CompiledUpdate | None, bool]:
    """Return the compiler of the statement that raised *error*, and whether a hook after COMMIT made it.

    Only the traceback has this: SQLite names no table for a foreign key, and a driver knows nothing of hooks.
    """
    compiler: SQLCompiler | CompiledUpdate | None = None
    committed = False
    step = error.__traceback__
    while step is not None:
        local = step.tb_frame.f_locals.get("self")
        compiler = local if isinstance(local, SQLCompiler | CompiledUpdate) else compiler
        committed = committed or step.tb_frame.f_code in _AFTER_COMMIT
        step = step.tb_next
    return compiler, committed


def _find_violation(failure: Failure) -> Violation | None:
    written = getattr(failure.query, "model", None)
    found = find_violation(failure.diagnosis, connections[failure.using], written)
    if found is not None or failure.diagnosis.kind is not Kind.FOREIGN_KEY or failure.diagnosis.table:
        return found
    # SQLite says no more than that: look for what the request names and what is not there.
    for model in failure.models_that_refer():
        for field in model._meta.concrete_fields:
            violation = Violation(Kind.FOREIGN_KEY, model, (field.name,))
            if field.is_relation and _names_nothing(violation, field, failure):
                return violation
    return Violation(Kind.FOREIGN_KEY, written)


def _names_nothing(violation: Violation, field: Any, failure: Failure) -> bool:
    """Tell whether the request gives *field*, a relation, the key of an object that is not there."""
    values = [value for leaf in failure.leaves(violation) for value in _read_sent(leaf, failure)]
    values += [getattr(each, field.attname, None) for each in getattr(failure.query, "objs", ())]
    stored = field.related_model._base_manager.using(failure.using)
    try:
        return any(
            value is not None and not stored.filter(**{field.target_field.name: value}).exists() for value in values
        )
    except (DatabaseError, TypeError, ValueError):  # an aborted transaction, or a value that is not a key
        return False


def _read_sent(leaf: Leaf, failure: Failure) -> Iterator[Any]:
    """Yield the value of *leaf* in the request body."""
    value = failure.request.data
    for part in (*leaf.path, leaf.key):
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(value, str | int):
        yield value


def _is_in_use(violation: Violation, failure: Failure) -> bool:
    is_missing = failure.query is None and violation.kind is Kind.FOREIGN_KEY and violation.fields
    if is_missing and failure.leaves(violation):
        return False  # COMMIT misses the row that the client names
    if failure.deletes:
        return True
    if violation.kind is not Kind.FOREIGN_KEY:
        return False
    if any(each.pk is None for each in failure.locked()):
        return True
    refers_to_key = bool(failure.diagnosis.table and failure.diagnosis.key)
    deleted = bool(failure.deleted_models)  # beside rows that refer to nothing missing
    return not violation.fields and (refers_to_key or deleted or bool(_find_holders(violation, failure)))


def _find_holders(violation: Violation, failure: Failure) -> list[Any]:
    """Return the models whose rows refer to what is deleted, as far as they are known."""
    if violation.model is not None and failure.diagnosis.table:
        return [violation.model]
    found: list[Any] = []
    for instance in failure.locked():
        if instance.pk is not None:
            found += find_referrers(failure.diagnosis, instance, failure.using)
    return found or _find_possible_holders(failure)


def _find_possible_holders(failure: Failure) -> list[Any]:
    """Return the only model whose rows may refer to deleted rows without that Django sees to them, if it is one."""
    relations = [each for model in failure.deleted_models for each in model._meta.related_objects]
    models = {each.related_model for each in relations if each.on_delete is DO_NOTHING}
    return list(models) if len(models) == 1 else []


def _find_place(violation: Violation, leaves: Sequence[Leaf]) -> tuple[Any, ...]:
    if violation.kind is Kind.NOT_NULL and not leaves:
        return violation.fields  # the client did not send it, and nothing says under which name it would
    path, key = find_place(leaves)
    return (*path, key)


def _build_detail(violation: Violation, leaves: Sequence[Leaf], failure: Failure) -> ErrorDetail:
    fields = [leaf.field for leaf in leaves if leaf.field is not None]
    messages: Mapping[str, Any] = fields[0].error_messages if len(fields) == 1 else {}
    if violation.constraint is not None:
        detail = violation.constraint.error([leaf.key for leaf in leaves])
        own = messages.get("unique") if violation.constraint.unique else None
        return ErrorDetail(own, detail.code) if own else detail
    if violation.kind is Kind.NOT_NULL:
        return ErrorDetail(messages.get("null", serializers.Field.default_error_messages["null"]), "null")
    if violation.kind is Kind.FOREIGN_KEY:
        return _build_missing(leaves, failure)
    if violation.kind is Kind.CHECK:
        return ErrorDetail(_("Invalid input."), Code("invalid", 400))
    return ErrorDetail(_("This field must be unique."), Code("unique", 409))


def _build_missing(leaves: Sequence[Leaf], failure: Failure) -> ErrorDetail:
    values = [value for leaf in leaves for value in _read_sent(leaf, failure)]
    if len(values) != 1:
        return ErrorDetail(_("Object does not exist."), "does_not_exist")
    message = serializers.PrimaryKeyRelatedField.default_error_messages["does_not_exist"]
    return ErrorDetail(message.format(pk_value=values[0]), "does_not_exist")


def _describe(violation: Violation) -> str:
    label = violation.model._meta.label if violation.model is not None else "a foreign key"
    return f"{label} {violation.name or ', '.join(violation.fields)}"
