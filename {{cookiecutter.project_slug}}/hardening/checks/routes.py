"""The views that are routed, what is wrong with them, and the serializers that they can reach."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from django.core.checks import CheckMessage
from django.core.exceptions import FieldDoesNotExist
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.serializers import BaseSerializer, ListSerializer, ModelSerializer
from rest_framework.views import APIView


class Fault(NamedTuple):
    """What is wrong with a view, what to do about it, and the number of the check."""

    text: str
    hint: str
    number: str


Check = Callable[[Any], Iterator[Fault]]


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


def faults(checks: Iterable[Check], kind: Callable[..., CheckMessage]) -> list[CheckMessage]:
    """Return a message of *kind* for what *checks* find in every route; what all routes of a view share, but once."""
    found = {
        (_name(view, pattern), fault): type(view)
        for view, pattern in views()
        for check in checks
        for fault in check(view)
    }
    said = {(view, fault) for (name, fault), view in found.items() if name == view.__name__}
    return [
        kind(f"{name} {fault.text}", hint=fault.hint, obj=view, id=f"hardening.{fault.number}")
        for (name, fault), view in found.items()
        if name == view.__name__ or (view, fault) not in said
    ]


def _name(view: APIView, pattern: URLPattern) -> str:
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
