"""Find the serializers and the queryset that a view chooses, by calling its methods with stand-in requests."""

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

# Exceptions that views raise on purpose, as responses.
RESPONSES = (APIException, Http404, PermissionDenied)

# Parts of a request that are empty in a stand-in.
_UNKNOWN_PARTS = {"data", "query_params", "GET", "POST", "FILES", "META", "headers", "COOKIES", "session", "auth"}

# Functions that can return a class without its name in the code.
_LOOKUPS = {"__import__", "eval", "getattr", "globals", "import_module", "import_string", "locals", "vars"}


class Chosen(NamedTuple):
    """Serializer classes, each with the prepared view that uses it; *problem* says what could not be determined."""

    serializers: dict[type[BaseSerializer[Any]], Any]
    problem: str | None


def find_serializers(view: Any) -> Chosen:
    """Return the serializers that *view* can use: those that it chooses, declares, or names in its code."""
    serializers: dict[type[BaseSerializer[Any]], Any] = {}
    problems: list[str] = []
    prepared = view
    for method, kind in _list_requests(view):
        try:
            prepared = send_stand_in(view, method, kind)
            serializers |= dict.fromkeys(_choose(prepared, method), prepared)
        except RESPONSES:
            continue
        except Exception as error:  # noqa: BLE001  # raised by the project's code
            if kind != "anonymous":  # whose requests end before a serializer is chosen
                problems.append(f"{method.upper()}, {describe_exception(error)}")
    named = [*_classes(getattr(view, "serializer_classes", ())), *find_referenced(_class_of(view))]
    if _depends_on_unknown_parts(view, set(serializers), set(named)):
        problems.append("it depends on the content of the request")
    for serializer in named:
        serializers.setdefault(serializer, prepared)
    return Chosen(serializers, None if hasattr(view, "serializer_classes") or not problems else problems[0])


def _class_of(view: Any) -> Any:
    # Untyped, because the type checker does not consider a metaclass of `Any` hashable, as `functools.cache` requires.
    return type(view)


def _list_requests(view: Any) -> Iterator[tuple[str, str]]:
    """Yield the methods and kinds of users to call *view* with: a single one if its serializer is always the same."""
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
    """Return whether the project, or a package that it uses, overrides the method *name* of the framework's views."""
    return any(name in vars(kind) for kind in own_classes(type(view)))


def _depends_on_unknown_parts(view: Any, chosen: set[Any], named: set[Any]) -> bool:
    """Return whether `get_serializer_class()` can choose a class by content of the request that a stand-in lacks."""
    names = read_names(_class_of(view), "get_serializer_class")
    return bool(names & _UNKNOWN_PARTS) and bool(names & _LOOKUPS or chosen - named)


def _choose(view: Any, method: str) -> Iterator[type[BaseSerializer[Any]]]:
    """Yield the serializer classes that the methods of a prepared *view* return."""
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
        for item in value:
            yield from _classes(item)


def chooses_rows(view: Any) -> bool:
    """Return whether *view* overrides `get_queryset()`."""
    return hasattr(view, "get_queryset") and is_overridden(view, "get_queryset")


def find_queryset(view: Any) -> Any:
    """Return the queryset that *view* declares, or that it returns for some user; None if there is none."""
    declared = getattr(view, "queryset", None)
    if declared is not None or not chooses_rows(view):
        return declared
    for method in served_methods(view):
        for kind in ("user", "staff"):
            try:
                chosen = send_stand_in(view, method, kind).get_queryset()
            except Exception:  # noqa: BLE001, S112  # raised by the project's code, and reported by `hardening.E028`
                continue
            if isinstance(chosen, QuerySet) and not chosen.query.is_empty():
                return chosen
    return None


def reads_body(view: Any) -> bool:
    """Return whether the code of *view* reads the request body by an attribute of DRF's or Django's request."""
    return bool(read_names(_class_of(view)) & {"data", "POST", "FILES", "body", "stream"})
