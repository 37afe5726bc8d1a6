"""The fields of a model serializer: worked out once for a class, and made anew for every instance.

DRF works them out of the model every time, which is the dearest thing it does. What it found is kept as unbound
prototypes, for a class whose own methods have no say in it and while its `Meta` says the same. An instance gets
copies that it may change as it likes, made as DRF copies declared fields: by calling the field's class with its
arguments again. DRF's own leaf fields, whose attributes are nothing but values, are copied by these.
"""

import copy
from collections import ChainMap
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
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

from hardening.relations import related_fields
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
    """Map model fields to serializer fields: *own* first, then whatever DRF's mapping holds at the look-up.

    Packages such as django-money add their fields to DRF's mapping while the apps are loaded, before or after
    ours; a copy made at import would miss them. What is assigned here stays out of DRF's mapping.
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
        """Leave the mappings as they are: `ChainMap` assigns its arguments, of which there are none."""

    def copy(self) -> "FieldMapping":
        """Return a mapping with the same fields of its own, which may be changed without changing this one."""
        return type(self)(dict(self.own))

    __copy__ = copy


def state_of(mapping: Any) -> list[dict[Any, Any]]:
    """Return what *mapping* holds now, to be compared later."""
    return [dict(each) for each in getattr(mapping, "maps", (mapping,))]


# What may look at the context, or at the instance, where a class overrides it.
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

# Arguments that DRF shares between fields, or that a field reads once.
_SHARED = ("validators", "regex", "choices", "model_field")
_IMMUTABLE = (str, int, float, Decimal, timedelta, type(None), FunctionType, type, Promise, Manager)

# Attributes of leaf fields that hold more than a value: what an instance may change, and what it only reads.
_CHANGED = ("_kwargs", "_validators", "error_messages", "style")
_READ = ("_args", "_choices", "choice_strings_to_values", "grouped_choices", "input_formats")

# The classes whose attributes are nothing but values. A subclass that somebody else wrote is not among them.
_LEAVES = frozenset(
    cls
    for module in (drf_fields, related_fields, containers, fields, ranges)
    for cls in vars(module).values()
    if isinstance(cls, type) and issubclass(cls, Field) and cls.__module__ == module.__name__
)

# What of `Meta` DRF's methods and ours read for it.
_OPTIONS = ("model", "fields", "exclude", "depth", "read_only_fields", "extra_kwargs", "create_defaults")

Fields = dict[str, Any]


def get_cached_fields(serializer: Any, plain: type[Any], build: Callable[[], Fields]) -> Fields:
    """Return what *build*, DRF's `get_fields()`, returns for *serializer*: copies of what it returned before.

    A class that overrides one of `_HOOKS` of *plain*, our model serializer, gets what it builds itself each time.
    """
    cls = type(serializer)
    if not _has_plain_hooks(cls, plain):
        return build()
    options = _options(serializer)
    known, makers = cls.__dict__.get("_makers", (None, {}))  # a subclass has its own
    if known != options:
        makers = {name: _maker(field) for name, field in build().items()}
        cls._makers = (options, makers)
    serializer.url_field_name = serializer.url_field_name or api_settings.URL_FIELD_NAME
    return {name: make() for name, make in makers.items()}


def _has_plain_hooks(cls: type[Any], plain: type[Any]) -> bool:
    """Tell whether the hooks of *cls* are those of *plain* or of DRF, so that nothing of an instance decides."""
    known = (plain, ModelSerializer, HyperlinkedModelSerializer)
    return all(any(getattr(cls, name) is getattr(each, name) for each in known) for name in _HOOKS)


def _options(serializer: Any) -> list[Any]:
    """Return all that DRF reads, as it is now: some change a `Meta`, or the declared fields, while they run."""
    meta = getattr(serializer, "Meta", None)
    options = [_snapshot(getattr(meta, name, None)) for name in _OPTIONS]
    options += [state_of(serializer.serializer_field_mapping), dict(serializer._declared_fields)]
    return [*options, serializer.url_field_name, api_settings.URL_FIELD_NAME]


def _snapshot(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _snapshot(item) for key, item in value.items()}
    return list(value) if isinstance(value, list) else value


def _maker(field: Any) -> Callable[[], Any]:
    """Return a function that makes what `copy.deepcopy` would, without copying what nobody changes."""
    if type(field).__deepcopy__ is not Field.__deepcopy__:
        return lambda: copy.deepcopy(field)
    if not _is_leaf(field):
        return lambda: _again(field)
    if "_validators" in vars(field):
        field.validators = [_translated(each) for each in field.validators]
    changed = [(name, value.copy) for name, value in vars(field).items() if name in _CHANGED]

    def made() -> Any:
        leaf = object.__new__(type(field))
        leaf.__dict__ = {**vars(field), **{name: copied() for name, copied in changed}}
        return leaf

    return made


def _translated(validator: Any) -> Any:
    """Return *validator* with a message that is translated for every request.

    DRF's `lazy_format` keeps its first result, which a validator that is shared would keep for all that follow.
    """
    message = getattr(validator, "message", None)
    if not isinstance(message, lazy_format) or message.format_string is None:
        return validator
    own = copy.copy(validator)
    own.message = format_lazy(message.format_string, *message.args, **message.kwargs)
    return own


def _is_leaf(field: Any) -> bool:
    return type(field) in _LEAVES and all(
        name in _CHANGED or name in _READ or isinstance(value, _IMMUTABLE) for name, value in vars(field).items()
    )


def _again(field: Any) -> Any:
    arguments = [_argument("", each) for each in field._args]
    return type(field)(*arguments, **{name: _argument(name, each) for name, each in field._kwargs.items()})


def _argument(name: str, value: Any) -> Any:
    if name in _SHARED or isinstance(value, _IMMUTABLE):
        return value
    return _maker(value)() if isinstance(value, Field) else copy.deepcopy(value)
