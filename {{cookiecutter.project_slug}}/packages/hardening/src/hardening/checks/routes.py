"""Iterate over the routed views and the serializers that they can use, and run checks on them."""

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from django.core.checks import CheckMessage, Error, Warning as CheckWarning
from django.core.exceptions import FieldDoesNotExist
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.serializers import BaseSerializer, ListSerializer, ModelSerializer
from rest_framework.views import APIView

from hardening.checks.choices import find_serializers
from hardening.checks.guard import HINT, NUMBER, collect, describe_exception
from hardening.checks.references import depends_on_request
from hardening.checks.stand_ins import KINDS, send_stand_in, served_methods
from hardening.serializers.polymorphic import chosen_by_type


class Fault(NamedTuple):
    """A finding of a check: the text after the name of the view, the hint, and the number of the check."""

    text: str
    hint: str
    number: str


Check = Callable[[Any], Iterator[Fault]]


def routes(resolver: URLResolver | None = None, names: tuple[str, ...] = ()) -> Iterator[tuple[Any, URLPattern, Any]]:
    """Yield the class of every routed DRF view, its URL pattern, and values for the parameters of its path."""
    for pattern in (resolver or get_resolver()).url_patterns:
        parameters = (*names, *pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, parameters)
            continue
        callback: Any = pattern.callback
        view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
        if inspect.isclass(view) and issubclass(view, APIView):
            yield view, pattern, dict.fromkeys(parameters, "1")


def make_view(view: Any, pattern: URLPattern, kwargs: dict[str, str]) -> Any:
    """Return an instance of *view* as its route configures it."""
    callback: Any = pattern.callback
    instance = view(**getattr(callback, "initkwargs", getattr(callback, "view_initkwargs", {})))
    instance.kwargs = kwargs
    if actions := getattr(callback, "actions", None):
        instance.action_map = actions
    return instance


def views() -> Iterator[tuple[Any, URLPattern]]:
    """Yield every routed DRF view that can be instantiated, with its URL pattern."""
    for route in routes():
        instances, _error = collect(lambda arguments: [make_view(*arguments)], route)
        for view in instances:
            yield view, route[1]


def faults(checks: Iterable[Check]) -> list[CheckMessage]:
    """Return a message for every finding of *checks* in the routes; only one if an action shares it with its view."""
    findings = {(name, fault): view for name, view, fault in _faults(list(checks))}
    of_views = {(view, fault) for (name, fault), view in findings.items() if name == view.__name__}
    return [
        message(name, view, fault)
        for (name, fault), view in findings.items()
        if name == view.__name__ or (view, fault) not in of_views
    ]


def _faults(checks: list[Check]) -> Iterator[tuple[str, type, Fault]]:
    """Yield `(name, class of the view, fault)`; an exception in a check is reported as a fault of the view."""
    for kind, pattern, kwargs in routes():
        instances, error = collect(lambda *route: [make_view(*route)], kind, pattern, kwargs)
        if error:
            yield kind.__name__, kind, unexamined(error)
        for view in instances:
            for check in checks:
                findings, error = collect(check, view)
                findings += [unexamined(error)] if error else []
                yield from ((_name(view, pattern), kind, fault) for fault in findings)


def unexamined(error: Exception) -> Fault:
    """Return the fault for a view or serializer that raised *error* during a check."""
    return Fault(f"could not be examined: {describe_exception(error)}.", HINT, NUMBER)


def message(name: str, subject: Any, fault: Fault) -> CheckMessage:
    """Return the check message for *fault* of *subject*: a warning if its number begins with W, or else an error."""
    kind = CheckWarning if fault.number.startswith("W") else Error
    return kind(f"{name} {fault.text}", hint=fault.hint, obj=subject, id=f"hardening.{fault.number}")


def _name(view: APIView, pattern: URLPattern) -> str:
    """Return the name of the class of *view*; with that of the `@action`, whose decorator may change attributes."""
    actions = (getattr(pattern.callback, "actions", None) or {}).values()
    extra = [action for action in actions if hasattr(getattr(view, action, None), "mapping")]
    return ".".join([type(view).__name__, *extra[:1]])


def serializers() -> list[ModelSerializer[Any]]:
    """Return an instance of every model serializer that a routed view can use, including nested ones.

    A serializer whose fields depend on the request is returned once for each set of fields.
    """
    instances, _errors = examine_serializers()
    return instances


def examine_serializers() -> tuple[list[ModelSerializer[Any]], dict[Any, Exception]]:
    """Return the result of `serializers()`, and the exceptions of classes that could not be examined."""
    found: dict[Any, ModelSerializer[Any]] = {}
    errors: dict[Any, Exception] = {}
    for view, _pattern in views():
        chosen, error = collect(lambda instance: find_serializers(instance).serializers.items(), view)
        if error:
            errors[type(view)] = error
        for kind, prepared in chosen:
            for make in _instances(kind, view, prepared):
                error = _collect_made(make, found)
                if error:
                    errors[kind] = error
    return list(found.values()), errors


def _collect_made(make: Callable[[], Any], found: dict[Any, Any]) -> Exception | None:
    """Add the serializer that *make* returns, and nested ones, to *found*; return the exception that it raised."""

    def collect_one() -> tuple[Any, ...]:
        _collect(make(), found)
        return ()

    return collect(collect_one)[1]


def _instances(chosen: Any, view: Any, prepared: Any) -> Iterator[Callable[[], Any]]:
    """Yield functions that instantiate *chosen* for *prepared* and, if its fields vary, for other requests."""
    yield functools.partial(make_serializer, chosen, prepared)
    if not depends_on_request(chosen):
        return
    for method in served_methods(view):
        for kind in KINDS:
            prepared, _error = collect(lambda *request: [send_stand_in(view, *request)], method, kind)
            yield from (functools.partial(make_serializer, chosen, stand_in) for stand_in in prepared)


def make_serializer(chosen: Any, view: Any) -> Any:
    """Return an instance of the serializer class *chosen* in the context of *view*."""
    return chosen(context={"request": getattr(view, "request", None), "view": view, "format": None})


def _collect(serializer: Any, found: dict[Any, Any]) -> None:
    if isinstance(serializer, ListSerializer):
        serializer = serializer.child
    fields = getattr(serializer, "fields", {})
    key = type(serializer), *((name, type(field), field.read_only) for name, field in fields.items())
    if key in found:
        return
    if isinstance(serializer, ModelSerializer):
        found[key] = serializer
    for field in (*fields.values(), *chosen_by_type(serializer)):
        if isinstance(field, BaseSerializer):
            _collect(field, found)


def exists(model: Any, path: str) -> bool:
    """Return whether the lookup *path* begins with fields of *model*; it may end in a lookup or a transform."""
    name, _separator, rest = path.partition("__")
    try:
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist:
        return hasattr(model, name)  # a reverse accessor, such as `pear_set`
    return not rest or not field.is_relation or field.related_model is None or exists(field.related_model, rest)
