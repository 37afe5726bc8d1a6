"""Build a valid request body for a route, from the serializer of the route and the factory of its model.

For fields that are not columns of a model, such as a password to confirm, a module of factories may define
`BODIES = {"<route>": {"<field>": <value>}}`, also with a function of the user instead of the dictionary.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import Model
from django.urls import reverse
from rest_framework import serializers
from rest_framework.fields import HiddenField, empty
from rest_framework.relations import HyperlinkedRelatedField, ManyRelatedField, RelatedField, SlugRelatedField
from rest_framework.serializers import BaseSerializer, ListSerializer
from rest_framework.utils.encoders import JSONEncoder

from hardening.checks.choices import find_serializers
from hardening.checks.routes import make_serializer
from hardening.checks.stand_ins import send_stand_in
from hardening.serializers.composite_fields import ConfirmField
from hardening.serializers.polymorphic import chosen_by_type
from hardening.testing.example_values import make_file, make_value
from hardening.testing.factories import build_unsaved, create_for, find_hook
from hardening.testing.routes import Route

METHODS = ("POST", "PUT", "PATCH")


class MissingValue(LookupError):
    """A required field has no value; the message names the hook to write."""


def build_body(route: Route, method: str, user: Any, /, **values: Any) -> Any:
    """Return a valid request body of *method* for *user*, with *values*; None if the route reads no body.

    Unique fields have another value at each call. The result is JSON, except for uploaded files.
    """
    serializer = find_request_serializer(route, method)
    if serializer is None:
        return None
    hook = find_hook("BODIES").get(route.name, {})
    given = {**(hook(user) if callable(hook) else hook), **values}
    try:
        if isinstance(serializer, ListSerializer):
            return [_build_object(serializer.child, user, given)]
        return _build_object(serializer, user, given)
    except MissingValue as error:
        app = route.app or "<app>"
        raise MissingValue(
            f'{method} {route.name}: no factory has a value for {error}: add BODIES["{route.name}"] to '
            f"tests/{app}/factories.py."
        ) from None


def path_of(route: Route, instance: Any = None) -> str:
    """Return the path of *route* for *instance*, with the hook `PATHS = {"<route>": function of the instance}`."""
    return route.path(instance, find_hook("PATHS"))


def find_request_serializer(route: Route, method: str) -> Any:
    """Return an instance of the serializer that reads the request body of *method*, or None if there is none."""
    if method not in METHODS or method not in route.methods:
        return None
    prepared = send_stand_in(route.view, method.lower(), "user")
    changed = () if method == "POST" or route.model is None else (route.model(),)
    if hasattr(prepared, "get_serializer") and getattr(prepared, "serializer_class", None) is not None:
        serializer: Any = prepared.get_serializer(*changed, data={}, partial=method == "PATCH")
        return serializer if list(list_writable_fields(serializer)) or chosen_by_type(serializer) else None
    return _find_declared(route, prepared)


def _find_declared(route: Route, prepared: Any) -> Any:
    """Return the only serializer with writable fields that the code of the view names."""
    instances = [make_serializer(kind, prepared) for kind in find_serializers(route.view).serializers]
    candidates = [serializer for serializer in instances if list(list_writable_fields(serializer))]
    hook = find_hook("SERIALIZERS").get(route.name)
    if hook is not None:
        return make_serializer(hook, prepared)
    if len(candidates) > 1:
        names = ", ".join(type(serializer).__name__ for serializer in candidates)
        raise MissingValue(
            f'{route.name} uses several serializers ({names}): add SERIALIZERS["{route.name}"] to '
            f"tests/{route.app or '<app>'}/factories.py."
        )
    return candidates[0] if candidates else None


def list_writable_fields(serializer: Any) -> Iterator[tuple[str, Any]]:
    """Yield the name and the field of everything that a request body may contain."""
    for name, field in getattr(getattr(serializer, "child", serializer), "fields", {}).items():
        if not field.read_only and not isinstance(field, HiddenField):
            yield name, field


def _build_object(serializer: Any, user: Any, given: dict[str, Any]) -> dict[str, Any]:
    """Return a valid object for *serializer*, with the values that are *given* by the name of the field."""
    if chosen := chosen_by_type(serializer):
        kind = serializer.to_resource_type(chosen[0].Meta.model)
        return {serializer.resource_type_field_name: kind, **_build_object(chosen[0], user, given)}
    model = getattr(getattr(serializer, "Meta", None), "model", None)
    instance = None if model is None else build_unsaved(user, model)
    body: dict[str, Any] = {}
    for name, field in list_writable_fields(serializer):
        if name not in given and field.write_only and not field.required:
            continue  # such as a new password, which another field must accompany
        value = given[name] if name in given else _find_value(field, instance, user)
        if value is not empty:
            body[name] = value
        elif field.required and not isinstance(field, ConfirmField):
            raise MissingValue(f"{type(serializer).__name__}.{name}")
    copies = {name: field.confirms for name, field in list_writable_fields(serializer) if _is_copy(field, name, given)}
    return body | {name: body[original] for name, original in copies.items() if original in body}


def _is_copy(field: Any, name: str, given: dict[str, Any]) -> bool:
    return isinstance(field, ConfirmField) and name not in given


def _find_value(field: Any, instance: Model | None, user: Any) -> Any:
    """Return a valid value for *field*: that of *instance*, an unsaved row, or an example of its type; or `empty`."""
    if isinstance(field, ConfirmField):
        return empty
    if isinstance(field, ListSerializer):
        return [_build_object(field.child, user, {})]
    if isinstance(field, BaseSerializer):
        return _build_object(field, user, {})
    if isinstance(field, ManyRelatedField):
        return [name_of(create_for(user, related_model(field.child_relation)), field.child_relation)]
    if isinstance(field, serializers.FileField):
        return make_file(field)
    value = _read(field, instance)
    if isinstance(field, RelatedField):
        return _name_related(field, value, user)
    if value is None or (value == "" and not getattr(field, "allow_blank", True)):
        return (None if field.allow_null else empty) if not field.required else make_value(field)
    shown = field.to_representation(value)
    return json.loads(json.dumps(shown, cls=JSONEncoder))


def _read(field: Any, instance: Any) -> Any:
    """Return the value of *field* in *instance*, or None if it has none."""
    for name in field.source_attrs:
        try:
            instance = getattr(instance, name, None)
        except (ValueError, LookupError):  # a many-to-many relation of an unsaved row
            return None
    return instance


def _name_related(field: Any, target: Any, user: Any) -> Any:
    if target is None and not field.required:
        return None if field.allow_null else empty
    return name_of(create_for(user, related_model(field)) if target is None else target, field)


def related_model(field: Any) -> Any:
    """Return the model that a related field refers to."""
    queryset = field.queryset if field.queryset is not None else field.get_queryset()
    return queryset.model


def name_of(target: Any, field: Any) -> Any:
    """Return the value that refers to *target* in *field* of a request body."""
    if isinstance(field, HyperlinkedRelatedField):
        key = getattr(target, field.lookup_field)
        return "http://testserver" + reverse(field.view_name, kwargs={field.lookup_url_kwarg: key})
    value = getattr(target, field.slug_field) if isinstance(field, SlugRelatedField) else target.pk
    return json.loads(json.dumps(value, cls=JSONEncoder))
