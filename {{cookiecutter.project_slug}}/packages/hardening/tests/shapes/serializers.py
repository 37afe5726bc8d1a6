"""Serializers for the shapes, with nothing in them that the shape does not ask for."""

from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from hardening import serializers
from hardening.relations import visible_to_caller
from hardening.serializers.composite_fields import JoinedField
from shapes import models


def plain(shape: Any, *names: str, **options: Any) -> type[serializers.ModelSerializer]:
    """Return a serializer for all columns of *shape*, or for *names*, with *options* in its Meta."""
    fields = names or tuple(each.name for each in shape._meta.fields if not each.generated)
    meta = type("Meta", (), {"model": shape, "fields": fields, **options})
    return type(f"{shape.__name__}Serializer", (serializers.ModelSerializer,), {"Meta": meta, "__module__": __name__})


class BadgeSerializer(serializers.ModelSerializer):
    badge = serializers.CharField(source="number", max_length=20)

    class Meta:
        model = models.Badge
        fields = ("id", "badge", "note")


class PersonSerializer(serializers.ModelSerializer):
    name = JoinedField("first", "last")

    class Meta:
        model = models.Person
        fields = ("id", "name")


class SpanField(serializers.Field):
    """A range as `[start, end]`."""

    def to_internal_value(self, data: Any) -> Any:
        time = serializers.DateTimeField()
        return DateTimeTZRange(*(time.run_validation(each) for each in data))

    def to_representation(self, value: Any) -> Any:
        return [value.lower, value.upper]


class BookingSerializer(serializers.ModelSerializer):
    span = SpanField()

    class Meta:
        model = models.Booking
        fields = ("id", "room", "span")


class LabelSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Label
        fields = ("text",)


class ItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Item
        fields = ("name", "amount")


class BasketSerializer(serializers.ModelSerializer):
    """Writes its children itself, as DRF asks for."""

    label = LabelSerializer(required=False)
    items = ItemSerializer(many=True)

    class Meta:
        model = models.Basket
        fields = ("id", "name", "label", "items")

    def create(self, validated_data: Any) -> Any:
        label, items = validated_data.pop("label", None), validated_data.pop("items")
        basket = models.Basket.objects.create(**validated_data)
        if label:
            models.Label.objects.create(basket=basket, **label)
        for item in items:
            models.Item.objects.create(basket=basket, **item)
        return basket

    def update(self, instance: Any, validated_data: Any) -> Any:
        validated_data.pop("label", None)
        items = validated_data.pop("items", None)
        basket = super().update(instance, validated_data)
        if items is not None:
            basket.items.all().delete()
            for item in items:
                models.Item.objects.create(basket=basket, **item)
        return basket


class ItemInBasketSerializer(serializers.ModelSerializer):
    """Writes its parent along, and the parent's rule is asked before it is there."""

    class NewBasketSerializer(serializers.ModelSerializer):
        class Meta:
            model = models.Basket
            fields = ("name",)

    basket = NewBasketSerializer()

    class Meta:
        model = models.Item
        fields = ("id", "basket", "name")

    def create(self, validated_data: Any) -> Any:
        return super().create(validated_data | {"basket": models.Basket.objects.create(**validated_data.pop("basket"))})


class LooseSerializer(serializers.ModelSerializer):
    """Fields of its own, without the bounds of their columns."""

    integer = serializers.IntegerField(required=False)
    other = serializers.IntegerField(required=False)

    class Meta:
        model = models.Values
        fields = ("id", "integer", "other", "text")


class CountedSerializer(serializers.ModelSerializer):
    """Shows what a queryset counts."""

    labels = serializers.IntegerField(read_only=True)

    class Meta:
        model = models.Basket
        fields = ("id", "name", "labels")


class InnerSerializer(serializers.ModelSerializer):
    """A serializer that another one uses inside its `create()`."""

    class Meta:
        model = models.Badge
        fields = ("number",)


class OuterSerializer(serializers.ModelSerializer):
    number = serializers.CharField(write_only=True)

    class Meta:
        model = models.Basket
        fields = ("id", "name", "number")

    def create(self, validated_data: Any) -> Any:
        inner = InnerSerializer(data={"number": validated_data.pop("number")})
        basket = super().create(validated_data)
        inner.is_valid(raise_exception=True)
        inner.save()
        return basket


class AtOnce(serializers.ListSerializer):
    """One statement for all rows, and no signals."""

    def create(self, validated_data: Any) -> Any:
        return self.child.Meta.model.objects.bulk_create([self.child.Meta.model(**each) for each in validated_data])


class BulkSlotSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Slot
        fields = ("day", "room", "live", "starts", "ends")
        list_serializer_class = AtOnce


class DocumentSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Document
        fields = ("id", "title", "body", "words", "changed")
        read_only_fields = ("words",)


class GadgetSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Gadget
        fields = ("id", "owner", "serial", "kind", "value")
        create_defaults = {"owner": serializers.current_user}


class TicketSerializer(serializers.ModelSerializer):
    class Meta:
        model = models.Ticket
        fields = ("id", "title", "count", "labels")
        related_querysets = {"labels": visible_to_caller}
        prefetch_related = ("labels",)


class ErrandSerializer(serializers.ModelSerializer):
    """Fills the owner by DRF's own means."""

    owner = serializers.HiddenField(default=serializers.CurrentUserDefault())

    class Meta:
        model = models.Errand
        fields = ("id", "owner", "name", "state", "count", "begun")


class KindsSerializer(serializers.ModelSerializer):
    """A field for every kind of value, those included that no column has."""

    texts = serializers.ListField(
        child=serializers.CharField(max_length=10), max_length=3, write_only=True, required=False
    )
    table = serializers.DictField(child=serializers.IntegerField(), write_only=True, required=False)
    several = serializers.MultipleChoiceField(choices=["a", "b"], write_only=True, required=False)

    class Meta:
        model = models.Kinds
        fields = (*(each.name for each in models.Kinds._meta.fields), "texts", "table", "several")

    def create(self, validated_data: Any) -> Any:
        for name in ("texts", "table", "several"):
            validated_data.pop(name, None)
        return super().create(validated_data)
