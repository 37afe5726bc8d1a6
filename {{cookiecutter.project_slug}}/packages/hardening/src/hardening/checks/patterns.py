"""Checks of URL patterns that do not match the keys of all objects."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage
from django.db import models
from django.urls.resolvers import RoutePattern
from rest_framework.generics import GenericAPIView

from hardening.checks import routes
from hardening.checks.routes import Fault
from hardening.routing.lookup_patterns import model_of, resolve_field

# Valid keys for each type of column.
_KEYS: tuple[tuple[type, tuple[str, ...]], ...] = (
    (models.UUIDField, (str(uuid.UUID(int=0)), "f81d4fae-7dec-41d0-a765-00a0c91e6bf6")),
    (models.IntegerField, ("1", "1234567")),
    (models.SlugField, ("a", "a-1")),
    (models.EmailField, ("a@example.com",)),
)


def check_patterns(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check the pattern of every detail route."""
    faults = [(type(view), fault) for view, pattern in routes.views() for fault in _faults(view, pattern)]
    return [routes.message(view.__name__, view, fault) for view, fault in dict.fromkeys(faults)]


def _faults(view: Any, route: Any) -> Iterator[Fault]:
    model = model_of(view) if isinstance(view, GenericAPIView) else None
    name = isinstance(view, GenericAPIView) and (view.lookup_url_kwarg or view.lookup_field)
    pattern = _pattern(route.pattern, str(name))
    if model is None or pattern is None:
        return
    field = resolve_field(model, view.lookup_field)
    if field is None:
        hint = "Name a field of the model in lookup_field."
        yield Fault(f"looks up {model.__name__} by {view.lookup_field!r}, which does not exist.", hint, "E030")
    elif isinstance(field, getattr(models, "CompositePrimaryKey", ())):
        hint = "Name a unique field in lookup_field."
        yield Fault(f"looks up {model.__name__} by its composite primary key.", hint, "E030")
    elif missed := [key for key in _keys_of(field) if not re.fullmatch(pattern, key)]:
        hint = "Remove lookup_value_regex, so that the pattern follows from the field, or make it match every key."
        text = f"is routed by {pattern!r}, which does not match the key {missed[0]!r} of {model.__name__}."
        yield Fault(text, hint, "E030")


def _keys_of(field: Any) -> tuple[str, ...]:
    return next((keys for kind, keys in _KEYS if isinstance(field, kind)), ())


def _pattern(route: Any, name: str) -> str | None:
    """Return the regular expression of the parameter *name* in *route*; None if there is none."""
    if isinstance(route, RoutePattern):
        converter: Any = route.converters.get(name)
        return None if converter is None else str(converter.regex)
    start = str(route).partition(f"(?P<{name}>")[2]
    depth, in_class = 1, False
    for token in re.finditer(r"\\.|[\[\]()]", start):
        character = token.group()
        in_class = character == "[" or (in_class and character != "]")
        if not in_class and character in "()":
            depth += 1 if character == "(" else -1
        if not depth:
            return start[: token.start()]
    return None
