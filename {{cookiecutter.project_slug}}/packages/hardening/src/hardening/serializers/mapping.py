"""The serializer field classes of model fields: ours, and beside them DRF's as they are at each look-up."""

from collections import ChainMap
from typing import Any

from django.db import models
from rest_framework import serializers
from rest_framework.compat import postgres_fields

from hardening.serializers import containers, fields, ranges, texts

OWN: dict[Any, Any] = {
    models.CharField: texts.CharField,
    models.DateField: fields.DateField,
    models.DateTimeField: fields.DateTimeField,
    models.DecimalField: fields.DecimalField,
    models.DurationField: fields.DurationField,
    models.EmailField: texts.EmailField,
    models.GenericIPAddressField: texts.IPAddressField,
    models.JSONField: containers.JSONField,
    models.SlugField: texts.SlugField,
    models.TextField: texts.CharField,
    models.TimeField: fields.TimeField,
    models.URLField: texts.URLField,
}
if postgres_fields is not None:
    OWN[postgres_fields.ArrayField] = containers.ListField
    OWN[postgres_fields.HStoreField] = containers.HStoreField
    for _name in ("BigInteger", "Date", "DateTime", "Decimal", "Integer"):
        OWN[getattr(postgres_fields, f"{_name}RangeField")] = ranges.RangeField


class FieldMapping(ChainMap[Any, Any]):
    """Map model fields to serializer fields: *own* first, then whatever DRF's mapping holds at the look-up.

    Packages such as django-money add their fields to DRF's mapping while the apps are loaded, before or after
    ours; a copy made at import would miss them. What is assigned here stays out of DRF's mapping.
    """

    def __init__(self, own: dict[Any, Any]) -> None:
        self.own = own
        super().__init__()

    @property
    def maps(self) -> list[Any]:
        """The mappings in the order in which they are searched."""
        return [self.own, serializers.ModelSerializer.serializer_field_mapping]

    @maps.setter
    def maps(self, maps: list[Any]) -> None:
        """Leave the mappings as they are: `ChainMap` assigns its arguments, of which there are none."""

    def copy(self) -> "FieldMapping":
        """Return a mapping with the same fields of its own, which may be changed without changing this one."""
        return type(self)(dict(self.own))

    __copy__ = copy


def state_of(mapping: Any) -> list[dict[Any, Any]]:
    """Return what *mapping* holds now, to be compared later."""
    return [dict(each) for each in getattr(mapping, "maps", (mapping,))]
