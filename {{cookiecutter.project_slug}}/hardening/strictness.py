"""JSON has types, and a strict view takes them at their word: "5" is no number, and 1 is not true."""

from typing import Any

from rest_framework import serializers
from rest_framework.utils import html

_TEXTS = (
    serializers.CharField,
    serializers.DateField,
    serializers.DateTimeField,
    serializers.DurationField,
    serializers.IPAddressField,
    serializers.TimeField,
    serializers.UUIDField,
)


def is_strict(field: Any) -> bool:
    """Tell whether *field* is asked in a strict view, and about JSON: an HTML form knows texts only."""
    view = field.context.get("view")
    strict = getattr(view, "strict_input", False) and field.field_name not in getattr(view, "names_of_parents", ())
    return strict and not html.is_html_input(getattr(field.root, "initial_data", None))


def is_of_its_type(field: Any, value: Any) -> bool:
    """Tell whether *value* has the JSON type of *field*; what a field refuses by itself is left to it."""
    if value is None:
        return True
    if isinstance(field, serializers.BooleanField):
        return isinstance(value, bool)
    if isinstance(field, serializers.IntegerField):
        return not isinstance(value, str)
    if isinstance(field, serializers.FloatField):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(field, serializers.DecimalField):  # a text may have its digits; DRF takes an empty one for null
        return not isinstance(value, str) or bool(value.strip())
    if isinstance(field, serializers.ChoiceField) and not isinstance(field, serializers.MultipleChoiceField):
        return type(value) in {type(choice) for choice in field.choices}
    if isinstance(field, _TEXTS):
        return isinstance(value, str)
    return True
