"""The model serializers, which leave uniqueness and other constraints to the database."""

import functools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models import NOT_PROVIDED, Model
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.relations import ManyRelatedField
from rest_framework.utils import model_meta
from rest_framework.validators import UniqueValidator

from hardening.integrity.writes import has_valid_data, write_unit, writes_as_given
from hardening.relations import (
    HyperlinkedRelatedField,
    PrimaryKeyRelatedField,
    RelatedField,
    ScopedRelatedField,
    SlugRelatedField,
    is_scope,
)
from hardening.serializers import fields
from hardening.serializers.cached_fields import OWN, FieldMapping, get_cached_fields
from hardening.serializers.plain import Serializer
from hardening.serializers.ranges import RangeField

_LONGEST = timedelta(microseconds=2**63 - 1)  # SQLite stores durations as microseconds in 64 bits


class ModelSerializer(Serializer, serializers.ModelSerializer[Any]):
    """DRF's model serializer, which translates violations of constraints instead of running queries for uniqueness.

    `Meta` has six options in addition to DRF's:

    - `related_querysets = {"location": visible_to_caller}`: scopes of related fields, see `hardening.relations`;
    - `create_defaults = {"owner": current_user}`: values that the server sets on create, or functions of the
      serializer that return them; these fields are read-only, and a different value in the body is rejected;
    - `immutable_fields = ("owner",)`: fields that can be set only on create, in addition to those of the model;
    - `constraint_fields = {"name of a constraint": "field"}`: the field under which a violation is reported;
    - `select_related` and `prefetch_related`: related objects that viewsets load, because the fields read them.
    """

    serializer_field_mapping: ClassVar[Any] = FieldMapping(OWN)
    serializer_related_field: ClassVar[type[RelatedField]] = PrimaryKeyRelatedField
    serializer_related_to_field = SlugRelatedField

    def save(self, **kwargs: Any) -> Any:
        """Save in one transaction; raise `ValidationError` if the model or the database rejects the data."""
        if not has_valid_data(self):
            return serializers.ModelSerializer.save(self, **kwargs)  # raises DRF's assertion errors
        given = kwargs if self.instance is not None else {**self.get_create_defaults(), **kwargs}
        data = {**self.validated_data, **given}
        with write_unit(self, self.Meta.model, data):
            return serializers.ModelSerializer.save(self, **data)

    def get_create_defaults(self) -> dict[str, Any]:
        """Return the values of `Meta.create_defaults`."""
        return {name: self._default(name) for name in self._option("create_defaults")}

    def _default(self, name: str) -> Any:
        value = self._option("create_defaults")[name]
        return value(self) if callable(value) else value

    @writes_as_given
    def create(self, validated_data: Any) -> Any:
        """Create the object, and add its many-to-many relations without the query for existing ones."""
        model: Any = self.Meta.model  # to mypy, a type variable is not hashable
        names = _list_to_many(model)
        related = {name: validated_data.pop(name) for name in names if _are_objects(validated_data.get(name))}
        instance = super().create(validated_data)
        for name, objects in related.items():
            manager = getattr(instance, name)
            manager.add(*objects)
            _remember(manager, objects)
        return instance

    def find_rejected_keys(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        """Return the errors of field names and types, and of values that this request must not change."""
        changed = [
            key for key in self._fixed_keys() if key in data and not self._is_unchanged(self.fields[key], data[key])
        ]
        detail = [ErrorDetail(_("This field cannot be changed."), "immutable")]
        return {**super().find_rejected_keys(data), **dict.fromkeys(changed, detail)}

    def get_fields(self) -> dict[str, Any]:
        fields = get_cached_fields(self, ModelSerializer, super().get_fields)
        for name, scope in self._option("related_querysets").items():
            _narrow(self, fields, name, scope)
        if self.instance is not None:
            self._immutable_keys = _find_immutable_keys(self, fields)
            for key in self._immutable_keys:
                fields[key].read_only, fields[key].required = True, False
        return fields

    def get_extra_kwargs(self) -> dict[str, Any]:
        """Return DRF's arguments, with `create_defaults` read-only, and functions given as `queryset` as `scope`."""
        extra = super().get_extra_kwargs()
        for name in self._option("create_defaults"):
            extra.setdefault(name, {})["read_only"] = True
        for kwargs in extra.values():
            if is_scope(kwargs.get("queryset")):
                kwargs["scope"] = kwargs.pop("queryset")
        return extra

    # The database checks uniqueness, so that it adds no validator, `required` or default to a field.

    def get_uniqueness_extra_kwargs(self, field_names: Any, declared_fields: Any, extra_kwargs: Any) -> Any:
        return extra_kwargs, {}

    def get_unique_together_validators(self) -> list[Any]:
        return []

    def get_unique_for_date_validators(self) -> list[Any]:
        return []

    def build_field(self, field_name: str, info: Any, model_class: Any, nested_depth: int) -> Any:
        """Return the class and the arguments of a field, with our `ChoiceField` for DRF's.

        `serializer_choice_field` stays DRF's class, because mixins such as django-countries' look for that class in
        `build_standard_field()`.
        """
        field_class, kwargs = super().build_field(field_name, info, model_class, nested_depth)
        return fields.ChoiceField if field_class is serializers.ChoiceField else field_class, kwargs

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        if _is_filled_by_the_database(model_field) and "default" not in kwargs:
            kwargs["required"] = False
        if issubclass(field_class, RangeField):
            child, arguments = self.build_standard_field(field_name, model_field.base_field)
            unlimited = {"max_digits": None, "decimal_places": None} if issubclass(child, fields.DecimalField) else {}
            kwargs |= {"child": child(**unlimited, **arguments), "range_type": model_field.range_type}
        return field_class, _within_its_type(model_field, _without_unique_validators(kwargs))

    def build_relational_field(self, field_name: str, relation_info: Any) -> Any:
        field_class, kwargs = super().build_relational_field(field_name, relation_info)
        return field_class, _without_unique_validators(kwargs)

    def _option(self, name: str) -> dict[str, Any]:
        return getattr(self.Meta, name, {})

    def _fixed_keys(self) -> list[str]:
        """Return the names of the fields that this request must not change: `create_defaults` and immutable fields."""
        fields = self.fields  # sets self._immutable_keys
        filled = [key for key in self._option("create_defaults") if key in fields]
        return filled + (self._immutable_keys if isinstance(self.instance, Model) else [])

    def _is_unchanged(self, field: Any, sent: Any) -> bool:
        """Return True if *sent* is the current value of *field*, so that a client can PUT what it received by GET."""
        if isinstance(self.instance, Model):
            value = field.get_attribute(self.instance)
        else:
            value = self._default(field.field_name)
        shown = None if getattr(value, "pk", value) is None else field.to_representation(value)
        return _is_same(field, sent, shown)


class HyperlinkedModelSerializer(ModelSerializer, serializers.HyperlinkedModelSerializer[Any]):
    """A `ModelSerializer` with hyperlinks for relations."""

    serializer_related_field = HyperlinkedRelatedField


def current_user(serializer: Any) -> Any:
    """Return the requesting user; a value for `create_defaults`."""
    return serializer.context["request"].user


def _is_filled_by_the_database(model_field: Any) -> bool:
    """Return True if the column has a default in the database (`db_default`), which DRF ignores."""
    return getattr(model_field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED and not model_field.primary_key


def _without_unique_validators(kwargs: dict[str, Any]) -> dict[str, Any]:
    validators = [each for each in kwargs.pop("validators", ()) if not isinstance(each, UniqueValidator)]
    return {**kwargs, "validators": validators} if validators else kwargs


def _within_its_type(model_field: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return *kwargs* with the range of the column's type, which SQLite does not enforce (integers, most durations)."""
    if isinstance(model_field, models.DurationField):
        return {"min_value": -_LONGEST, "max_value": _LONGEST, **kwargs}
    bounds = BaseDatabaseOperations.integer_field_ranges.get(model_field.get_internal_type())
    if bounds is None or "min_value" not in kwargs or "max_value" not in kwargs:
        return kwargs
    return {
        **kwargs,
        "min_value": max(bounds[0], kwargs["min_value"]),
        "max_value": min(bounds[1], kwargs["max_value"]),
    }


def _remember(manager: Any, objects: Any) -> None:
    """Put *objects* into the prefetch cache of a new instance, so that its representation does not read them again."""
    if tuple(manager.model._meta.ordering) not in ((), ("pk",)):
        return
    queryset = manager.get_queryset()
    queryset._result_cache = sorted(objects, key=lambda each: each.pk)
    queryset._prefetch_done = True
    manager.instance.__dict__.setdefault("_prefetched_objects_cache", {})[manager.prefetch_cache_name] = queryset


@functools.cache
def _list_to_many(model: Any) -> list[str]:
    """Return the names of the to-many relations that *model* declares."""
    relations = model_meta.get_field_info(model).forward_relations
    return [name for name, relation in relations.items() if relation.to_many]


def _are_objects(value: Any) -> bool:
    return isinstance(value, list | tuple | set) and all(isinstance(each, Model) for each in value)


def _find_immutable_keys(serializer: Any, fields: Mapping[str, Any]) -> list[str]:
    """Return the names of *fields* that are immutable by the model or by `Meta`, and of the primary key.

    The primary key stays writable in a list, where it identifies the object to change.
    """
    names = {*getattr(serializer.Meta, "immutable_fields", ()), *getattr(serializer.Meta.model, "immutable_fields", ())}
    own = _primary_keys(serializer.Meta.model) if isinstance(serializer.instance, Model) else frozenset()
    return [
        key
        for key, field in fields.items()
        if key in names or field.source in names or ((field.source or key) in own and not field.read_only)
    ]


@functools.cache
def _primary_keys(model: type[Model]) -> frozenset[str]:
    """Return the names of the primary keys of *model* and its parents, whose change would write another row."""
    fields = [field for each in (model, *model._meta.all_parents) for field in each._meta.pk_fields]
    return frozenset(name for field in fields for name in (field.name, field.attname))


def _is_same(field: Any, sent: Any, shown: Any) -> bool:
    """Return True if *sent* is an input of *field* for the same value as *shown*, its representation."""
    if isinstance(sent, bool) or isinstance(shown, bool):
        return sent is shown
    if sent == shown or str(sent) == str(shown):
        return True
    if isinstance(field, serializers.RelatedField | ManyRelatedField):
        return False
    try:  # for example the same date-time in another format
        return bool(field.to_internal_value(sent) == field.to_internal_value(shown))
    except (ValidationError, TypeError, ValueError, AttributeError, NotImplementedError):
        return False


def _narrow(serializer: Any, fields: Mapping[str, Any], name: str, scope: Any) -> None:
    """Set the *scope* of the field *name*; raise `ImproperlyConfigured` if it would not be applied."""
    if name not in fields:
        raise ImproperlyConfigured(f"{type(serializer).__name__}.Meta.related_querysets: there is no field {name!r}.")
    field = getattr(fields[name], "child_relation", fields[name])
    if not isinstance(field, ScopedRelatedField):
        raise ImproperlyConfigured(
            f"{type(serializer).__name__}.Meta.related_querysets: {name!r} is not a related field of hardening, "
            "so its scope would not be applied."
        )
    field.scope = scope
