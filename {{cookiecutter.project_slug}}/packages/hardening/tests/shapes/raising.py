"""A serializer and a view that raise what a request asks for, where it asks for it."""

from typing import Any

from django.core.exceptions import (
    BadRequest,
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError as DjangoValidationError,
)
from django.db import OperationalError
from django.http import Http404, UnreadablePostError
from django.urls import path
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from hardening import serializers
from hardening.exceptions import Code, Conflict, FieldError, Forbidden, Gone, Locked, TryAgain, UnprocessableEntity
from hardening.views import APIView
from shapes.models import Badge


class Teapot(FieldError):
    status_code = 418
    default_detail = "Short and stout."
    default_code = "teapot"


class NameTaken(FieldError):
    status_code = 409
    default_detail = "This name is taken."
    default_code = "name_taken"
    default_field = "name"


class Fine(FieldError):
    status_code = 200
    default_detail = "An error, for clients that read nothing else."


ERRORS: dict[str, Any] = {
    "conflict": Conflict,
    "conflict-text": lambda: Conflict("Taken."),
    "conflict-texts": lambda: Conflict(["One.", "Two."]),
    "conflict-field": lambda: Conflict("Taken.", field="name"),
    "conflict-fields": lambda: Conflict({"name": "Taken.", "note": ["So is this."]}),
    "mixed": lambda: serializers.ValidationError({"name": Conflict("Taken.").detail, "note": Locked("Shut.").detail}),
    "name-taken": NameTaken,
    "forbidden": Forbidden,
    "gone": Gone,
    "unprocessable": UnprocessableEntity,
    "locked": Locked,
    "teapot": Teapot,
    "fine": Fine,
    "plain": lambda: serializers.ValidationError("Wrong."),
    "plain-unique": lambda: serializers.ValidationError("Taken.", "unique"),
    "django": lambda: DjangoValidationError({"name": DjangoValidationError("Taken.", Code("taken", 409))}),
    "django-plain": lambda: DjangoValidationError("Wrong."),
    "permission": PermissionDenied,
    "404": Http404,
    "missing": Badge.DoesNotExist,
    "missing-other": ObjectDoesNotExist,
    "suspicious": SuspiciousOperation,
    "bad-request": BadRequest,
    "too-big": RequestDataTooBig,
    "unreadable": UnreadablePostError,
    "throttled": lambda: exceptions.Throttled(wait=7),
    "try-again": TryAgain,
    "coded": lambda: exceptions.AuthenticationFailed(
        {"detail": "A.", "code": "not_found", "messages": [{"secret": 1}]}
    ),
    "database": lambda: OperationalError("secret driver text"),
    "bug": lambda: ZeroDivisionError("secret text"),
}


def stop(serializer: Any, place: str) -> None:
    wanted = serializer.root.initial_data
    wanted = wanted[0] if isinstance(wanted, list) else wanted
    if wanted.get("where") == place:
        make = ERRORS[wanted["error"]]
        raise make()


class RaisingField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        stop(self, "field")
        return super().to_internal_value(data)


def validator(value: str, field: Any) -> None:
    stop(field, "validator")


validator.requires_context = True  # type: ignore[attr-defined]  # how DRF asks for the field


class InnerSerializer(serializers.Serializer):
    name = RaisingField(validators=[validator])

    def validate(self, attrs: Any) -> Any:
        stop(self, "inner")
        return attrs


class RaisingSerializer(serializers.Serializer):
    name = RaisingField(validators=[validator])
    note = serializers.CharField(max_length=5, required=False)
    inner = InnerSerializer(required=False)
    inners = InnerSerializer(many=True, required=False)
    where = serializers.CharField(required=False)
    error = serializers.CharField(required=False)

    def validate_name(self, value: str) -> str:
        stop(self, "validate_name")
        return value

    def validate(self, attrs: Any) -> Any:
        stop(self, "validate")
        return attrs

    def create(self, validated_data: Any) -> Any:
        stop(self, "create")
        return validated_data


class RaisingModelSerializer(serializers.ModelSerializer):
    """The same, with a model behind it: `save()` explains what the database says."""

    where = serializers.CharField(write_only=True)
    error = serializers.CharField(write_only=True)
    name = serializers.CharField(source="number")

    class Meta:
        model = Badge
        fields = ("name", "note", "where", "error")

    def create(self, validated_data: Any) -> Any:
        stop(self, "create")
        raise AssertionError


class RaisingView(APIView):
    """Raises in its serializer, or by itself."""

    serializer_class: Any = RaisingSerializer

    def post(self, request: Request, **kwargs: Any) -> Response:
        if isinstance(request.data, dict) and request.data.get("where") == "view":
            make = ERRORS[request.data["error"]]
            raise make()
        many = isinstance(request.data, list)
        serializer = self.serializer_class(data=request.data, many=many, context={"request": request, "view": self})
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(status=201)


class RaisingObjectView(RaisingView):
    """Is about one object, which the URL names."""

    queryset = Badge.objects.all()


urlpatterns = [
    path("", RaisingView.as_view()),
    path("model/", RaisingView.as_view(serializer_class=RaisingModelSerializer)),
    path("<int:pk>/", RaisingObjectView.as_view()),
]
