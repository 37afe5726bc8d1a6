"""A valid value for a serializer field of each type, for fields that no factory has a value for."""

import base64
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework import serializers
from rest_framework.fields import empty

# One transparent pixel.
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")

# The first class that matches decides, so that a subclass stands before its base class.
_EXAMPLES: list[tuple[Any, Any]] = [
    (serializers.EmailField, "somebody@example.com"),
    (serializers.URLField, "https://example.com/"),
    (serializers.UUIDField, "7d0cb6d1-6f0e-4a39-9d6c-5c9b1a0c6a10"),
    (serializers.SlugField, "example"),
    (serializers.IPAddressField, "192.0.2.1"),
    (serializers.RegexField, empty),
    (serializers.BooleanField, True),
    (serializers.JSONField, {"example": True}),
    (serializers.DateTimeField, "2026-12-01T08:00:00Z"),
    (serializers.DateField, "2026-12-01"),
    (serializers.TimeField, "08:00:00"),
    (serializers.DurationField, "01:00:00"),
]


def make_value(field: Any) -> Any:
    """Return a valid value for *field*, or `empty` if its type does not tell one."""
    if isinstance(field, serializers.MultipleChoiceField):
        return list(field.choices)[:1]
    if isinstance(field, serializers.ChoiceField):
        return next(iter(field.choices), empty)
    if isinstance(field, serializers.IntegerField | serializers.FloatField | serializers.DecimalField):
        return _make_number(field)
    if isinstance(field, serializers.ListField):
        child = make_value(field.child)
        return empty if child is empty else [child] * max(1, field.min_length or 0)
    if isinstance(field, serializers.DictField):
        child = make_value(field.child)
        return empty if child is empty else {"example": child}
    for kind, example in _EXAMPLES:
        if isinstance(field, kind):
            return example
    return _make_text(field) if isinstance(field, serializers.CharField) else empty


def _make_number(field: Any) -> Any:
    lowest = field.min_value if field.min_value is not None else 1
    number = lowest if field.max_value is None else min(max(lowest, 1), field.max_value)
    return str(number) if isinstance(field, serializers.DecimalField) else number


def _make_text(field: Any) -> str:
    text = "example"[: field.max_length]
    return text.ljust(field.min_length or 0, "e")


def make_file(field: Any) -> SimpleUploadedFile:
    """Return an uploaded file: an image for an image field, or else a text."""
    if isinstance(field, serializers.ImageField):
        return SimpleUploadedFile("example.gif", GIF, "image/gif")
    return SimpleUploadedFile("example.txt", b"example", "text/plain")
