"""drf-writable-nested: objects that are written together with their parent."""

from typing import Any

import pytest
from django.db import models
from django.db.models import Q
from drf_writable_nested.mixins import NestedCreateMixin, NestedUpdateMixin

from hardening import serializers
from third_party.models import Open
from third_party.routed import checked, routes, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Yard(Open):
    name = models.CharField(max_length=10, unique=True)


class Train(Open):
    name = models.CharField(max_length=10, unique=True)
    yard = models.ForeignKey(Yard, on_delete=models.CASCADE, null=True)


class Wagon(Open):
    train = models.ForeignKey(Train, on_delete=models.CASCADE, related_name="wagons")
    number = models.IntegerField()
    seats = models.IntegerField(default=1)

    class Meta(Open.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(fields=["number"], name="wagon_number", violation_error_message="Number taken."),
            models.CheckConstraint(condition=Q(seats__gt=0), name="wagon_seats", violation_error_message="Too few."),
        ]


class YardSerializer(serializers.ModelSerializer):
    class Meta:
        model = Yard
        fields = ("id", "name")


class WagonSerializer(serializers.ModelSerializer):
    class Meta:
        model = Wagon
        fields = ("id", "number", "seats")


class TrainSerializer(serializers.ModelSerializer):
    """What `docs/packages.md` says to write instead of the mixins."""

    wagons = WagonSerializer(many=True)

    class Meta:
        model = Train
        fields = ("id", "name", "wagons")

    def create(self, validated_data: Any) -> Any:
        wagons = validated_data.pop("wagons")
        train = super().create(validated_data)
        for wagon in wagons:
            train.wagons.create(**wagon)
        return train

    def update(self, instance: Any, validated_data: Any) -> Any:
        wagons = validated_data.pop("wagons", None)
        train = super().update(instance, validated_data)
        if wagons is not None:
            train.wagons.all().delete()
            for wagon in wagons:
                train.wagons.create(**wagon)
        return train


class ByPackageSerializer(NestedCreateMixin, NestedUpdateMixin, serializers.ModelSerializer):
    wagons = WagonSerializer(many=True)

    class Meta:
        model = Train
        fields = ("id", "name", "wagons")


class ToOneSerializer(NestedCreateMixin, serializers.ModelSerializer):
    yard = YardSerializer()

    class Meta:
        model = Train
        fields = ("id", "name", "yard")


class FlatSerializer(NestedCreateMixin, serializers.ModelSerializer):
    wagons = WagonSerializer(many=True, read_only=True)

    class Meta:
        model = Train
        fields = ("id", "name", "wagons")


urlpatterns = routes(trains=viewset(TrainSerializer), package=viewset(ByPackageSerializer))


def test_the_mixins_change_any_row_that_a_body_names(ada):
    theirs = Wagon.objects.create(train=Train.objects.create(name="theirs"), number=1)

    ada.post("/package/", {"name": "own", "wagons": [{"id": theirs.pk, "number": 2}]})

    theirs.refresh_from_db()
    assert (theirs.number, theirs.train.name) == (2, "own")


@pytest.mark.parametrize("serializer_class", [ByPackageSerializer, ToOneSerializer])
def test_the_checks_reject_the_mixins(db, serializer_class):
    assert checked(routes(trains=viewset(serializer_class))) == ["E006"]


def test_the_checks_accept_nested_rows_that_are_only_shown_or_written_by_the_parents_manager(db):
    assert checked(routes(trains=viewset(TrainSerializer), flat=viewset(FlatSerializer))) == []


@pytest.mark.parametrize("method", ["post", "put"])
@pytest.mark.parametrize(
    ("wagon", "status", "errors"),
    [
        ({"number": 1}, 409, {"number": ["Number taken."]}),
        ({"number": 3, "seats": 0}, 400, {"seats": ["Too few."]}),
        ({"number": 3, "bogus": 0}, 400, {"bogus": ["This field does not exist."]}),
    ],
)
def test_an_error_of_a_nested_row_is_reported_under_its_index(ada, method, wagon, status, errors):
    Wagon.objects.create(train=Train.objects.create(name="other"), number=1)
    place = "/trains/"
    if method == "put":
        place += f"{ada.post(place, {'name': 'a', 'wagons': [{'number': 9}]}).json()['id']}/"

    response = getattr(ada, method)(place, {"name": "b", "wagons": [{"number": 2}, wagon]})

    assert (response.status_code, response.json()) == (status, {"wagons": {"1": errors}})
    assert not Train.objects.filter(name="b").exists()


def test_a_key_that_a_body_names_is_not_written_by_the_parents_manager(ada):
    theirs = Wagon.objects.create(train=Train.objects.create(name="theirs"), number=1)

    created = ada.post("/trains/", {"name": "own", "wagons": [{"id": theirs.pk, "number": 2}]})

    assert created.json()["wagons"][0]["id"] != theirs.pk
    assert Wagon.objects.get(pk=theirs.pk).number == 1
