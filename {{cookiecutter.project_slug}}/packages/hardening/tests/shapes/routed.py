"""A view and a serializer with something wrong, to be routed and checked."""

from typing import Any

from rest_framework import serializers as drf

from hardening import serializers
from hardening.viewsets import ModelViewSet
from shapes.models import Badge


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
