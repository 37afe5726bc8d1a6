"""The objects of a request's body, what is written of each, and the key under which its errors are reported."""

import copy
import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.serializers import BaseSerializer, HiddenField, ListSerializer
from rest_framework.settings import api_settings

from hardening.integrity.constraints import Promise, promises
from hardening.integrity.drivers import Refusal
from hardening.integrity.matching import SavedInstances
from hardening.integrity.messages import error_details

Path = tuple[str | int, ...]
Found = Iterator[tuple[Path, str | int, ErrorDetail]]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One object of the body before it is written: its serializer, where it stands, its validated values."""

    serializer: Any
    path: Path
    values: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Row(Item):
    """An item with the instance that is made of it.

    *saved* tells whether that reached `Model.save()`, *certain* whether it would have been written as it is.
    """

    instance: Model
    saved: bool = False
    certain: bool = False

    @property
    def model(self) -> type[Model]:
        return type(self.instance)

    def holds(self, names: Iterable[str]) -> bool:
        """Tell whether the values of all the fields *names* are those of the request, or the relation to a parent."""
        fields: list[Any] = [self.model._meta.get_field(name) for name in names]
        return all(
            _names(field) & self.values.keys() or (field.is_relation and self.instance.__dict__.get(field.attname))
            for field in fields
        )

    def error(self, promise: Promise) -> tuple[Path, str, ErrorDetail]:
        """Return where and in which words breaking *promise* is reported."""
        key = key_of(self.serializer, promise)
        known = writable_keys(self.serializer)
        error = promise.error([known[name] for name in promise.fields if name in known])
        field = self.serializer.fields.get(key)
        own_words = field.error_messages.get("unique") if field is not None and promise.unique else None
        return self.path, key, ErrorDetail(own_words, error.code) if own_words else error


def items(serializer: Any, data: Any, path: Path = ()) -> Iterator[Item]:
    """Yield every object in *serializer*'s validated *data* that a model stands behind, parents first."""
    if isinstance(serializer, ListSerializer):
        for index, each in enumerate(data):
            yield from items(serializer.child, each, (*path, index))
        return
    if hasattr(getattr(serializer, "Meta", None), "model"):
        yield Item(serializer=serializer, path=path, values=data)
    for field in getattr(serializer, "_writable_fields", ()):
        if isinstance(field, BaseSerializer) and len(field.source_attrs) == 1:
            nested = data.get(field.source)
            if isinstance(nested, dict | list):
                yield from items(field, nested, (*path, str(field.field_name)))


def candidate(item: Item, instance: Model | None) -> Model:
    """Return what writing *item* would make, unsaved: a copy of *instance* with its values, or a new one."""
    model: type[Model] = item.serializer.Meta.model
    plain = {name: value for name, value in item.values.items() if name in _assignable(model)}
    for name in plain.keys() & _references(model):
        if isinstance(plain[name], dict | list):
            del plain[name]
    if instance is None:
        return model(**plain)
    changed = copy.copy(instance)
    for name, value in plain.items():
        setattr(changed, name, value)
    return changed


@functools.cache
def _references(model: type[Model]) -> frozenset[str]:
    """Return the names of the relations to one: what a nested serializer read for them is no object yet."""
    return frozenset(name for field in model._meta.concrete_fields if field.is_relation for name in _names(field))


@functools.cache
def _assignable(model: type[Model]) -> frozenset[str]:
    """Return the names that can be set on an unsaved instance: no relation to many, no read-only property."""
    names = {name for field in model._meta.concrete_fields if not field.generated for name in _names(field)}
    names |= {field.name for field in model._meta.private_fields}
    options: Any = model._meta
    properties = {name: getattr(model, name) for name in options._property_names}
    return frozenset(names | {name for name, each in properties.items() if getattr(each, "fset", None)})


def rows(found: Sequence[Item], saved: Sequence[Model], instance: Model | None, *, certain: bool) -> list[Row]:
    """Return a row for each item in the order of writing; the unsaved ones last, with a candidate each.

    *saved* are the instances that reached `Model.save()`, in order; *instance* is what the first item changes;
    *certain* tells whether the items would have been written as they are.
    """
    instances = SavedInstances(saved, [(item.serializer.Meta.model, item.values) for item in found])
    made = []
    for index, item in enumerate(found):
        changes = instance if index == 0 and not item.path else None
        if changes is not None:
            made.append((0, Row(**vars(item), instance=candidate(item, changes), saved=True)))
            continue
        listed = bool(item.path) and isinstance(item.path[-1], int)
        place = instances.take(item.serializer.Meta.model, item.values, listed=listed)
        if place is None:
            made.append((len(saved), Row(**vars(item), instance=candidate(item, None), certain=certain)))
        else:
            made.append((place, Row(**vars(item), instance=saved[place], saved=True)))
    in_order = [row for _place, row in sorted(made, key=lambda pair: pair[0])]
    _relate_to_parents(in_order)
    return in_order


