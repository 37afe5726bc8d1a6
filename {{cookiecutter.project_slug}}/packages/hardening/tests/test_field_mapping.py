"""Which serializer field a model serializer builds for a model field."""

import pytest
from django.contrib.postgres.fields import ArrayField, HStoreField
from django.db import models
from rest_framework import serializers as drf

from hardening import serializers
from hardening.serializers.cached_fields import FieldMapping
from shapes.models import Values
from shapes.routed import serializer

pytestmark = pytest.mark.once


class PriceField(models.DecimalField):
    """A field of another package, which registers its serializer field with DRF."""


class PriceSerializerField(serializers.DecimalField):
    """What that package registers."""


class Priced(models.Model):
    price = PriceField(max_digits=5, decimal_places=2)
    day = models.DateField()

    class Meta:
        app_label = "elsewhere"
        managed = False


def built(serializer_class):
    return {name: type(field) for name, field in serializer_class().fields.items()}


def test_a_field_that_a_package_registers_with_drf_later_is_built(monkeypatch):
    priced = serializer(Priced, ("price", "day"))
    assert built(priced) == {"price": serializers.DecimalField, "day": serializers.DateField}

    monkeypatch.setitem(drf.ModelSerializer.serializer_field_mapping, PriceField, PriceSerializerField)

    assert built(priced) == {"price": PriceSerializerField, "day": serializers.DateField}


def test_a_mapping_that_is_assigned_to_drfs_class_is_looked_up(monkeypatch):
    mapping = {**drf.ModelSerializer.serializer_field_mapping, PriceField: PriceSerializerField}
    monkeypatch.setattr(drf.ModelSerializer, "serializer_field_mapping", mapping)

    assert built(serializer(Priced, ("price", "day"))) == {"price": PriceSerializerField, "day": serializers.DateField}


def test_a_field_that_is_registered_with_ours_is_built_by_ours_alone(monkeypatch):
    monkeypatch.setattr(serializers.ModelSerializer, "serializer_field_mapping", FieldMapping({}))
    priced = serializer(Priced, ("price",))
    assert built(priced) == {"price": drf.DecimalField}

    serializers.ModelSerializer.serializer_field_mapping[PriceField] = PriceSerializerField

    assert built(priced) == {"price": PriceSerializerField}
    assert PriceField not in drf.ModelSerializer.serializer_field_mapping


@pytest.mark.parametrize("replace", [dict, lambda mapping: {**mapping}, lambda mapping: mapping.copy()])
def test_a_serializer_may_have_a_mapping_of_its_own(replace):
    before = dict(serializers.ModelSerializer.serializer_field_mapping)
    mapping = replace(serializers.ModelSerializer.serializer_field_mapping)
    mapping[PriceField] = PriceSerializerField

    class PricedSerializer(serializers.ModelSerializer):
        serializer_field_mapping = mapping

        class Meta:
            model = Priced
            fields = ("price", "day")

    assert built(PricedSerializer) == {"price": PriceSerializerField, "day": serializers.DateField}
    assert dict(serializers.ModelSerializer.serializer_field_mapping) == before


def test_a_mapping_joined_to_a_dictionary_holds_both():
    joined = serializers.ModelSerializer.serializer_field_mapping | {PriceField: PriceSerializerField}

    assert joined[PriceField] is PriceSerializerField
    assert joined[models.DateField] is serializers.DateField
    assert joined[models.CharField] is serializers.CharField


def test_a_field_that_drf_lacks_is_in_neither_mapping():
    ours, drfs = (each.ModelSerializer.serializer_field_mapping for each in (serializers, drf))

    assert PriceField not in ours
    assert set(drfs) <= set(ours)


def test_postgresqls_dictionary_and_list_columns_have_our_fields():
    class Kept(models.Model):
        pairs = HStoreField()
        names = ArrayField(models.CharField(max_length=5))

        class Meta:
            app_label = "elsewhere"
            managed = False

    assert built(serializer(Kept, ("pairs", "names"))) == {
        "pairs": serializers.HStoreField,
        "names": serializers.ListField,
    }


def test_the_fields_of_a_serializer_are_built_once_while_no_mapping_changes():
    values = serializer(Values, ("id", "integer"))
    values().fields  # noqa: B018  # which builds them
    makers = values._makers

    values().fields  # noqa: B018  # which does not

    assert values._makers is makers
