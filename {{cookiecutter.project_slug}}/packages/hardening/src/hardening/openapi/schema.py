"""drf-spectacular's `AutoSchema` with the error responses of every operation."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema as SpectacularAutoSchema
from drf_spectacular.plumbing import ResolvedComponent, force_instance, get_lib_doc_excludes, list_hash
from rest_framework import serializers
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.settings import api_settings

from hardening.deprecation import list_deprecated_fields
from hardening.errors.problem_details import JSON, PROBLEM_JSON, phrase
from hardening.openapi.conflicts import Conflict, find_conflicts
from hardening.serializers.polymorphic import chosen_by_type

# The strings that a text field accepts: without NUL and, unless it may be blank, with more than white space.
_ANY_TEXT = r"^[^\x00]*$"
_SOME_TEXT = r"^[^\x00]*[^\x00\s\x1c-\x1f\x85][^\x00]*$"

_ENUM_ID = "x-spec-enum-id"  # drf-spectacular's own key, which it removes

_WITH_A_BODY = ("POST", "PUT", "PATCH")

_TEXTS = {"type": "array", "items": {"type": "string"}}
_NESTED_TEXTS = {"anyOf": [_TEXTS, {"type": "object", "additionalProperties": True}]}

_ERROR = {
    "type": "object",
    "description": "An error that concerns the request as a whole.",
    "properties": {"detail": {"type": "string"}, "code": {"type": "string"}},
    "required": ["detail", "code"],
    "additionalProperties": False,
}
_PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457), for clients that accept `application/problem+json`.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri"},
        "request_id": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "A JSON pointer (RFC 6901) into the request body."},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
                "required": ["pointer", "code", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "request_id"],
}


class AutoSchema(SpectacularAutoSchema):
    """Describe every error status of an operation, in both formats of the error document."""

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        for status in getattr(self.view, "get_empty_statuses", _nothing)(self.method):
            bodies[str(status)] = {"description": phrase(status)}
        for status in sorted(self.error_statuses()):
            bodies.setdefault(str(status), self.error_response(status))
        return bodies

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return the security schemes; authentication is optional for a view that allows any client."""
        schemes: list[dict[str, list[str]]] = super().get_auth()
        is_open = any(isinstance(permission, AllowAny) for permission in self.view.get_permissions())
        return [*schemes, {}] if is_open and {} not in schemes else schemes

    def _map_serializer(self, serializer: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        schema: Any = SpectacularAutoSchema._map_serializer(self, serializer, direction, bypass_extensions)
        _separate_enums(schema, type(serializer).__name__)
        for name in list_deprecated_fields(serializer).keys() & schema.get("properties", {}).keys():
            schema["properties"][name] = {**schema["properties"][name], "deprecated": True}
        if direction == "request" and schema.get("type") == "object":
            if not chosen_by_type(serializer.parent):  # whose body also contains the name of the type
                schema["additionalProperties"] = False  # unknown field names are rejected
            for key, field in serializer.fields.items():
                if key in schema["properties"] and getattr(field, "max_items", None) is not None:
                    schema["properties"][key]["maxItems"] = field.max_items
        return schema

    def _insert_field_validators(self, field: Any, schema: Any) -> None:
        SpectacularAutoSchema._insert_field_validators(self, field, schema)
        is_text = isinstance(field, serializers.CharField) and schema.get("type") == "string" and not field.read_only
        if is_text and not {"pattern", "format", "enum"} & schema.keys():
            schema["pattern"] = _ANY_TEXT if field.allow_blank or not field.trim_whitespace else _SOME_TEXT

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters of the operation, with the request headers that the view reads."""
        parameters: list[Any] = super().get_override_parameters()
        return [*parameters, *getattr(self.view, "get_header_parameters", _nothing)(self.method)]

    def is_deprecated(self) -> bool:
        """Return whether the operation is deprecated, by drf-spectacular's decorator or by the view's attribute."""
        return bool(super().is_deprecated()) or getattr(self.view, "deprecated", None) is not None

    def own_statuses(self) -> set[int]:
        """Return the error statuses that the view itself declares."""
        return set(getattr(self.view, "get_error_statuses", _nothing)(self.method))

    def error_statuses(self) -> set[int]:
        """Return all error statuses of the operation."""
        statuses = {400, 405, 406, 503} | self.own_statuses()
        if self.view.get_authenticators():
            statuses.add(401)
        permissions = self.view.get_permissions()
        if any(not isinstance(permission, (AllowAny, IsAuthenticated)) for permission in permissions):
            statuses.add(403)
        if "{" in self.path:
            statuses.add(404)
        if self.view.get_throttles():
            statuses.add(429)
        if self.method in _WITH_A_BODY:
            statuses |= {411, 413, 415}
        if self.method == "DELETE":
            statuses.add(409)
        return statuses | {conflict.status for conflict in self.conflicts(creates=self.method == "POST")}

    def conflicts(self, *, creates: bool) -> set[Conflict]:
        """Return the constraint violations that the request body can cause."""
        if self.method not in _WITH_A_BODY:
            return set()
        model = getattr(getattr(self.view, "queryset", None), "model", None)
        return find_conflicts(self.body_serializer(), model, creates=creates)

    def body_serializer(self) -> Any:
        """Return the serializer of the request body (of one item, if it is a list); None without a request body."""
        serializer = force_instance(self.get_request_serializer()) if self.method in _WITH_A_BODY else None
        return getattr(serializer, "child", serializer)

    def error_response(self, status: int) -> dict[str, Any]:
        """Return the response object for *status*; a reference to a shared one unless it depends on the operation."""
        problem = self.shared("Problem", _PROBLEM)
        schema = self.error_schema(status)
        content = {JSON: {"schema": schema}, PROBLEM_JSON: {"schema": problem}}
        response = {"description": phrase(status), "content": content}
        if schema != self.shared("Error", _ERROR):
            return response
        return self.shared(phrase(status).title().replace(" ", ""), response, ResolvedComponent.RESPONSE)

    def error_schema(self, status: int) -> dict[str, Any]:
        """Return the schema of DRF's JSON for *status*: an error of the request, or messages under field names."""
        error = self.shared("Error", _ERROR)
        kinds = [self.body_serializer(), *chosen_by_type(self.body_serializer())]
        fields = {key: field for kind in kinds for key, field in getattr(kind, "fields", {}).items()}
        if status == HTTPStatus.BAD_REQUEST:
            defaults = {key for kind in kinds for key in _list_create_defaults(kind)}
            own = {key: field for key, field in fields.items() if not field.read_only or key in defaults}
            return {"anyOf": [self.errors_schema("Errors", own), error]}
        # Those of a create for all methods, so that they share one schema.
        keys = {conflict.key for conflict in self.conflicts(creates=True) if conflict.status == status}
        if not keys:
            return error
        conflicting = {key: field for key, field in fields.items() if key in keys and not field.read_only}
        conflict = self.errors_schema(phrase(status).title().replace(" ", ""), conflicting)
        return {"anyOf": [conflict, error]} if status in self.own_statuses() or self.is_custom() else conflict

    def errors_schema(self, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the schema of messages under the names of *fields*; for a list, under the index of each item."""
        serializer = self.body_serializer()
        name = "Query" if serializer is None else type(serializer).__name__.removesuffix("Serializer")
        schema = self.shared(f"{name}{kind}", _build_errors_schema(fields))
        if serializer is not None and hasattr(force_instance(self.get_request_serializer()), "child"):
            return {"type": "object", "additionalProperties": {"anyOf": [_TEXTS, schema]}}
        return schema

    def is_custom(self) -> bool:
        """Return whether the project wrote the handler itself, which may also reject a request as a whole."""
        return getattr(self.view, "action", None) not in ("create", "update", "partial_update")

    def shared(self, name: str, content: dict[str, Any], kind: str = ResolvedComponent.SCHEMA) -> dict[str, Any]:
        """Register *content* as the component *name* of the *kind* unless it exists, and return a reference to it."""
        component = ResolvedComponent(name=name, type=kind, schema=content, object=name)
        self.registry.register_on_missing(component)
        reference: dict[str, Any] = component.ref
        return reference


def _separate_enums(schema: Any, owner: str) -> None:
    """Give the choices of each property an id of their own.

    drf-spectacular names an enumeration after its property, and warns if two properties share choices or a name. With
    ids of their own, two of them are called `InvoiceStateEnum` and `OrderStateEnum`, and a single one `StateEnum`.
    """
    for name, value in schema.get("properties", {}).items():
        choices = value.get("items", value)
        if _ENUM_ID in choices:
            choices[_ENUM_ID] = list_hash([owner, name, choices[_ENUM_ID]])


def _nothing(method: str) -> tuple[()]:
    return ()


def _list_create_defaults(serializer: Any) -> Iterable[str]:
    return getattr(getattr(serializer, "Meta", None), "create_defaults", ())


def _build_errors_schema(fields: dict[str, Any]) -> dict[str, Any]:
    properties = {key: _NESTED_TEXTS if _is_composite(field) else _TEXTS for key, field in fields.items()}
    properties[str(api_settings.NON_FIELD_ERRORS_KEY)] = _TEXTS
    return {"type": "object", "properties": properties, "additionalProperties": _TEXTS}


def _is_composite(field: Any) -> bool:
    return isinstance(field, _COMPOSITES)


_COMPOSITES = (
    serializers.BaseSerializer,
    serializers.DictField,
    serializers.ListField,
    serializers.ManyRelatedField,
)


class BearerScheme(OpenApiAuthenticationExtension):
    """The security scheme of `BearerAuthentication`."""

    target_class = "hardening.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


def undescribed() -> list[type]:
    """Return base classes whose docstrings are not descriptions for the OpenAPI document (`GET_LIB_DOC_EXCLUDES`)."""
    # The views import this module.
    from hardening import serializers as own, views, viewsets  # noqa: PLC0415  # see above
    from hardening.resources import column_lists, idempotency, preconditions  # noqa: PLC0415  # see above

    bases = [own.Serializer, own.ModelSerializer, own.HyperlinkedModelSerializer, own.ListSerializer, views.APIView]
    mixins = [idempotency.IdempotencyMixin, preconditions.PreconditionsMixin, column_lists.FlatListMixin]
    kinds = [viewsets.GenericViewSet, viewsets.ModelViewSet, viewsets.DestroyModelMixin]
    return [*get_lib_doc_excludes(), *bases, *mixins, *kinds]
