"""Which constraints an operation may violate, with the status and the field name of each, for the OpenAPI document."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import NOT_PROVIDED, AutoField, Model
from rest_framework import serializers, status

from hardening.integrity.constraints import Promise, promises, references
from hardening.integrity.drivers import Kind
from hardening.integrity.owners import Violation
from hardening.integrity.places import find_leaves, leaves_of, place_of
from hardening.integrity.rows import key_of, reporting_keys, writable_keys
from hardening.serializers.polymorphic import chosen_by_type


class Conflict(NamedTuple):
    """The response to a violated constraint: its status, and the field name of the body that it is under."""

    status: int
    key: str


def find_conflicts(serializer: Any, model: type[Model] | None, *, creates: bool) -> set[Conflict]:
    """Return what the data of *serializer* may conflict with; *model* is the view's, for a serializer without one.

    A change can violate the constraints on the fields that the client sends. A create can violate every constraint
    but that of a key that is generated, since the server may fill a field with a value that exists.
    """
    serializer = getattr(serializer, "child", serializer)
    if kinds := chosen_by_type(serializer):
        return {conflict for each in kinds for conflict in find_conflicts(each, model, creates=creates)}
    own = getattr(getattr(serializer, "Meta", None), "model", None)
    found: set[Conflict] = set()
    if own is not None:
        found |= set(_of_model_serializer(serializer, own, creates=creates))
    elif model is not None:
        found |= set(_of_plain_serializer(serializer, model, creates=creates))
    for key, field in getattr(serializer, "fields", {}).items():
        if isinstance(field, serializers.BaseSerializer) and not field.read_only:
            found |= {Conflict(each.status, key) for each in find_conflicts(field, None, creates=True)}
    return found | set(_of_related_rows(serializer, own))


def _of_model_serializer(serializer: Any, model: type[Model], *, creates: bool) -> Iterator[Conflict]:
    known = promises(model)
    written = set(writable_keys(serializer))
    for promise in known:
        key = key_of(serializer, promise)
        is_named = key in serializer.fields and not serializer.fields[key].read_only  # a digest, by `constraint_fields`
        if _may_be_violated(promise, {*written, *(promise.fields if is_named else ())}, creates=creates):
            yield Conflict(promise.status, key)
    # What only a migration knows is reported under a key too, and may be unique.
    by_hand = reporting_keys(serializer).keys() - {each.constraint.name for each in known}
    yield from (Conflict(status.HTTP_409_CONFLICT, reporting_keys(serializer)[name]) for name in by_hand)


def _of_plain_serializer(serializer: Any, model: type[Model], *, creates: bool) -> Iterator[Conflict]:
    for promise in promises(model):
        violation = Violation(Kind.UNIQUE, promise.model, promise.fields, promise, promise.constraint.name)
        leaves = find_leaves(violation, [serializer], None)
        if _may_be_violated(promise, set(promise.fields if leaves else ()), creates=creates):
            path, key = place_of(leaves)
            yield Conflict(promise.status, str((*path, key)[0]))


def _of_related_rows(serializer: Any, own: type[Model] | None) -> Iterator[Conflict]:
    """Yield those of other rows that a field writes: by a dotted source, or through a relation to many."""
    for leaf in leaves_of(serializer):
        key = str((*leaf.path, leaf.key)[0])
        if leaf.model not in (None, own):
            yield from _of_rows(leaf.model, key, {leaf.name}, creates=False)
        if leaf.written is not None and not leaf.written._meta.auto_created:
            yield from _of_rows(leaf.written, key, set(), creates=True)


def _of_rows(model: Any, key: str, written: set[str], *, creates: bool) -> Iterator[Conflict]:
    for promise in promises(model):
        if _may_be_violated(promise, written, creates=creates):
            yield Conflict(promise.status, key)


def _may_be_violated(promise: Promise, written: set[str], *, creates: bool) -> bool:
    if promise.internal:
        return False
    condition = getattr(promise.constraint, "condition", None)
    names = {*promise.fields, *(references(promise.model, condition) if condition is not None else ())}
    return bool(names & written) or (creates and not all(_is_generated(promise.model, name) for name in names))


def _is_generated(model: type[Model], name: str) -> bool:
    """Tell whether the field has a value that nothing else has, such as an automatic key or a random token."""
    field: Any = model._meta.get_field(name)
    is_link = getattr(field.remote_field, "parent_link", False)
    is_random = field.has_default() and callable(field.default)
    is_filled = field.primary_key and getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED
    return bool(isinstance(field, AutoField) or is_link or is_random or is_filled)
