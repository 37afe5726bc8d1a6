"""DRF's fields for lists and objects, with size limits that are checked before their contents are validated."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.fields import get_error_detail
from rest_framework.utils import html
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from hardening import parsers
from hardening.relations.related_fields import is_storable
from hardening.truncation import shortened

MAX_ITEMS = 1000  # items of a list, or keys of an object
MAX_VALUES = 10_000  # values and keys in a JSON field, at all levels

_STORABLE = (ProhibitNullCharactersValidator(), ProhibitSurrogateCharactersValidator())


class ListField(serializers.ListField):
    """DRF's `ListField` with at most `MAX_ITEMS` items, or *max_length*; None removes the limit."""

    strict_input = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": MAX_ITEMS, **kwargs})

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated list; raise `ValidationError` for too many items before validating any."""
        if html.is_html_input(data):
            data = html.parse_html_list(data, default=[])
        if self.max_length is not None and isinstance(data, list | tuple) and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class DictField(serializers.DictField):
    """DRF's `DictField` with at most `MAX_ITEMS` keys, or *max_length*; None removes the limit.

    Keys that a database cannot store are rejected.
    """

    strict_input = True
    default_error_messages = {"max_length": _("Ensure this field has no more than {max_length} keys.")}

    def __init__(self, **kwargs: Any) -> None:
        self.max_length: int | None = kwargs.pop("max_length", MAX_ITEMS)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated object; raise `ValidationError` for too many keys, or one that cannot be stored."""
        if self.max_length is not None and isinstance(data, Mapping) and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        values = super().to_internal_value(data)
        _refuse_unstorable(map(str, values))
        return values


class HStoreField(DictField, serializers.HStoreField):
    """DRF's `HStoreField` with the same limit."""


class MultipleChoiceField(serializers.MultipleChoiceField):
    """DRF's `MultipleChoiceField` with at most `MAX_ITEMS` items, or as many as it has choices.

    Long input is shortened in error messages.
    """

    strict_input = True
    default_error_messages = {"max_length": _("Ensure this field has no more than {max_length} elements.")}

    def to_internal_value(self, data: Any) -> Any:
        limit = max(MAX_ITEMS, len(self.choices))
        if isinstance(data, list | tuple) and len(data) > limit:
            self.fail("max_length", max_length=limit)
        return super().to_internal_value(data)

    def fail(self, key: str, **kwargs: Any) -> Any:
        super().fail(key, **{name: shortened(value) for name, value in kwargs.items()})


class JSONField(serializers.JSONField):
    """DRF's `JSONField` with at most `MAX_VALUES` values and keys, or *max_values*; None removes the limit.

    Strings with NUL or lone surrogates are invalid, because not every database can store and return them.
    """

    default_error_messages = {"max_values": _("Ensure this field has no more than {max_values} values and keys.")}

    def __init__(self, **kwargs: Any) -> None:
        self.max_values: int | None = kwargs.pop("max_values", MAX_VALUES)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Return the value; raise `ValidationError` if it is too large, or has a string that cannot be stored."""
        if isinstance(data, str) and (self.binary or hasattr(data, "is_json_string")):
            self._check_text(data)
        value = super().to_internal_value(data)
        texts = []
        for number, each in enumerate(_values(value)):
            if self.max_values is not None and number > self.max_values:  # number 0 is the document itself
                self.fail("max_values", max_values=self.max_values)
            if isinstance(each, str):
                texts.append(each)
        _refuse_unstorable(texts)
        return value

    def _check_text(self, text: str) -> None:
        """Raise `ValidationError` if *text*, a string with JSON inside, breaks the limits of the request parser."""
        try:
            parsers.parse_text(text)
        except (APIException, ValueError, RecursionError):
            self.fail("invalid")


def _values(value: Any) -> Iterator[Any]:
    """Yield every value and key in *value*, without recursion."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        yield each
        if isinstance(each, Mapping):
            waiting += map(str, each)
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def _refuse_unstorable(texts: Iterable[str]) -> None:
    for text in texts:
        if is_storable(text):
            continue
        for validate in _STORABLE:
            try:
                validate(text)
            except DjangoValidationError as error:
                raise serializers.ValidationError(get_error_detail(error)) from error
