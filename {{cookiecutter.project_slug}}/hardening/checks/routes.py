"""The views that are routed, and the serializers that they can reach."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.serializers import BaseSerializer, ListSerializer, ModelSerializer
from rest_framework.views import APIView


def views(resolver: URLResolver | None = None) -> Iterator[tuple[APIView, URLPattern]]:
    """Yield the view, as its route configures it, and the pattern of every route to a view of DRF's."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern)
            continue
        callback: Any = pattern.callback
        view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
        if view is not None and issubclass(view, APIView):
            yield view(**getattr(callback, "initkwargs", getattr(callback, "view_initkwargs", {}))), pattern


def name(view: APIView, pattern: URLPattern) -> str:
    """Return the class of *view*, and the `@action` where the route is to one: its decorator may say otherwise."""
    actions = (getattr(pattern.callback, "actions", None) or {}).values()
    extra = [each for each in actions if hasattr(getattr(view, each, None), "mapping")]
    return ".".join([type(view).__name__, *extra[:1]])


def serializers() -> list[ModelSerializer[Any]]:
    """Return an instance of every model serializer that a routed view can reach, nested ones included."""
    found: dict[type[Any], ModelSerializer[Any]] = {}
    for view, pattern in views():
        for chosen in _chosen(view, pattern):
            if chosen is not None and issubclass(chosen, BaseSerializer):
                _collect(chosen(), found)
    return list(found.values())


def _chosen(view: Any, pattern: URLPattern) -> Iterator[Any]:
    yield getattr(view, "serializer_class", None)
    if not hasattr(view, "get_serializer_class"):
        return
    view.request, view.format_kwarg, view.args, view.kwargs = None, None, (), {}
    for view.action in (getattr(pattern.callback, "actions", None) or {"": None}).values():
        with suppress(AttributeError, AssertionError, KeyError):  # it asks the request, and there is none
            yield view.get_serializer_class()


def _collect(serializer: Any, found: dict[type[Any], Any]) -> None:
    if isinstance(serializer, ListSerializer):
        serializer = serializer.child
    if type(serializer) in found:
        return
    if isinstance(serializer, ModelSerializer):
        found[type(serializer)] = serializer
    for field in getattr(serializer, "fields", {}).values():
        if isinstance(field, BaseSerializer):
            _collect(field, found)


def exists(model: Any, path: str) -> bool:
    """Tell whether the look-up *path* leads through fields of *model*; what it ends in may be a look-up, or a join."""
    name, _separator, rest = path.partition("__")
    try:
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist:
        return hasattr(model, name)  # an accessor, `pear_set` or another name for a relation
    return not rest or not field.is_relation or field.related_model is None or exists(field.related_model, rest)
