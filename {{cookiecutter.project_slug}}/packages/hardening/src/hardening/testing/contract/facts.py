"""Describe the serializers and models of an app for its `contract.json`; this needs no database."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db.models import CheckConstraint, Model, UniqueConstraint
from rest_framework.relations import ManyRelatedField
from rest_framework.serializers import BaseSerializer, ListSerializer
from rest_framework.settings import api_settings

from hardening.integrity.constraints import ModelConstraint, get_constraints
from hardening.integrity.reporting import find_field_name
from hardening.serializers.polymorphic import chosen_by_type
from hardening.testing.contract.documents import Document
from hardening.testing.contract.visibility import describe_visibility
from hardening.testing.routes import Route, list_routes


def describe(app: str) -> Document:
    """Return the parts of the document of *app* that follow from its code, without the empty ones."""
    routes = [route for route in list_routes() if route.app == app]
    parts = {"serializers": describe_serializers(routes), "models": describe_models(app)}
    return {name: part for name, part in parts.items() if part}


def name_subjects(app: str) -> dict[str, str]:
    """Return the names of the routes that use each serializer and model of *app*."""
    subjects: dict[str, list[str]] = {}
    for route in list_routes():
        found = [type(each) for top in route.list_serializers() for each in _list_nested(top)]
        models = [getattr(getattr(kind, "Meta", None), "model", None) for kind in found]
        for name in {kind.__name__ for kind in (*found, *models, route.model) if kind is not None}:
            if route.app == app:
                subjects.setdefault(name, []).append(route.name)
    return {name: ", ".join(sorted(routes)) for name, routes in subjects.items()}


def describe_serializers(routes: list[Route]) -> Document:
    """Return `{serializer: {field: how it is used}}` for all serializers of *routes*, nested ones included."""
    found = {}
    for route in routes:
        for top in route.list_serializers():
            for serializer in _list_nested(top):
                fields = getattr(serializer, "fields", {})
                found[type(serializer).__name__] = {name: _describe_field(field) for name, field in fields.items()}
    return found


def _list_nested(serializer: Any) -> Iterator[Any]:
    serializer = serializer.child if isinstance(serializer, ListSerializer) else serializer
    yield serializer
    for field in (*getattr(serializer, "fields", {}).values(), *chosen_by_type(serializer)):
        if isinstance(field, BaseSerializer):
            yield from _list_nested(field)


def _describe_field(field: Any) -> str:
    use = "read-only" if field.read_only else "write-only" if field.write_only else "read and write"
    related = field.child_relation if isinstance(field, ManyRelatedField) else field
    nested = getattr(field, "child", field)
    if scope := getattr(related, "scope", None):
        return f"{use}, restricted by {getattr(scope, '__name__', type(scope).__name__)}"
    return f"{use}, as {type(nested).__name__}" if isinstance(nested, BaseSerializer) else use


def describe_models(app: str) -> Document:
    """Return the constraints, validators, immutable fields and visible rows of every model of *app*."""
    models = apps.get_app_config(app).get_models() if app else ()
    return {model.__name__: described for model in models if (described := _describe_model(model))}


def _describe_model(model: type[Model]) -> Document:
    parts: Document = {
        "constraints": {each.definition.name: describe_constraint(each, model) for each in list_constraints(model)},
        "immutable_fields": sorted(getattr(model, "immutable_fields", ())),
        "validators": {field.name: text for field in model._meta.fields if (text := describe_validators(field))},
        "visible_to": describe_visibility(model),
    }
    return {name: part for name, part in parts.items() if part}


def describe_validators(field: Any) -> str:
    """Describe the validators that the code of the model lists for *field*, as in `MinValueValidator(1)`."""
    declared = field.deconstruct()[-1].get("validators", ())
    return ", ".join(_describe_validator(validator) for validator in declared)


def _describe_validator(validator: Any) -> str:
    if not hasattr(validator, "deconstruct"):
        return getattr(validator, "__name__", type(validator).__name__)
    path, args, options = validator.deconstruct()
    arguments = [*map(repr, args), *(f"{name}={value!r}" for name, value in sorted(options.items()))]
    return f"{path.rpartition('.')[-1]}({', '.join(arguments)})"


def list_constraints(model: type[Model]) -> list[ModelConstraint]:
    """Return the constraints of *model*, except for primary keys that the database generates."""
    automatic = {field.name for field in model._meta.pk_fields if not field.editable or field.auto_created}
    return [each for each in get_constraints(model) if not set(each.fields) <= automatic]


def describe_constraint(constraint: ModelConstraint, model: type[Model]) -> str:
    """Describe *constraint*, as in `unique: owner, name; 409 under name`."""
    if constraint.internal:
        return f"{_describe_rule(constraint)}; internal"
    serializers = [found for route in list_routes() for top in route.list_serializers() for found in _list_nested(top)]
    own = [each for each in serializers if getattr(getattr(each, "Meta", None), "model", None) is model]
    keys = {find_field_name(serializer, constraint) for serializer in own}
    names = ", ".join(sorted(keys - {api_settings.NON_FIELD_ERRORS_KEY} or keys))
    return f"{_describe_rule(constraint)}; {constraint.status}{f' under {names}' if names else ''}"


def _describe_rule(constraint: ModelConstraint) -> str:
    definition: Any = constraint.definition
    if isinstance(definition, CheckConstraint):
        return f"check: {definition.condition}"
    if not isinstance(definition, UniqueConstraint):
        return f"{type(definition).__name__}: {definition.expressions}"
    rule = ", ".join(map(str, definition.fields or definition.expressions))
    condition = f" if {definition.condition}" if definition.condition else ""
    return f"unique: {rule}{condition}{' with nulls' if definition.nulls_distinct is False else ''}"
