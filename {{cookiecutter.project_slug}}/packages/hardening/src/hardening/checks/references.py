"""The serializers that the code of a view names, found without running it."""

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

MAX_CALLS = 3  # functions that call one another, from the view's own on

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
    """Return the classes of *owner*'s line that are neither DRF's nor ours."""
    return [each for each in owner.__mro__ if each not in _FRAMEWORK]


def depends_on_request(serializer: type) -> bool:
    """Tell whether *serializer* computes its fields, which the context may decide on."""
    own = [each for each in serializer.__mro__ if each not in _BASES]
    return any(name in vars(each) for each in own for name in ("__init__", "fields", "get_fields"))


@functools.cache
def read_names(owner: type, method: str | None = None) -> frozenset[str]:
    """Return the names that *method*, or every method, of *owner* uses; without the frameworks' methods."""
    values = [vars(each) for each in own_classes(owner)]
    chosen = [value for each in values for name, value in each.items() if method in (None, name)]
    functions = [function for value in chosen for function in _functions(value)]
    return frozenset(name for function in functions for name in _names(function.__code__))


def calls_parent_or(owner: type, method: str, other: str) -> bool:
    """Tell whether every *method* of *owner*'s classes calls the one of its parent, or a method *other*."""
    own = [vars(each)[method] for each in own_classes(owner) if method in vars(each)]
    used = [{name for function in _functions(each) for name in _names(function.__code__)} for each in own]
    return all(other in names or {"super", method} <= names for names in used)


@functools.cache
def find_referenced(owner: type) -> tuple[type[BaseSerializer[Any]], ...]:
    """Return the serializers in *owner*'s attributes, and those that its methods and the functions they call name."""
    found: dict[Any, None] = {}
    seen: set[int] = set()
    for each in own_classes(owner):
        for value in vars(each).values():
            _search(value, owner, found, seen, MAX_CALLS)
    return tuple(found)


def _search(value: Any, owner: type, found: dict[Any, None], seen: set[int], depth: int) -> None:
    """Add the serializers that *value* is, contains, or names in its code to *found*."""
    if depth < 0 or id(value) in seen:
        return
    seen.add(id(value))
    if inspect.isclass(value):
        if issubclass(value, BaseSerializer) and value not in _BASES:
            found[value] = None
    elif isinstance(value, Mapping | list | tuple | set | frozenset):
        for each in list(value.values() if isinstance(value, Mapping) else value):
            _search(each, owner, found, seen, depth - 1)
    else:
        for function in _functions(value):
            for each in _resolve(function, owner):
                _search(each, owner, found, seen, depth - 1)


def _functions(value: Any, outer: tuple[FunctionType, ...] = ()) -> Iterator[FunctionType]:
    """Yield the functions behind *value*: of a method, a property, a partial, or whatever a decorator wraps."""
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
    """Return the variables of the functions around *function* that it uses, as far as they are set."""
    found = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # not set yet
            found[name] = cell.cell_contents
    return found


def _resolve(function: FunctionType, owner: type) -> Iterator[Any]:
    """Yield the values of the names in *function*: of its closure, its module, *owner*, and of imported modules."""
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
    """Return the names in *code* and in the functions that it defines."""
    nested = [name for each in code.co_consts if isinstance(each, CodeType) for name in _names(each)]
    return {*code.co_names, *code.co_freevars, *nested}
