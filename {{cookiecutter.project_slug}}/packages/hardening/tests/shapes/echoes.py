"""A route that validates a body with the fields of a test, writes nothing, and shows what it understood."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.urls import path
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from hardening import serializers
from hardening.parsers import JSONParser
from hardening.permissions import Public
from hardening.testing.client import Client
from hardening.views import APIView
from shapes.routed import serve

Post = Callable[..., HttpResponse]


def serializer(**fields: Any) -> type[serializers.Serializer]:
    """Return a serializer with *fields*."""
    return type("EchoedSerializer", (serializers.Serializer,), fields)


def route(settings: Any, serializer_class: type[serializers.Serializer], *, many: bool = False) -> Post:
    """Route a view for *serializer_class*, and return a function that posts a body to it."""

    class EchoView(APIView):
        permission_classes = [Public]
        parser_classes = [JSONParser, FormParser, MultiPartParser]

        def post(self, request: Request) -> Response:
            context = {"request": request, "view": self}
            echoed = serializer_class(data=request.data, context=context, many=many)
            echoed.is_valid(raise_exception=True)
            return Response(echoed.data)

    serve(settings, path("echo/", EchoView.as_view()))

    def post(body: Any, kind: str = "json", **headers: str) -> HttpResponse:
        return Client().post("/echo/", body, format=kind, headers=headers)

    return post
