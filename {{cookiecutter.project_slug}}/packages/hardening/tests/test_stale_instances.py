"""A serializer whose instance was read before the lock does not write old values over another client's change."""

from typing import Any

import pytest
from django.db import connection
from django.shortcuts import get_object_or_404
from django.test.utils import CaptureQueriesContext
from django.urls import path
from rest_framework.decorators import action
from rest_framework.response import Response

from hardening import serializers
from hardening.views import APIView
from hardening.viewsets import ModelViewSet
from shapes.models import Basket, Gadget, Item, Label, Slot, Truck
from shapes.routed import serve

pytestmark = pytest.mark.usefixtures("way")


def by_another(model: Any, **changes: Any) -> type:
    """Return a serializer of *model* during whose validation another client changes all rows."""

    class Changing:
        def validate(self, attrs: Any) -> Any:
            for name, value in changes.items():  # of a parent's table and of its own
                model.objects.update(**{name: value})
            return super().validate(attrs)

    return Changing


class ItemSerializer(by_another(Item, amount=7), serializers.ModelSerializer):
    class Meta:
        model = Item
        fields = ("id", "name", "amount")


class TruckSerializer(by_another(Truck, plate="other"), serializers.ModelSerializer):
    class Meta:
        model = Truck
        fields = ("id", "plate", "fleet_number")


class SlotSerializer(by_another(Slot, ends=8), serializers.ModelSerializer):
    class Meta:
        model = Slot
        fields = ("id", "starts", "ends")


class ItemInBasketSerializer(serializers.ModelSerializer):
    class NamedSerializer(by_another(Label, text="other"), serializers.ModelSerializer):
        class Meta:
            model = Label
            fields = ("basket", "text")
            extra_kwargs = {"text": {"required": False}, "basket": {"read_only": True}}

    label = NamedSerializer()

    class Meta:
        model = Basket
        fields = ("id", "label")

    def update(self, instance: Any, validated_data: Any) -> Any:
        instance.label.save()
        return instance


class Rows(serializers.ListSerializer):
    """DRF's recipe: "Customizing multiple update"."""

    def update(self, instance: Any, validated_data: Any) -> Any:
        stored = {each.pk: each for each in instance}
        return [self.child.update(stored[each.pop("id")], each) for each in validated_data]


class ManySerializer(ItemSerializer):
    id = serializers.IntegerField()

    class Meta(ItemSerializer.Meta):
        list_serializer_class = Rows


WAYS = {
    "get": lambda queryset: queryset,
    "only": lambda queryset: queryset.only("name", "basket"),
    "defer": lambda queryset: queryset.defer("name"),
    "select_related": lambda queryset: queryset.select_related("basket"),
}


class ItemView(APIView):
    def patch(self, request, pk, how):
        item = get_object_or_404(WAYS[how](Item.objects.all()), pk=pk)
        serializer = ItemSerializer(item, request.data, partial=True, context={"request": request, "view": self})
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)


class ItemViewSet(ModelViewSet):
    queryset = Item.objects.all()
    serializer_class = ItemSerializer

    @action(detail=False, methods=["patch"])
    def first(self, request):
        serializer = self.get_serializer(Item.objects.order_by("pk").first(), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)

    @action(detail=False, methods=["patch"], serializer_class=ManySerializer)
    def many(self, request):
        read = Item.objects.order_by("pk")
        rows = list(read) if "list" in request.headers.get("X-How", "") else read
        serializer = self.get_serializer(rows, data=request.data, many=True, partial=True)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)


def one(serializer_class: type) -> type[APIView]:
    class View(APIView):
        def patch(self, request, pk):
            model: Any = serializer_class.Meta.model
            instance = model.objects.select_related("label" if model is Basket else None).get(pk=pk)
            context = {"request": request, "view": self}
            serializer = serializer_class(instance, request.data, partial=True, context=context)
            serializer.is_valid(raise_exception=True)
            serializer.save()
            return Response(serializer.data)

    return View


@pytest.fixture(autouse=True)
def routed(settings: Any) -> None:
    serve(
        settings,
        path("item/<int:pk>/<how>/", ItemView.as_view()),
        path("truck/<int:pk>/", one(TruckSerializer).as_view()),
        path("slot/<int:pk>/", one(SlotSerializer).as_view()),
        path("basket/<int:pk>/", one(ItemInBasketSerializer).as_view()),
        items=ItemViewSet,
    )


@pytest.fixture
def items() -> list[Item]:
    basket = Basket.objects.create(name="b")
    return [Item.objects.create(basket=basket, name=name, amount=1) for name in "ab"]


@pytest.mark.parametrize("how", WAYS)
def test_a_partial_update_in_an_api_view_keeps_a_change_made_since_its_read(ada, items, how):
    response = ada.patch(f"/item/{items[0].pk}/{how}/", {"name": "new"})

    assert (response.status_code, response.json()) == (200, {"id": items[0].pk, "name": "new", "amount": 7})
    assert Item.objects.filter(name="new", amount=7).count() == 1


