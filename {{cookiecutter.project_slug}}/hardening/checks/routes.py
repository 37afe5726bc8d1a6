"""The views that are routed, and the serializers that they can reach."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.serializers import BaseSerializer, ListSerializer, ModelSerializer
from rest_framework.views import APIView


def views(resolver: URLResolver | None = None) -> Iterator[tuple[type[APIView], URLPattern]]:
    """Yield the class and the pattern of every route to a view of DRF's, each once."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern)
            continue
        view = getattr(pattern.callback, "cls", None) or getattr(pattern.callback, "view_class", None)
        if view is not None and issubclass(view, APIView):
            yield view, pattern


def serializers() -> list[ModelSerializer[Any]]:
    """Return an instance of every model serializer that a routed view can reach, nested ones included."""
    found: dict[type[Any], ModelSerializer[Any]] = {}
    for view, _pattern in views():
        chosen = getattr(view, "serializer_class", None)
        if chosen is not None and issubclass(chosen, BaseSerializer):
            _collect(chosen(), found)
    return list(found.values())


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
