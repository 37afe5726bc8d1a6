"""Patterns for the lookup value in the URL of an object, derived from the model field that it is compared with.

Each value has exactly one notation, so that no two URLs name the same object: integers have no leading zeros, UUIDs are
written in lower case with hyphens.
"""

import functools
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.urls import register_converter
from django.urls.converters import StringConverter, get_converters

_POSITIVE = "[1-9][0-9]{0,18}"  # 64 bits
_UUID = "-".join(f"[0-9a-f]{{{length}}}" for length in (8, 4, 4, 4, 12))
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TEXT = r"[^/\x00-\x1f\x7f]+"

_NATURAL = (models.PositiveIntegerField, models.PositiveBigIntegerField, models.PositiveSmallIntegerField)


def pattern_of(field: Any) -> str:
    """Return the regular expression of the values of the model field *field* in a URL; None stands for any field."""
    if isinstance(field, models.AutoField):
        return _POSITIVE
    if isinstance(field, models.IntegerField):
        return f"0|{_POSITIVE}" if isinstance(field, _NATURAL) else f"0|-?{_POSITIVE}"
    if isinstance(field, models.UUIDField):
        return _UUID
    if isinstance(field, models.SlugField):
        return r"[-\w]+" if getattr(field, "allow_unicode", False) else "[-a-zA-Z0-9_]+"
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        return _DAY
    return _TEXT


def resolve_field(model: Any, path: str) -> Any:
    """Return the model field that the lookup *path* compares, or None if there is no such field."""
    field: Any = None
    for name in path.split(LOOKUP_SEP):
        if model is None:
            return field  # the name is a lookup, such as `iexact`
        try:
            field = model._meta.pk if name == "pk" else model._meta.get_field(name)
        except FieldDoesNotExist:
            return field
        model = field.related_model if field.is_relation else None
    while getattr(field, "target_field", None) is not None:  # a primary key that is a foreign key
        field = field.target_field
    return field


def model_of(view: Any) -> Any:
    """Return the model of *view*, a view or a view class, or None if only a request determines it."""
    meta = getattr(getattr(view, "serializer_class", None), "Meta", None)
    model = getattr(getattr(view, "queryset", None), "model", None) or getattr(meta, "model", None)
    if model is None and getattr(view, "request", None) is not None:
        model = view.get_queryset().model
    return model


class LookupPattern:
    """Compute the default of `lookup_value_regex`, which routers read from the view class, from the view's model."""

    def __get__(self, view: Any, view_class: Any) -> str:
        """Return the pattern, and register a path converter of that name for routers without regular expressions."""
        owner = view_class if view is None else view
        return _register_pattern(model_of(owner), owner.lookup_field)


@functools.cache
def _register_pattern(model: Any, path: str) -> str:
    """Return the pattern of the lookup *path*; a view asks for it with every request of an object."""
    pattern = pattern_of(resolve_field(model, path))
    if pattern not in get_converters():
        register_converter(type("KeyConverter", (StringConverter,), {"regex": pattern}), pattern)
    return pattern
