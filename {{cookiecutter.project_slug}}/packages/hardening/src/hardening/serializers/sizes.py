"""How much one request body may ask for in all, however it spreads over nested lists."""

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.settings import api_settings

MAX_ROWS = 1000  # objects in all lists of one body
MAX_ITEMS = 10_000  # items of lists and keys of objects in all fields of one body

_CONTAINERS = (serializers.ListField, serializers.DictField, serializers.MultipleChoiceField)


def check_size(serializer: Any, data: Any) -> None:
    """Raise `ValidationError` where *data* has more rows or items than the root *serializer* accepts in all.

    The limits are `max_body_rows` and `max_body_items` of the serializer's class, or of a list's child; None is no
    limit. Nothing is validated before, so that the cost of a rejected body is that of counting it.
    """
    if serializer.parent is not None or not _has_lists(serializer):
        return
    limits = getattr(serializer, "child", serializer)
    max_rows = getattr(limits, "max_body_rows", MAX_ROWS)
    max_items = getattr(limits, "max_body_items", MAX_ITEMS)
    rows = items = 0
    for more_rows, more_items in _count(serializer, data):
        rows, items = rows + more_rows, items + more_items
        if max_rows is not None and rows > max_rows:
            raise _too_many(_("Send at most {limit} rows in one request body.").format(limit=max_rows), "max_body_rows")
        if max_items is not None and items > max_items:
            message = _("Send at most {limit} list items in one request body.").format(limit=max_items)
            raise _too_many(message, "max_body_items")


def _count(field: Any, data: Any) -> Iterator[tuple[int, int]]:
    """Yield the numbers of rows and of items in *data*, as *field* reads it, container by container."""
    if isinstance(field, serializers.Serializer):
        if isinstance(data, Mapping):
            for key, each in field.fields.items():
                if not each.read_only and _is_list(each) and key in data:
                    yield from _count(each, data[key])
        return
    if not isinstance(data, list | Mapping) or len(data) > _limit(field):
        return  # which the field itself rejects before it looks at an item
    has_rows = isinstance(field, serializers.ListSerializer)
    yield (len(data), 0) if has_rows else (0, len(data))
    child: Any = getattr(field, "child", None)
    if _has_lists(child) if has_rows else _is_list(child):
        for item in data.values() if isinstance(data, Mapping) else data:
            yield from _count(child, item)


def _limit(field: Any) -> float:
    limits = (getattr(field, name, None) for name in ("max_length", "max_items"))
    return next((limit for limit in limits if limit is not None), inf)


def _is_list(field: Any) -> bool:
    return isinstance(field, (serializers.BaseSerializer, serializers.ManyRelatedField, *_CONTAINERS))


def _has_lists(serializer: Any) -> bool:
    if isinstance(serializer, serializers.ListSerializer):
        return True
    fields = getattr(serializer, "fields", {})
    return any(_is_list(field) and not field.read_only for field in fields.values())


def _too_many(message: str, code: str) -> ValidationError:
    return ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [ErrorDetail(message, code)]})
