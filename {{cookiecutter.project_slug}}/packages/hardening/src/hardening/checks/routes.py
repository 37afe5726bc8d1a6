"""The views that are routed, what is wrong with them, and the serializers that they can reach."""

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
    """What is wrong with a view, what to do about it, and the number of the check."""

    text: str
    hint: str
    number: str


Check = Callable[[Any], Iterator[Fault]]


def routes(resolver: URLResolver | None = None, names: tuple[str, ...] = ()) -> Iterator[tuple[Any, URLPattern, Any]]:
    """Yield the class of every routed view of DRF's, its pattern, and values for the parameters of its path."""
    for pattern in (resolver or get_resolver()).url_patterns:
        known = (*names, *pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, known)
            continue
        callback: Any = pattern.callback
        view = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
        if inspect.isclass(view) and issubclass(view, APIView):
            yield view, pattern, dict.fromkeys(known, "1")


def make_view(view: Any, pattern: URLPattern, kwargs: dict[str, str]) -> Any:
    """Return an instance of *view* as its route configures it."""
    callback: Any = pattern.callback
    made = view(**getattr(callback, "initkwargs", getattr(callback, "view_initkwargs", {})))
    made.kwargs = kwargs
    if actions := getattr(callback, "actions", None):
        made.action_map = actions
    return made


def views() -> Iterator[tuple[Any, URLPattern]]:
    """Yield the view of every route to one of DRF's, and the pattern; without those that cannot be made."""
    for route in routes():
        made, _problem = collect(lambda each: [make_view(*each)], route)
        for view in made:
            yield view, route[1]


def faults(checks: Iterable[Check]) -> list[CheckMessage]:
    """Return a message for what *checks* find in every route; what all routes of a view share, but once."""
    found = {(name, fault): view for name, view, fault in _faults(list(checks))}
    said = {(view, fault) for (name, fault), view in found.items() if name == view.__name__}
    return [
        message(name, view, fault)
        for (name, fault), view in found.items()
        if name == view.__name__ or (view, fault) not in said
    ]


def _faults(checks: list[Check]) -> Iterator[tuple[str, type, Fault]]:
    """Yield `(name, class of the view, fault)`; a check that fails on a view is one that names the exception."""
    for kind, pattern, kwargs in routes():
        made, error = collect(lambda *route: [make_view(*route)], kind, pattern, kwargs)
        if error:
            yield kind.__name__, kind, unexamined(error)
        for view in made:
            for check in checks:
                found, error = collect(check, view)
                found += [unexamined(error)] if error else []
                yield from ((_name(view, pattern), kind, fault) for fault in found)


def unexamined(error: Exception) -> Fault:
    """Return the fault of a view or a serializer that raises *error* when a check examines it."""
    return Fault(f"could not be examined: {describe_exception(error)}.", HINT, NUMBER)


def message(name: str, subject: Any, fault: Fault) -> CheckMessage:
    """Return *fault* of *subject* as Django's: a warning where its number begins with W."""
    kind = CheckWarning if fault.number.startswith("W") else Error
    return kind(f"{name} {fault.text}", hint=fault.hint, obj=subject, id=f"hardening.{fault.number}")


def _name(view: APIView, pattern: URLPattern) -> str:
    """Return the class of *view*, and the `@action` where the route is to one: its decorator may say otherwise."""
    actions = (getattr(pattern.callback, "actions", None) or {}).values()
    extra = [each for each in actions if hasattr(getattr(view, each, None), "mapping")]
    return ".".join([type(view).__name__, *extra[:1]])


def serializers() -> list[ModelSerializer[Any]]:
    """Return an instance of every model serializer that a routed view can use, nested ones included.

    One whose fields depend on the request is there once for each set of fields.
    """
    found, _problems = examine_serializers()
    return found


def examine_serializers() -> tuple[list[ModelSerializer[Any]], dict[Any, Exception]]:
    """Return what `serializers()` does, and the classes that could not be examined with the exceptions they raised."""
    found: dict[Any, ModelSerializer[Any]] = {}
    errors: dict[Any, Exception] = {}
    for view, _pattern in views():
        chosen, error = collect(lambda each: find_serializers(each).serializers.items(), view)
        if error:
            errors[type(view)] = error
        for kind, prepared in chosen:
            for instance in _instances(kind, view, prepared):
                error = _collect_made(instance, found)
                if error:
                    errors[kind] = error
    return list(found.values()), errors


def _collect_made(make: Callable[[], Any], found: dict[Any, Any]) -> Exception | None:
    """Add the serializer that *make* returns, and those in it, to *found*; return the exception that it raised."""

    def collect_one() -> tuple[Any, ...]:
        _collect(make(), found)
        return ()

    return collect(collect_one)[1]


def _instances(chosen: Any, view: Any, prepared: Any) -> Iterator[Callable[[], Any]]:
    """Yield functions that make *chosen* in the context of *prepared* and, if that matters, of other requests."""
    yield functools.partial(_make, chosen, prepared)
    if not depends_on_request(chosen):
        return
    for method in served_methods(view):
        for kind in KINDS:
            prepared, _problem = collect(lambda *asked: [send_stand_in(view, *asked)], method, kind)
            yield from (functools.partial(_make, chosen, each) for each in prepared)


def _make(chosen: Any, view: Any) -> Any:
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
    """Tell whether the look-up *path* leads through fields of *model*; what it ends in may be a look-up, or a join."""
    name, _separator, rest = path.partition("__")
    try:
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist:
        return hasattr(model, name)  # an accessor, `pear_set` or another name for a relation
    return not rest or not field.is_relation or field.related_model is None or exists(field.related_model, rest)
