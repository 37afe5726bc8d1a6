"""Find the serializers that the code of a view names, without running it."""

import functools
import inspect
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from rest_framework import serializers as drf, viewsets as drf_viewsets
from rest_framework.serializers import BaseSerializer

from hardening import serializers, viewsets
from hardening.resources.column_lists import FlatListMixin
from hardening.resources.idempotency import IdempotencyMixin
from hardening.resources.preconditions import PreconditionsMixin

MAX_CALLS = 3  # nested calls, counted from the methods of the view

_FRAMEWORK = {
    *viewsets.ModelViewSet.__mro__,
    *viewsets.DestroyModelMixin.__mro__,
    *FlatListMixin.__mro__,
    *IdempotencyMixin.__mro__,
    *PreconditionsMixin.__mro__,
    *drf_viewsets.ModelViewSet.__mro__,
}
_BASES = {
    base
    for module in (drf, serializers)
    for value in vars(module).values()
    if inspect.isclass(value)
    for base in value.__mro__
}


def own_classes(owner: type) -> list[type]:
    """Return the classes in the MRO of *owner* that belong neither to DRF nor to this package."""
    return [kind for kind in owner.__mro__ if kind not in _FRAMEWORK]


def depends_on_request(serializer: type) -> bool:
    """Return whether *serializer* computes its fields, so that they may depend on the context."""
    own = [kind for kind in serializer.__mro__ if kind not in _BASES]
    return any(name in vars(kind) for kind in own for name in ("__init__", "fields", "get_fields"))


@functools.cache
def read_names(owner: type, method: str | None = None) -> frozenset[str]:
    """Return the names in the code of *method*, or of every method, of *owner*, without the framework's methods."""
    namespaces = [vars(kind) for kind in own_classes(owner)]
    chosen = [value for namespace in namespaces for name, value in namespace.items() if method in (None, name)]
    functions = [function for value in chosen for function in _functions(value)]
    return frozenset(name for function in functions for name in _names(function.__code__))


def calls_parent_or(owner: type, method: str, other: str) -> bool:
    """Return whether every *method* in the classes of *owner* calls that of its parent, or the method *other*."""
    own = [vars(kind)[method] for kind in own_classes(owner) if method in vars(kind)]
    used = [{name for function in _functions(value) for name in _names(function.__code__)} for value in own]
    return all(other in names or {"super", method} <= names for names in used)


@functools.cache
def find_referenced(owner: type) -> tuple[type[BaseSerializer[Any]], ...]:
    """Return the serializers in the attributes of *owner*, and those named by its methods or functions they call."""
    serializers: dict[Any, None] = {}
    seen: set[int] = set()
    for kind in own_classes(owner):
        for value in vars(kind).values():
            _search(value, owner, serializers, seen, MAX_CALLS)
    return tuple(serializers)


def _search(value: Any, owner: type, found: dict[Any, None], seen: set[int], depth: int) -> None:
    """Add to *found* the serializers that *value* is, contains, or names in its code."""
    if depth < 0 or id(value) in seen:
        return
    seen.add(id(value))
    if inspect.isclass(value):
        if issubclass(value, BaseSerializer) and value not in _BASES:
            found[value] = None
    elif isinstance(value, Mapping | list | tuple | set | frozenset):
        for item in list(value.values() if isinstance(value, Mapping) else value):
            _search(item, owner, found, seen, depth - 1)
    else:
        for function in _functions(value):
            for named in _resolve(function, owner):
                _search(named, owner, found, seen, depth - 1)


def _functions(value: Any, outer: tuple[FunctionType, ...] = ()) -> Iterator[FunctionType]:
    """Yield the functions of *value*: of a method, a property, a partial, or a decorated function."""
    if isinstance(value, FunctionType) and value not in outer:
        yield value
        for content in _closure(value).values():
            yield from _functions(content, (*outer, value))
    elif isinstance(value, classmethod | staticmethod | MethodType):
        yield from _functions(value.__func__, outer)
    elif isinstance(value, property):
        yield from _functions(value.fget, outer)
    elif isinstance(value, functools.cached_property | functools.partial):
        yield from _functions(value.func, outer)


def _closure(function: FunctionType) -> dict[str, Any]:
    """Return the variables in the closure of *function* that are set."""
    variables = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # not set yet
            variables[name] = cell.cell_contents
    return variables


def _resolve(function: FunctionType, owner: type) -> Iterator[Any]:
    """Yield the values of the names in *function*: from its closure, its module, imported modules and *owner*."""
    closure = _closure(function)
    names = _names(function.__code__)
    for name in names:
        value = closure.get(name, function.__globals__.get(name))
        value = sys.modules.get(name) if value is None else value
        if isinstance(value, ModuleType):
            yield from (vars(value)[other] for other in names if other in vars(value))
        elif value is not None:
            yield value
        yield inspect.getattr_static(owner, name, None)


def _names(code: CodeType) -> set[str]:
    """Return the names in *code*, including those in nested functions."""
    nested = [name for constant in code.co_consts if isinstance(constant, CodeType) for name in _names(constant)]
    return {*code.co_names, *code.co_freevars, *nested}
