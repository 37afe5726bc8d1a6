"""What the system checks refuse of serializers and their models, each with its id and a hint."""

import pytest
from django.db import connection, models
from rest_framework import serializers as drf, viewsets

from hardening import serializers
from hardening.models import Model
from hardening.relations import visible_to_caller
from shapes.models import Badge, Book, Parcel, Slot, Ticket
from shapes.routed import serializer, view


class Dated(Model):
    day = models.DateField()
    title = models.CharField(max_length=10, unique_for_date="day")

    class Meta:
        app_label = "elsewhere"
        managed = False


class Wordless(Model):
    title = models.CharField(max_length=10)

    class Meta:
        app_label = "elsewhere"
        managed = False
        constraints = [models.UniqueConstraint(fields=["title"], name="wordless_title")]


class Deferred(Model):
    position = models.IntegerField()

    class Meta:
        app_label = "elsewhere"
        managed = False
        constraints = [
            models.UniqueConstraint(
                fields=["position"],
                name="deferred_position",
                deferrable=models.Deferrable.DEFERRED,
                violation_error_message="Taken.",
            )
        ]


class Fixed(Model):
    title = models.CharField(max_length=10)

    immutable_fields = ("titel",)

    class Meta:
        app_label = "elsewhere"
        managed = False


class Fixated(Model):
    title = models.CharField(max_length=10)

    immutable_fields = "title"  # type: ignore[assignment]  # the comma of a tuple is missing

    class Meta:
        app_label = "elsewhere"
        managed = False


class Misnamed(Model):
    title = models.CharField(max_length=10)

    constraint_fields = {"nothing": "title"}

    class Meta:
        app_label = "elsewhere"
        managed = False


@pytest.mark.parametrize(
    ("bad", "number"),
    [
        (serializer(Dated, ("title",)), "E001"),
        (serializer(Badge, "__all__"), "E003"),
        (serializer(Badge, None, exclude=("note",)), "E003"),
        (serializer(Badge, create_defaults={"ownr": 1}), "E004"),
        (serializer(Badge, immutable_fields=("nubmer",)), "E004"),
        (serializer(Slot, constraint_fields={"slot_room": "rom"}), "E004"),
        (serializer(Book, ("id", "author"), related_querysets={"auhtor": visible_to_caller}), "E004"),
        (serializer(Misnamed, ("title",)), "E004"),
        (serializer(Fixed, ("title",)), "E004"),
        (serializer(Fixated, ("title",)), "E004"),
        (serializer(Slot, ("id", "ends"), constraint_fields={"slot_hour": "ends"}), "E004"),
        (serializer(Ticket, prefetch_related=("label",)), "E004"),
        (serializer(Ticket, prefetch_related=("labels__baskt",)), "E004"),
        (serializer(Book, select_related=("auhtor",)), "E004"),
        (serializer(Wordless, ("title",)), "E005"),
        (serializer(Parcel, ("id", "crate"), related_querysets={}), "E006"),
        (serializer(Parcel, ("id", "crates"), related_querysets={}), "E006"),
    ],
)
def test_a_serializer_that_leaves_something_to_chance_is_rejected(found, bad, number):
    assert found(view(bad)) == [number]


def test_a_rule_that_the_database_does_not_create_is_rejected(found):
    assert found(view(serializer(Deferred, ("position",)))) == (["E002"] if connection.vendor == "sqlite" else [])


def test_a_scope_on_a_field_of_another_class_is_reported(found):
    from rest_framework.relations import PrimaryKeyRelatedField  # noqa: PLC0415  # DRF's own, by the same name

    class BadSerializer(serializers.ModelSerializer):
        author = PrimaryKeyRelatedField(queryset=Book.objects.all())

        class Meta:
            model = Book
            fields = ("id", "author")
            related_querysets = {"author": visible_to_caller}

    assert found(view(BadSerializer)) == ["E004"]


def test_a_key_that_is_written_as_a_plain_column_is_rejected(found):
    class PlainSerializer(serializers.ModelSerializer):
        crate_id = serializers.IntegerField()

        class Meta:
            model = Parcel
            fields = ("id", "crate_id")

    assert found(view(PlainSerializer)) == ["E006"]


def test_one_choice_for_a_column_of_several_values_is_rejected(found, monkeypatch):
    class ChoiceSerializer(serializers.ModelSerializer):
        note = serializers.ChoiceField(choices=["a"])

        class Meta:
            model = Badge
            fields = ("id", "note")

    assert found(view(ChoiceSerializer)) == []
    monkeypatch.setattr(Badge._meta.get_field("note"), "multiple", True, raising=False)
    assert found(view(ChoiceSerializer)) == ["E019"]


def test_a_serializer_or_a_view_of_drfs_own_is_rejected(found):
    class PlainSerializer(drf.ModelSerializer):
        class Meta:
            model = Badge
            fields = ("id",)

    class PlainViewSet(viewsets.ModelViewSet):
        queryset = Badge.objects.all()
        serializer_class = PlainSerializer

    assert sorted(found(PlainViewSet.as_view({"get": "list"}))) == ["E007", "E015"]


@pytest.mark.parametrize("option", ["create_default", "related_queryset", "immutable_field", "constraints_fields"])
def test_an_option_that_is_misspelt_is_rejected(found, option):
    assert found(view(serializer(Badge, **{option: {}}))) == ["E004"]