def test_a_row_that_was_deleted_since_its_read_is_404_and_stays_deleted(ada, items, monkeypatch):
    monkeypatch.setattr(Item.objects, "update", lambda **changes: Item.objects.all().delete(), raising=False)

    response = ada.patch(f"/item/{items[0].pk}/get/", {"name": "new"})

    assert response.status_code == 404
    assert Item.objects.count() == 0


def test_a_partial_update_in_an_action_with_a_query_of_its_own_keeps_it(ada, items):
    assert ada.patch("/items/first/", {"name": "new"}).json()["amount"] == 7
    assert set(Item.objects.values_list("name", "amount")) == {("new", 7), ("b", 7)}


def test_the_columns_of_a_parent_model_are_brought_up_to_date_too(ada):
    truck = Truck.objects.create(plate="mine", fleet_number=1)

    assert ada.patch(f"/truck/{truck.pk}/", {"fleet_number": 2}).json()["plate"] == "other"
    assert list(Truck.objects.values_list("plate", "fleet_number")) == [("other", 2)]


def test_a_row_that_is_nested_is_brought_up_to_date_too(ada, items):
    Label.objects.create(basket=items[0].basket, text="mine")

    assert ada.patch(f"/basket/{items[0].basket.pk}/", {"label": {}}).json()["label"]["text"] == "other"
    assert Label.objects.get().text == "other"


def test_constraints_are_checked_against_the_row_stored_at_the_write(ada):
    slot = Slot.objects.create(day="2026-01-01", room="A", starts=5, ends=6, seats=1)

    assert ada.patch(f"/slot/{slot.pk}/", {"starts": 7}).json() == {"id": slot.pk, "starts": 7, "ends": 8}


@pytest.mark.parametrize("how", ["list", "queryset"])
def test_a_bulk_change_keeps_concurrent_changes(ada, items, how):
    body = [{"id": each.pk, "name": f"{each.name}2"} for each in items]

    response = ada.patch("/items/many/", body, headers={"X-How": how})

    assert response.status_code == 200
    assert [(row["name"], row["amount"]) for row in response.json()] == [("a2", 7), ("b2", 7)]
    assert set(Item.objects.values_list("name", "amount")) == {("a2", 7), ("b2", 7)}


def test_a_duplicate_among_many_changes_is_reported_by_its_index(ada, items):
    response = ada.patch("/items/many/", [{"id": each.pk, "name": "same"} for each in items])

    assert (response.status_code, list(response.json())) == (409, ["1"])
    assert set(Item.objects.values_list("name", flat=True)) == {"a", "b"}


def test_many_changes_lock_their_rows_with_one_statement(ada, items):
    ItemSerializer.validate, kept = serializers.ModelSerializer.validate, ItemSerializer.validate
    try:
        with CaptureQueriesContext(connection) as queries:
            ada.patch("/items/many/", [{"id": each.pk, "name": f"{each.name}2"} for each in items])
    finally:
        ItemSerializer.validate = kept

    asked = [each["sql"] for each in queries if '"shapes_item"' in each["sql"] and each["sql"].startswith("SELECT")]
    assert len(asked) == 2  # the view's own, and the lock


class GadgetRows(Rows):
    pass


class GadgetSerializer(serializers.ModelSerializer):
    id = serializers.IntegerField()

    class Meta:
        model = Gadget
        fields = ("id", "owner", "serial", "kind", "value")
        create_defaults = {"owner": serializers.current_user}
        list_serializer_class = Rows


class GadgetsView(APIView):
    def put(self, request):
        context = {"request": request, "view": self}
        serializer = GadgetSerializer(Gadget.objects.all(), data=request.data, many=True, context=context)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data)


def test_an_immutable_field_of_one_of_many_is_rejected_by_its_index_and_may_be_sent_unchanged(ada, settings):
    settings.ROOT_URLCONF.urlpatterns.append(path("gadgets/", GadgetsView.as_view()))
    stored = [Gadget.objects.create(owner=ada.user, serial=serial, kind="even", value=2) for serial in "st"]
    rows = [{"id": each.pk, "owner": ada.user.pk, "serial": each.serial, "kind": "even", "value": 4} for each in stored]

    changed = ada.put("/gadgets/", [rows[0], rows[1] | {"serial": "u"}])
    unchanged = ada.put("/gadgets/", rows)

    assert (changed.status_code, changed.json()) == (400, {"1": {"serial": ["This field cannot be changed."]}})
    assert unchanged.status_code == 200, unchanged.content
    assert set(Gadget.objects.values_list("serial", "value")) == {("s", 4), ("t", 4)}
