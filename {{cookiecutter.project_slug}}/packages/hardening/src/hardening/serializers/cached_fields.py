"""Cache the fields of model serializer classes, and copy them for every instance.

DRF builds the fields from the model for every instance, which is the most expensive part of serialization. Here they
are built once for a class, unless the class overrides a method that builds fields, and again after its `Meta` has
changed. Each instance gets copies that it may change. They are made as DRF copies declared fields, by calling the
field's class with the same arguments; DRF's leaf fields, which only have simple attributes, are copied by attribute.
"""

import copy
from collections import ChainMap
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from operator import attrgetter
from types import FunctionType
from typing import Any

from django.db import models
from django.db.models import Manager
from django.utils.functional import Promise
from django.utils.text import format_lazy
from rest_framework import fields as drf_fields, serializers
from rest_framework.compat import postgres_fields
from rest_framework.serializers import Field, HyperlinkedModelSerializer, ModelSerializer
from rest_framework.settings import api_settings
from rest_framework.utils.formatting import lazy_format

from hardening.relations import related_fields, slugs_and_urls
from hardening.serializers import containers, fields, ranges

OWN: dict[Any, Any] = {
    models.CharField: fields.CharField,
    models.DateField: fields.DateField,
    models.DateTimeField: fields.DateTimeField,
    models.DecimalField: fields.DecimalField,
    models.DurationField: fields.DurationField,
    models.EmailField: fields.EmailField,
    models.GenericIPAddressField: fields.IPAddressField,
    models.JSONField: containers.JSONField,
    models.SlugField: fields.SlugField,
    models.TextField: fields.CharField,
    models.TimeField: fields.TimeField,
    models.URLField: fields.URLField,
}
if postgres_fields is not None:
    OWN[postgres_fields.ArrayField] = containers.ListField
    OWN[postgres_fields.HStoreField] = containers.HStoreField
    for _name in ("BigInteger", "Date", "DateTime", "Decimal", "Integer"):
        OWN[getattr(postgres_fields, f"{_name}RangeField")] = ranges.RangeField


class FieldMapping(ChainMap[Any, Any]):
    """Map model fields to serializer fields: *own* first, then DRF's mapping as it is at the time of the lookup.

    Packages such as django-money add their fields to DRF's mapping while the apps are loaded, before or after
    ours; a copy made at import would miss them. Assignments change *own*, and not DRF's mapping.
    """

    def __init__(self, own: dict[Any, Any]) -> None:
        self.own = own
        super().__init__()

    @property
    def maps(self) -> list[Any]:
        """The mappings in the order in which they are searched."""
        return [self.own, serializers.ModelSerializer.serializer_field_mapping]

    @maps.setter
    def maps(self, maps: list[Any]) -> None:
        """Ignore the assignment in `ChainMap.__init__()`, which is called without arguments."""

    def copy(self) -> "FieldMapping":
        """Return an independent copy with the same *own* fields."""
        return type(self)(dict(self.own))

    __copy__ = copy


# Methods that may use the context or the instance if a class overrides them.
_HOOKS = (
    "build_field",
    "build_nested_field",
    "build_property_field",
    "build_relational_field",
    "build_standard_field",
    "build_unknown_field",
    "build_url_field",
    "get_default_field_names",
    "get_extra_kwargs",
    "get_field_names",
    "get_uniqueness_extra_kwargs",
    "include_extra_kwargs",
)

_get_hooks = attrgetter(*_HOOKS)

# Arguments that are not copied: DRF shares them between fields, or a field reads them only once.
_SHARED = ("validators", "regex", "choices", "model_field")
_IMMUTABLE = (str, int, float, Decimal, timedelta, type(None), FunctionType, type, Promise, Manager)

# Attributes of leaf fields with mutable values: those that are copied, and those that fields only read.
_CHANGED = ("_kwargs", "_validators", "error_messages", "style")
_READ = ("_args", "_choices", "choice_strings_to_values", "grouped_choices", "input_formats", "source_attrs")

# The field classes that have only simple attributes. Subclasses defined elsewhere are not included.
_LEAVES = frozenset(
    cls
    for module in (drf_fields, related_fields, slugs_and_urls, containers, fields, ranges)
    for cls in vars(module).values()
    if isinstance(cls, type) and issubclass(cls, Field) and cls.__module__ == module.__name__
)

# The `Meta` options that DRF and this package read to build fields.
_OPTIONS = ("model", "fields", "exclude", "depth", "read_only_fields", "extra_kwargs", "create_defaults")

Fields = dict[str, Any]