def _relate_to_parents(made: Sequence[Row]) -> None:
    """Set the relation of nested objects that were not saved to the object that they stand in, which was."""
    parents = {row.path: row.instance for row in made if row.saved}
    for row in made:
        if row.saved or not row.path:
            continue
        above = row.path[:-2] if isinstance(row.path[-1], int) else row.path[:-1]
        parent = parents.get(above)
        fields: list[Any] = [each for each in row.model._meta.concrete_fields if each.is_relation]
        related = [each for each in fields if isinstance(parent, each.related_model)]
        if len(related) == 1 and row.instance.__dict__.get(related[0].attname) is None:
            setattr(row.instance, related[0].attname, getattr(parent, related[0].target_field.attname))


def owns(row: Row, refusal: Refusal) -> bool:
    """Tell whether *refusal* may be about the table of *row*, or of a model that it derives from."""
    if not refusal.table:
        return True
    return (refusal.schema, refusal.table) in {
        table_of(each, refusal.schema) for each in (row.model, *row.model._meta.all_parents)
    }


def table_of(model: type[Model], schema: str) -> tuple[str, str]:
    """Return the schema, *schema* where it names none of its own, and the name of the table of *model*."""
    # The common way to name a schema: db_table = 'other"."table'.
    named_schema, _dot, table = model._meta.db_table.replace('"', "").rpartition(".")
    return named_schema or schema, table


def commonpath(rows: Sequence[Item]) -> Path:
    """Return the longest path that all *rows* stand below."""
    parts = zip(*(row.path for row in rows), strict=False)
    return tuple(same[0] for same in takewhile(lambda same: len(set(same)) == 1, parts))


def refused(serializer: Any, found: Iterable[tuple[Path, str | int, ErrorDetail]]) -> ValidationError:
    """Return the validation error for what was *found*, kept by *serializer* for the browsable API's forms."""
    serializer._errors = _nested(found)
    serializer._was_refused = True
    return ValidationError(serializer.errors)


def _nested(found: Iterable[tuple[Path, str | int, ErrorDetail]]) -> dict[Any, Any]:
    detail: dict[Any, Any] = {}
    for path, key, error in found:
        level = detail
        for part in path:
            level = level.setdefault(part, {})
        errors = level.setdefault(key, [])
        if error not in errors:  # `unique=True` beside a constraint that says the same
            errors.append(error)
    return detail


def model_errors(row: Row, error: DjangoValidationError) -> Found:
    """Yield the errors of a `Model.clean()` or `full_clean()` under the keys of the body."""
    known = writable_keys(row.serializer)
    for name, errors in error.update_error_dict({}).items():
        for single in errors:
            broken = _promise_of(single, row.model)
            if broken is not None:
                yield row.error(broken)
                continue
            key = known.get(name, name if name in row.serializer.fields else str(api_settings.NON_FIELD_ERRORS_KEY))
            yield from ((row.path, key, detail) for detail in error_details([single]))


def _promise_of(error: DjangoValidationError, model: type[Model]) -> Promise | None:
    """Return the promise whose breach Django found itself: `validate_unique()` and `validate_constraints()`."""
    names = (error.params or {}).get("unique_check")
    for promise in promises(model):
        if names and tuple(names) == getattr(promise.constraint, "fields", None):
            return promise
        if error.message == promise.constraint.get_violation_error_message():
            return promise
    return None


def writable_keys(serializer: Any) -> dict[str, str]:
    """Return `{name of a model field: key of the body}` for all that the client of *serializer* can send."""
    keys: dict[str, str] = {}
    fields = {name: each for each in serializer.Meta.model._meta.get_fields() for name in _names(each)}
    for key, field in serializer.fields.items():
        if field.read_only or isinstance(field, HiddenField):
            continue
        for name in getattr(field, "model_fields", (field.source,)):
            if name in fields:
                keys.setdefault(fields[name].name, key)
    return keys


def _names(field: Any) -> set[str]:
    return {field.name, getattr(field, "attname", field.name)}


def key_of(serializer: Any, promise: Promise) -> str:
    """Return the key for breaking *promise*: the declared one, or the only one of its fields that can be written."""
    declared = reporting_keys(serializer).get(promise.constraint.name)
    if declared and declared in serializer.fields:
        return declared
    known = writable_keys(serializer)
    keys = list(dict.fromkeys(known[name] for name in promise.fields if name in known))
    return keys[0] if len(keys) == 1 else str(api_settings.NON_FIELD_ERRORS_KEY)


def reporting_keys(serializer: Any) -> dict[str, str]:
    """Return `{name of a constraint: key}` as declared by the model and, stronger, by the serializer's Meta."""
    of_model = getattr(serializer.Meta.model, "constraint_fields", {})
    own = getattr(serializer.Meta, "constraint_fields", {})
    known = writable_keys(serializer)
    return {name: known.get(field, field) for name, field in of_model.items()} | own
