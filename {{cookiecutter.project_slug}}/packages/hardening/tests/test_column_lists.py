"""A list of columns is the serializer's list."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from rest_framework.fields import SerializerMethodField

from hardening import serializers
from hardening.resources.column_lists import columns
from hardening.testing.statements import statements
from shapes.models import Badge, Crate, Parcel, Values
from shapes.serializers import BasketSerializer, plain

NOW = datetime.datetime(2026, 12, 1, 8, 30, 15, 123456, tzinfo=datetime.UTC)
FULL = {
    "integer": 7,
    "other": -1,
    "flag": True,
    "day": NOW.date(),
    "moment": NOW,
    "amount": Decimal("12.30"),
    "coarse": Decimal("0.1"),
    "ratio": 0.1,
    "span": datetime.timedelta(days=1, microseconds=5),
    "identity": uuid.UUID(int=5),
    "text": "Ünïcode",
}


class MethodSerializer(serializers.ModelSerializer):
    shout = SerializerMethodField()

    class Meta:
        model = Badge
        fields = ("id", "shout")


class NamedSerializer(serializers.ModelSerializer):
    crate = serializers.CharField()

    class Meta:
        model = Parcel
        fields = ("id", "crate")


class OwnSerializer(serializers.ModelSerializer):
    class Meta:
        model = Badge
        fields = ("id",)

    def to_representation(self, instance: Any) -> Any:
        return {**super().to_representation(instance), "more": True}


def test_columns_of_every_type_are_shown_as_the_serializer_shows_them(ada):
    rows = [Values.objects.create(), Values.objects.create(**FULL)]

    response = ada.get("/shapes/values-flat/")

    one_by_one = [ada.get(f"/shapes/values-flat/{each.pk}/").json() for each in reversed(rows)]
    assert response.json()["results"] == one_by_one


def test_relations_are_shown_by_their_keys(ada):
    crate = Crate.objects.create(owner=ada.user, code="c")
    first = Parcel.objects.create(title="first")
    second = Parcel.objects.create(title="second", crate=crate, sibling=first, purchaser=ada.user)

    response = ada.get("/shapes/parcels-flat/")

    one_by_one = [ada.get(f"/shapes/parcels-flat/{each.pk}/").json() for each in (second, first)]
    assert response.json()["results"] == one_by_one
    assert one_by_one[0]["crate"] == one_by_one[0]["crate_id"] == crate.pk


def test_a_list_of_columns_has_pages(ada):
    Values.objects.bulk_create([Values(integer=each) for each in range(5)])

    first = ada.get("/shapes/values-flat/?page_size=3").json()
    second = ada.get(first["next"]).json()

    assert [row["integer"] for page in (first, second) for row in page["results"]] == [4, 3, 2, 1, 0]
    assert second["next"] is None


def test_nothing_but_the_columns_is_read(ada):
    Parcel.objects.create(title="first")

    with statements() as taken:
        ada.get("/shapes/parcels-flat/")

    assert taken == ["SELECT knox_authtoken", "SELECT shapes_parcel"]


@pytest.mark.parametrize(
    "serializer",
    [MethodSerializer, NamedSerializer, OwnSerializer, BasketSerializer, plain(Parcel, "by_code")],
    ids=lambda each: each.__name__,
)
def test_a_column_list_with_other_fields_than_columns_raises(serializer):
    with pytest.raises(ImproperlyConfigured, match=r"FlatListMixin cannot use it\.$"):
        columns(serializer())


def test_write_only_fields_do_not_affect_a_column_list():
    class SecretSerializer(plain(Badge)):
        secret = serializers.ListField(write_only=True)

        class Meta:
            model = Badge
            fields = ("id", "secret")

    assert list(columns(SecretSerializer())) == ["id"]