def get_cached_fields(serializer: Any, plain: type[Any], build: Callable[[], Fields]) -> Fields:
    """Return copies of the fields that *build*, DRF's `get_fields()`, returned for the class of *serializer*.

    The fields are not cached if the class overrides one of the methods `_HOOKS` of *plain*, our model serializer.
    """
    cls = type(serializer)
    if not _has_plain_hooks(cls, plain):
        return build()
    options = _list_options(serializer)
    known, makers = cls.__dict__.get("_makers", (None, {}))  # not inherited by subclasses
    if known != options:
        makers = {name: _maker(field) for name, field in build().items()}
        cls._makers = (_snapshot(options), makers)
    serializer.url_field_name = serializer.url_field_name or api_settings.URL_FIELD_NAME
    return {name: make() for name, make in makers.items()}


def _has_plain_hooks(cls: type[Any], plain: type[Any]) -> bool:
    """Return True if *cls* overrides none of `_HOOKS`, so that its fields do not depend on the instance."""
    if _get_hooks(cls) == _get_hooks(plain):
        return True
    known = (plain, ModelSerializer, HyperlinkedModelSerializer)
    return all(any(getattr(cls, name) is getattr(each, name) for each in known) for name in _HOOKS)


def _list_options(serializer: Any) -> list[Any]:
    """Return the current options that determine the fields, because code may change them at run time."""
    meta, mapping = getattr(serializer, "Meta", None), serializer.serializer_field_mapping
    options = [getattr(meta, name, None) for name in _OPTIONS]
    options += [getattr(mapping, "maps", mapping), serializer._declared_fields]
    return [*options, serializer.url_field_name, api_settings.URL_FIELD_NAME]


def _snapshot(value: Any) -> Any:
    """Return a copy of *value* that equals it until it changes."""
    if isinstance(value, Mapping):
        return {key: _snapshot(item) for key, item in value.items()}
    return [_snapshot(item) for item in value] if isinstance(value, list) else value


def _maker(field: Any) -> Callable[[], Any]:
    """Return a function that returns the same as `copy.deepcopy(field)`, but shares values that are not changed."""
    if type(field).__deepcopy__ is not Field.__deepcopy__:
        return lambda: copy.deepcopy(field)
    if _is_leaf_of_many(field):
        return _many_maker(field)
    return _leaf_maker(field) if _is_leaf(field) else lambda: _again(field)


def _leaf_maker(field: Any) -> Callable[[], Any]:
    if "_validators" in vars(field):
        field.validators = [_translated(each) for each in field.validators]
    changed = [(name, value.copy) for name, value in vars(field).items() if name in _CHANGED]

    def made() -> Any:
        leaf = object.__new__(type(field))
        held = leaf.__dict__
        held.update(vars(field))
        for name, copied in changed:
            held[name] = copied()
        return leaf

    return made


def _many_maker(field: Any) -> Callable[[], Any]:
    make_field, make_child = _leaf_maker(field), _leaf_maker(field.child_relation)

    def made() -> Any:
        many, child = make_field(), make_child()
        many.child_relation = many._kwargs["child_relation"] = child
        child.parent = many
        return many

    return made


def _translated(validator: Any) -> Any:
    """Return *validator* with a message that is translated for every request.

    DRF's `lazy_format` caches its first result, so that a shared validator would use one language for all requests.
    """
    message = getattr(validator, "message", None)
    if not isinstance(message, lazy_format) or message.format_string is None:
        return validator
    own = copy.copy(validator)
    own.message = format_lazy(message.format_string, *message.args, **message.kwargs)
    return own


def _is_leaf(field: Any, replaced: str | None = None) -> bool:
    """Return True if *field* can be copied by attribute, with another value for the attribute *replaced*."""
    known = (*_CHANGED, *_READ, replaced)
    return type(field) in _LEAVES and all(
        name in known or isinstance(value, _IMMUTABLE) or value is getattr(type(field), name, None)
        for name, value in vars(field).items()
    )


def _is_leaf_of_many(field: Any) -> bool:
    """Return True if *field* is a list of related objects that can be copied by attribute, with its child."""
    if type(field) is not related_fields.ManyRelatedField:
        return False
    is_named = vars(field)["_kwargs"].get("child_relation") is field.child_relation
    return is_named and _is_leaf(field, "child_relation") and _is_leaf(field.child_relation, "parent")


def _again(field: Any) -> Any:
    arguments = [_argument("", each) for each in field._args]
    return type(field)(*arguments, **{name: _argument(name, each) for name, each in field._kwargs.items()})


def _argument(name: str, value: Any) -> Any:
    if name in _SHARED or isinstance(value, _IMMUTABLE):
        return value
    return _maker(value)() if isinstance(value, Field) else copy.deepcopy(value)
