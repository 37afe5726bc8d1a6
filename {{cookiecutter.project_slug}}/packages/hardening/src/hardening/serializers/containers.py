"""DRF's fields for lists and objects, with a limit that is validated before their contents."""

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

MAX_ITEMS = 1000  # items of one list, keys of one object
MAX_VALUES = 10_000  # values and keys anywhere in one JSON field

_STORABLE = (ProhibitNullCharactersValidator(), ProhibitSurrogateCharactersValidator())


class ListField(serializers.ListField):
    """DRF's, of at most `MAX_ITEMS` items; `max_length` sets another limit, and None none."""

    strict_input = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": MAX_ITEMS, **kwargs})

    def to_internal_value(self, data: Any) -> Any:
        """Return *data* validated; raise `ValidationError` for too many items before any of them is looked at."""
        if html.is_html_input(data):
            data = html.parse_html_list(data, default=[])
        if self.max_length is not None and isinstance(data, list | tuple) and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class DictField(serializers.DictField):
    """DRF's, of at most `MAX_ITEMS` keys (`max_length`, None for no limit), which are validated like its values."""

    strict_input = True
    default_error_messages = {"max_length": _("Ensure this field has no more than {max_length} keys.")}

    def __init__(self, **kwargs: Any) -> None:
        self.max_length: int | None = kwargs.pop("max_length", MAX_ITEMS)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Return *data* validated; raise `ValidationError` for too many keys, or one that cannot be stored."""
        if self.max_length is not None and isinstance(data, Mapping) and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        values = super().to_internal_value(data)
        _refuse_unstorable(map(str, values))
        return values


class HStoreField(DictField, serializers.HStoreField):
    """The same for a column of texts."""


class MultipleChoiceField(serializers.MultipleChoiceField):
    """DRF's, of at most `MAX_ITEMS` items, or as many as there are choices; errors repeat the start of a value only."""

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
    """DRF's, of at most `MAX_VALUES` values and keys (`max_values`, None for no limit).

    Texts that a database rejects, or stores and never shows again, are invalid: NUL and halves of surrogate pairs.
    """

    default_error_messages = {"max_values": _("Ensure this field has no more than {max_values} values and keys.")}

    def __init__(self, **kwargs: Any) -> None:
        self.max_values: int | None = kwargs.pop("max_values", MAX_VALUES)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Return *data*; raise `ValidationError` for a text anywhere in it that cannot be stored."""
        if isinstance(data, str) and (self.binary or hasattr(data, "is_json_string")):
            self._check_text(data)
        value = super().to_internal_value(data)
        texts = []
        for number, each in enumerate(_values(value)):
            if self.max_values is not None and number > self.max_values:  # the document itself is the first
                self.fail("max_values", max_values=self.max_values)
            if isinstance(each, str):
                texts.append(each)
        _refuse_unstorable(texts)
        return value

    def _check_text(self, text: str) -> None:
        """Raise `ValidationError` for JSON in a string, which the parser of the body did not see."""
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
