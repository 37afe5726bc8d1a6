"""The views that show the schema and the error codes; DRF loads the schema's class while it loads these."""

import functools
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from hardening.errors.codes import entries
from hardening.negotiation import ContentNegotiation
from hardening.permissions import Public
from hardening.views import APIView


class FormatNegotiation(ContentNegotiation):
    """Takes `?format=json` and `?format=yaml` too, for what is opened in a browser."""

    settings: Any = SimpleNamespace(URL_FORMAT_OVERRIDE="format")


class _Generator(SchemaGenerator):
    """Generates once: it takes a second, and everybody gets the same."""

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        return _schema(public)


@functools.cache
def _schema(public: bool) -> Any:
    return SchemaGenerator().get_schema(request=None, public=public)


class SchemaView(APIView, SpectacularAPIView):
    """The schema as JSON or YAML; without `DEBUG` it takes a token."""

    generator_class = _Generator
    permission_classes = [Public] if settings.DEBUG else [IsAuthenticated]
    content_negotiation_class = FormatNegotiation

    def get_query_parameters(self) -> set[str]:
        return {"format"}


class DocsView(SpectacularSwaggerSplitView):
    """The page of the schema, with its assets from this server; there with `DEBUG` only."""

    permission_classes = [Public]


class ErrorCodeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(read_only=True)
    status = serializers.IntegerField(read_only=True)
    meaning = serializers.CharField(read_only=True)


class ErrorCodesView(APIView):
    """What the codes of errors mean, and which status they ask for."""

    permission_classes = [Public]
    authentication_classes = []

    @extend_schema(responses=ErrorCodeSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response([each._asdict() for each in entries()], headers={"Cache-Control": "public, max-age=3600"})
