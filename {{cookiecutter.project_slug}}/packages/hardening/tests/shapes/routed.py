"""Serve views of one test, and make a view and a serializer with something wrong for the checks."""

from types import ModuleType
from typing import Any

from django.urls import include, path
from rest_framework import serializers as drf
from rest_framework.routers import SimpleRouter

from hardening import serializers
from hardening.viewsets import ModelViewSet
from shapes.models import Badge


def serve(settings: Any, *routes: Any, **viewsets: Any) -> None:
    """Serve *routes*, and *viewsets* under their names, instead of all other routes until the test ends."""
    router = SimpleRouter()
    for prefix, viewset in viewsets.items():
        router.register(prefix, viewset, basename=prefix)
    settings.ROOT_URLCONF = ModuleType("urls")
    settings.ROOT_URLCONF.urlpatterns = [*routes, path("", include(router.urls))]


class StockSerializer(drf.ModelSerializer):
    """As DRF's tutorial has it."""

    class Meta:
        model = Badge
        fields = "__all__"


def serializer(shape: Any, fields: Any = ("id",), **options: Any) -> type[serializers.ModelSerializer]:
    meta = type("Meta", (), {"model": shape, "fields": fields, **options})
    return type("BadSerializer", (serializers.ModelSerializer,), {"Meta": meta})


def view(serializer_class: Any = None, *mixins: type, **attributes: Any) -> Any:
    names = {"queryset": Badge.objects.all(), "serializer_class": serializer_class or serializer(Badge), **attributes}
    return type("BadViewSet", (*mixins, ModelViewSet), names).as_view({"get": "list", "post": "create"})
