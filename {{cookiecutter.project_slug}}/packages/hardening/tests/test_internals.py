"""The private names of Django, DRF and drf-spectacular that hardening uses: an upgrade that changes one fails here.

`test_no_other_private_name_is_used` reads the sources, so that a new one has to be added to the tables below. Fewer is
better.
"""

import ast
import inspect
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models.base import ModelBase
from django.db.models.manager import BaseManager
from django.http import HttpRequest, HttpResponse
from drf_spectacular.openapi import AutoSchema
from rest_framework import pagination, serializers

import hardening

pytestmark = pytest.mark.once

SOURCES = Path(str(hardening.__file__)).parent

# Documented, in spite of the underscore: Django's "Model _meta API" and model instance reference, and the standard
# library's named tuples.
PUBLIC = {"_asdict", "_base_manager", "_default_manager", "_meta", "_replace", "_state"}

METHODS: dict[str, tuple[Any, list[str]]] = {
    "_do_update": (
        models.Model,
        ["self", "base_qs", "using", "pk_val", "values", "update_fields", "forced_update"],
    ),
    "_get_field_expression_map": (models.Model, ["self", "meta", "exclude"]),
    "_get_pk_val": (models.Model, ["self", "meta"]),
    "_get_position_from_instance": (pagination.CursorPagination, ["self", "instance", "ordering"]),
    "_get_response_bodies": (AutoSchema, ["self", "direction"]),
    "_insert_field_validators": (AutoSchema, ["self", "field", "schema"]),
    "_is_pk_set": (models.Model, ["self", "meta"]),
    "_map_serializer": (AutoSchema, ["self", "serializer", "direction", "bypass_extensions"]),
    "_map_serializer_field": (AutoSchema, ["self", "field", "direction", "bypass_extensions"]),
    "_prepare": (ModelBase, ["cls"]),
    "_set_content_type_params": (HttpRequest, ["self", "meta"]),
    "_update": (models.QuerySet, ["self", "values"]),
}


class _Serializer(serializers.Serializer[Any]):
    name = serializers.CharField()


def validated() -> Any:
    """Return a serializer that has validated its data."""
    serializer = _Serializer(data={"name": "a"})
    serializer.is_valid()
    return serializer


ATTRIBUTES: dict[str, Any] = {
    "_args": serializers.CharField,
    "_declared_fields": validated,
    "_errors": validated,
    "_fields": models.QuerySet,
    "_kwargs": serializers.CharField,
    "_non_atomic_requests": lambda: transaction.non_atomic_requests(lambda request: None),
    "_prefetch_done": models.QuerySet,
    "_prefetch_related_lookups": models.QuerySet,
    "_property_names": lambda: get_user_model()._meta,
    "_query": models.QuerySet,
    "_queryset_class": BaseManager.from_queryset(models.QuerySet),
    "_readable_fields": validated,
    "_resource_closers": HttpResponse,
    "_result_cache": models.QuerySet,
    "_validated_data": validated,
    "_writable_fields": validated,
}
# Set by hardening on objects of other classes.
OURS = {"_was_rejected"}
# Of a package that a project may not have: `third_party` has its tests.
OPTIONAL = {"_get_parent_lookup_kwargs"}  # drf-nested-routers


@pytest.mark.parametrize("name", METHODS)
def test_a_private_method_has_the_arguments_that_it_is_called_with(name):
    owner, arguments = METHODS[name]

    assert [*inspect.signature(vars(owner)[name]).parameters][: len(arguments)] == arguments


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_a_private_attribute_exists(name):
    assert hasattr(ATTRIBUTES[name](), name)


def trees() -> Iterator[ast.Module]:
    """Yield the parsed modules of hardening."""
    for path in SOURCES.rglob("*.py"):
        yield ast.parse(path.read_text(encoding="utf-8"))


def read_names(tree: ast.AST) -> Iterator[str]:
    """Yield the private attributes that *tree* reads or sets, by themselves or with `getattr()`."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.Call(ast.Name("getattr" | "hasattr"), [_, ast.Constant(str(name)), *_]):
                if name.startswith("_") and not name.startswith("__"):
                    yield name


def own_names(tree: ast.AST) -> Iterator[str]:
    """Yield the names that *tree* defines itself: functions, classes, variables, and attributes of `self`."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name) | ast.ClassDef(name) | ast.Name(name, ast.Store()):
                yield name
            case ast.Attribute(ast.Name("self" | "cls"), name, ast.Store()):
                yield name


def overridden() -> Iterator[str]:
    """Yield the private methods of other packages that classes of hardening override."""
    for found in pkgutil.walk_packages(hardening.__path__, "hardening."):
        if ".testing" in found.name or ".migrations" in found.name:
            continue
        module = import_module(found.name)
        for cls in vars(module).values():
            if inspect.isclass(cls) and cls.__module__ == found.name:
                foreign = [base for base in cls.__mro__[1:] if base.__module__.partition(".")[0] in FOREIGN]
                yield from (
                    name
                    for name, value in vars(cls).items()
                    if name.startswith("_") and not name.startswith("__") and inspect.isfunction(value)
                    if any(name in vars(base) for base in foreign)
                )


FOREIGN = {"django", "drf_spectacular", "knox", "rest_framework"}


def test_no_other_private_name_is_used():
    parsed = list(trees())
    own = {name for tree in parsed for name in own_names(tree)}
    read = {name for tree in parsed for name in read_names(tree)}
    known = PUBLIC | METHODS.keys() | ATTRIBUTES.keys() | OPTIONAL | OURS

    assert (read - own) | set(overridden()) <= known
    assert [name for name in known if name not in read | set(overridden())] == []
