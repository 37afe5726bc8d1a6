"""Serializers and views that let through what the database rejects, in every way that a project may write it."""

from typing import Any

from django.db.backends.postgresql.psycopg_any import NumericRange
from django.db.models import F
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from hardening import serializers
from shapes import models, views
from shapes.serializers import AtOnce, plain


class TakingSerializer(serializers.ModelSerializer):
    """Takes from a stock by an expression, so that only the database knows what is left."""

    take = serializers.IntegerField(source="left", write_only=True, required=False)
    back = serializers.IntegerField(source="slot", write_only=True, required=False)

    class Meta:
        model = models.Stock
        fields = ("id", "name", "take", "back", "data")

    def update(self, instance: Any, validated_data: Any) -> Any:
        if "left" in validated_data:
            instance.left = F("left") - validated_data.pop("left")
        if "slot" in validated_data:
            instance.slot = F("slot") - validated_data.pop("slot")
        return super().update(instance, validated_data)


class PlaceField(serializers.Field):
    """`street,postcode,number` in several columns, by `source="*"`."""

    def to_internal_value(self, data: Any) -> Any:
        parts = dict(zip(("street", "postcode", "number"), str(data).split(","), strict=False))
        return {**parts, **({"number": parts["number"]} if "number" in parts else {})}

    def to_representation(self, value: Any) -> str:
        return f"{value.street},{value.postcode}"


class AddressSerializer(serializers.ModelSerializer):
    place = PlaceField(source="*")

    class Meta:
        model = models.Address
        fields = ("id", "place")


class RangeField(serializers.Field):
    """`[lower, upper]`, whichever is greater."""

    def to_internal_value(self, data: Any) -> Any:
        return NumericRange(*data)

    def to_representation(self, value: Any) -> Any:
        return [value.lower, value.upper]


class LaxField(serializers.Field):
    """Whatever was sent."""

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class MeasureSerializer(serializers.ModelSerializer):
    bounds = RangeField(required=False)
    grid = LaxField(required=False)

    class Meta:
        model = models.Measure
        fields = ("id", "bounds", "grid")


class LaxStockSerializer(serializers.ModelSerializer):
    """Fields of its own for every column, without their types and bounds."""

    left = LaxField(required=False)
    small = LaxField(required=False)
    slot = LaxField(required=False)

    class Meta:
        model = models.Stock
        fields = ("id", "name", "left", "small", "slot")


class AliasSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Alias
        fields = ("id", "name", "short", "rank", "group", "deleted")


class AliasesAtOnceSerializer(AliasSerializer):
    class Meta(AliasSerializer.Meta):
        list_serializer_class = AtOnce


class TaggedItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Item
        fields = ("name", "amount")


class ShelfSerializer(serializers.ModelSerializer):
    """Writes its items with one statement."""

    items = TaggedItemSerializer(many=True)

    class Meta:
        model = models.Basket
        fields = ("id", "name", "items")

    def create(self, validated_data: Any) -> Any:
        items = validated_data.pop("items")
        basket = models.Basket.objects.create(**validated_data)
        models.Item.objects.bulk_create([models.Item(basket=basket, **item) for item in items])
        return basket


class TakingViewSet(views.Listed):
    """Takes from a stock in an action of its own too."""

    queryset = models.Stock.objects.all()
    serializer_class = TakingSerializer

    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: Any = None) -> Response:
        stock = self.get_object()
        stock.left = F("left") - request.data["take"]
        stock.save()
        return Response(status=204)


SERIALIZERS: dict[str, Any] = {
    "addresses": AddressSerializer,
    "aliases": AliasSerializer,
    "aliases-at-once": AliasesAtOnceSerializer,
    "coded": plain(models.Coded),
    "cold": plain(models.ColdStock, "id", "name", "left", "degrees"),
    "matchers": plain(models.Matcher),
    "measures": MeasureSerializer,
    "ratios": plain(models.Ratio),
    "shelves": ShelfSerializer,
    "stays": plain(models.Stay),
    "stocks-lax": LaxStockSerializer,
}
