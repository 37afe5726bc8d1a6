"""The views of the OpenAPI document, of Swagger UI and of the error codes."""

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
    """Accept `?format=json` and `?format=yaml` too, for opening the document in a browser."""

    settings: Any = SimpleNamespace(URL_FORMAT_OVERRIDE="format")


class _Generator(SchemaGenerator):
    """Generate the document once, because it takes a second and is the same for all users."""

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        return _generate_schema(public)


@functools.cache
def _generate_schema(public: bool) -> Any:
    return SchemaGenerator().get_schema(request=None, public=public)


class SchemaView(APIView, SpectacularAPIView):
    """Return the OpenAPI document as JSON or YAML. Requires a token in production."""

    generator_class = _Generator
    permission_classes = [Public] if settings.DEBUG else [IsAuthenticated]
    content_negotiation_class = FormatNegotiation

    def get_query_parameters(self) -> set[str]:
        return {"format"}


class DocsView(SpectacularSwaggerSplitView):
    """Show Swagger UI, with all assets from this server; routed with `DEBUG` only."""

    permission_classes = [Public]


class ErrorCodeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(read_only=True)
    status = serializers.IntegerField(read_only=True)
    meaning = serializers.CharField(read_only=True)


class ErrorCodesView(APIView):
    """List the error codes, each with its HTTP status and meaning."""

    permission_classes = [Public]
    authentication_classes = []

    @extend_schema(responses=ErrorCodeSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response([entry._asdict() for entry in entries()], headers={"Cache-Control": "public, max-age=3600"})
