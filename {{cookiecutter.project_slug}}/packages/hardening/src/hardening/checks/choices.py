"""The serializers and rows that a view chooses, asked with a stand-in for every request that it serves."""

import functools
import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from rest_framework.exceptions import APIException
from rest_framework.serializers import BaseSerializer, ListSerializer

from hardening.checks.guard import describe_exception
from hardening.checks.references import find_referenced, own_classes, read_names
from hardening.checks.stand_ins import KINDS, send_stand_in, served_methods

# Raised on purpose, as the response to a request.
RESPONSES = (APIException, Http404, PermissionDenied)

# Parts of a request that a stand-in has no values for.
_UNKNOWN_PARTS = {"data", "query_params", "GET", "POST", "FILES", "META", "headers", "COOKIES", "session", "auth"}

# Ways to get at a class without naming it.
_LOOKUPS = {"__import__", "eval", "getattr", "globals", "import_module", "import_string", "locals", "vars"}


class Chosen(NamedTuple):
    """Serializer classes, each with the stand-in that uses it; *problem* names what could not be examined."""

    serializers: dict[type[BaseSerializer[Any]], Any]
    problem: str | None


def find_serializers(view: Any) -> Chosen:
    """Return the serializers that *view* can use: those that it chooses, declares, or names in its code."""
    found: dict[type[BaseSerializer[Any]], Any] = {}
    problems: list[str] = []
    prepared = view
    for method, kind in _asked(view):
        try:
            prepared = send_stand_in(view, method, kind)
            found |= dict.fromkeys(_choose(prepared, method), prepared)
        except RESPONSES:
            continue
        except Exception as error:  # noqa: BLE001  # of the project's code
            if kind != "anonymous":  # whose requests end before a serializer is chosen
                problems.append(f"{method.upper()}, {describe_exception(error)}")
    known = [*_classes(getattr(view, "serializer_classes", ())), *find_referenced(_class_of(view))]
    if _depends_on_unknown_parts(view, set(found), set(known)):
        problems.append("by parts of the request that vary")
    for each in known:
        found.setdefault(each, prepared)
    return Chosen(found, None if hasattr(view, "serializer_classes") or not problems else problems[0])


def _class_of(view: Any) -> Any:
    # Untyped on purpose: the type checker does not take a metaclass of `Any` for hashable, which a cache needs.
    return type(view)


def _asked(view: Any) -> Iterator[tuple[str, str]]:
    """Yield the methods and kinds of users to ask *view* with: one, if nothing depends on them."""
    methods = list(served_methods(view))
    if not _chooses_serializer(view):
        yield from [(method, "user") for method in methods[:1]]
        return
    for method in methods:
        yield from ((method, kind) for kind in KINDS if method != "delete")


def _chooses_serializer(view: Any) -> bool:
    names = ("get_serializer_class", "get_serializer")
    computed = isinstance(inspect.getattr_static(view, "serializer_class", None), property | functools.cached_property)
    return computed or any(is_overridden(view, name) for name in names)


def is_overridden(view: Any, name: str) -> bool:
    """Tell whether the project, or a package of its, overrides the method *name* of DRF's views and ours."""
    return any(name in vars(each) for each in own_classes(type(view)))


def _depends_on_unknown_parts(view: Any, found: set[Any], known: set[Any]) -> bool:
    """Tell whether `get_serializer_class()` reads a part of the request that varies and may choose any class by it."""
    names = read_names(_class_of(view), "get_serializer_class")
    return bool(names & _UNKNOWN_PARTS) and bool(names & _LOOKUPS or found - known)


def _choose(view: Any, method: str) -> Iterator[type[BaseSerializer[Any]]]:
    """Yield the serializer classes that the hooks of a prepared *view* choose."""
    declared = getattr(view, "serializer_class", None)
    if hasattr(view, "get_serializer_class") and (declared or is_overridden(view, "get_serializer_class")):
        declared = view.get_serializer_class()
    yield from _classes(declared)
    if hasattr(view, "get_serializer") and is_overridden(view, "get_serializer"):
        serializer = view.get_serializer() if method == "get" else view.get_serializer(data={})
        chosen: Any = serializer.child if isinstance(serializer, ListSerializer) else serializer
        yield type(chosen)


def _classes(value: Any) -> Iterator[type[BaseSerializer[Any]]]:
    """Yield the serializer classes that *value* is or contains."""
    if isinstance(value, type):
        yield from [value] if issubclass(value, BaseSerializer) else []
    elif isinstance(value, Mapping):
        yield from _classes(list(value.values()))
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for each in value:
            yield from _classes(each)


def chooses_rows(view: Any) -> bool:
    """Tell whether *view* has a `get_queryset()` of its own."""
    return hasattr(view, "get_queryset") and is_overridden(view, "get_queryset")


def find_queryset(view: Any) -> Any:
    """Return the queryset that *view* declares or else chooses for some user; None if there is none."""
    declared = getattr(view, "queryset", None)
    if declared is not None or not chooses_rows(view):
        return declared
    for method in served_methods(view):
        for kind in ("user", "staff"):
            try:
                chosen = send_stand_in(view, method, kind).get_queryset()
            except Exception:  # noqa: BLE001, S112  # of the project's code; `hardening.E028` names it
                continue
            if isinstance(chosen, QuerySet) and not chosen.query.is_empty():
                return chosen
    return None


def reads_body(view: Any) -> bool:
    """Tell whether the code of *view* reads a request body by one of DRF's or Django's names for it."""
    return bool(read_names(_class_of(view)) & {"data", "POST", "FILES", "body", "stream"})
