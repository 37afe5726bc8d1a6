"""Find the constraints that an operation may violate, for the error responses in the OpenAPI document."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import NOT_PROVIDED, AutoField, Model
from rest_framework import serializers, status

from hardening.integrity.constraints import ModelConstraint, find_referenced_fields, get_constraints
from hardening.integrity.declaring_models import Violation
from hardening.integrity.drivers import Kind
from hardening.integrity.reported_fields import find_leaves, find_place, list_leaves
from hardening.integrity.reporting import find_field_name, map_constraints, map_fields
from hardening.serializers.polymorphic import chosen_by_type


class Conflict(NamedTuple):
    """The response to a violated constraint: its status, and the field name that the error is reported under."""

    status: int
    key: str


def find_conflicts(serializer: Any, model: type[Model] | None, *, creates: bool) -> set[Conflict]:
    """Return the conflicts that the data of *serializer* can cause.

    *model* is the view's model, for a serializer without one. An update can violate the constraints on the fields that
    the client sends. A create can violate every constraint except those on generated keys, because the server may set
    a field to an existing value.
    """
    serializer = getattr(serializer, "child", serializer)
    if kinds := chosen_by_type(serializer):
        return {conflict for kind in kinds for conflict in find_conflicts(kind, model, creates=creates)}
    own = getattr(getattr(serializer, "Meta", None), "model", None)
    conflicts: set[Conflict] = set()
    if own is not None:
        conflicts |= set(_list_model_conflicts(serializer, own, creates=creates))
    elif model is not None:
        conflicts |= set(_list_plain_conflicts(serializer, model, creates=creates))
    for key, field in getattr(serializer, "fields", {}).items():
        if isinstance(field, serializers.BaseSerializer) and not field.read_only:
            conflicts |= {Conflict(nested.status, key) for nested in find_conflicts(field, None, creates=True)}
    return conflicts | set(_list_related_conflicts(serializer, own))


def _list_model_conflicts(serializer: Any, model: type[Model], *, creates: bool) -> Iterator[Conflict]:
    known = get_constraints(model)
    written = set(map_fields(serializer))
    for constraint in known:
        key = find_field_name(serializer, constraint)
        is_named = key in serializer.fields and not serializer.fields[key].read_only  # a digest, by `constraint_fields`
        if _may_be_violated(constraint, {*written, *(constraint.fields if is_named else ())}, creates=creates):
            yield Conflict(constraint.status, key)
    # A constraint that exists only in a migration can be reported under a field too, and may be unique.
    by_hand = map_constraints(serializer).keys() - {each.definition.name for each in known}
    yield from (Conflict(status.HTTP_409_CONFLICT, map_constraints(serializer)[name]) for name in by_hand)


def _list_plain_conflicts(serializer: Any, model: type[Model], *, creates: bool) -> Iterator[Conflict]:
    for constraint in get_constraints(model):
        violation = Violation(Kind.UNIQUE, constraint.model, constraint.fields, constraint, constraint.definition.name)
        leaves = find_leaves(violation, [serializer], None)
        if _may_be_violated(constraint, set(constraint.fields if leaves else ()), creates=creates):
            path, key = find_place(leaves)
            yield Conflict(constraint.status, str((*path, key)[0]))


def _list_related_conflicts(serializer: Any, own: type[Model] | None) -> Iterator[Conflict]:
    """Yield the conflicts of other rows that a field writes: by a dotted source, or through a many-to-many table."""
    for leaf in list_leaves(serializer):
        key = str((*leaf.path, leaf.key)[0])
        if leaf.model not in (None, own):
            yield from _list_row_conflicts(leaf.model, key, {leaf.name}, creates=False)
        if leaf.written is not None and not leaf.written._meta.auto_created:
            yield from _list_row_conflicts(leaf.written, key, set(), creates=True)


def _list_row_conflicts(model: Any, key: str, written: set[str], *, creates: bool) -> Iterator[Conflict]:
    for constraint in get_constraints(model):
        if _may_be_violated(constraint, written, creates=creates):
            yield Conflict(constraint.status, key)


def _may_be_violated(constraint: ModelConstraint, written: set[str], *, creates: bool) -> bool:
    if constraint.internal:
        return False
    condition = getattr(constraint.definition, "condition", None)
    names = {
        *constraint.fields,
        *(find_referenced_fields(constraint.model, condition) if condition is not None else ()),
    }
    return bool(names & written) or (creates and not all(_is_generated(constraint.model, name) for name in names))


def _is_generated(model: type[Model], name: str) -> bool:
    """Return whether the field has a generated value, such as an automatic primary key or a random token."""
    field: Any = model._meta.get_field(name)
    is_link = getattr(field.remote_field, "parent_link", False)
    is_random = field.has_default() and callable(field.default)
    is_filled = field.primary_key and getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED
    return bool(isinstance(field, AutoField) or is_link or is_random or is_filled)
