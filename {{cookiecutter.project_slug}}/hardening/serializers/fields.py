"""DRF's fields, without what no database stores, what nobody meant, and long echoes."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import ProhibitNullCharactersValidator
from rest_framework import ISO_8601, serializers
from rest_framework.fields import get_error_detail
from rest_framework.settings import api_settings
from rest_framework.utils import humanize_datetime
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from hardening.keys import shortened

_STORABLE = (ProhibitNullCharactersValidator(), ProhibitSurrogateCharactersValidator())

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"
_ZONE = r"([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)"


class DateTimeField(serializers.DateTimeField):
    """DRF's, in the notation of RFC 3339 alone: Python takes 5000 digits for a moment, and any script's."""

    shape = re.compile(rf"{_DAY}[Tt ]{_TIME}{_ZONE}?")

    def to_internal_value(self, value: Any) -> Any:
        if _is_written_otherwise(value, self, api_settings.DATETIME_INPUT_FORMATS):
            self.fail("invalid", format=humanize_datetime.datetime_formats([ISO_8601]))
        return super().to_internal_value(value)


class DateField(serializers.DateField):
    """DRF's, in the same notation."""

    shape = re.compile(_DAY)

    def to_internal_value(self, value: Any) -> Any:
        if _is_written_otherwise(value, self, api_settings.DATE_INPUT_FORMATS):
            self.fail("invalid", format=humanize_datetime.date_formats([ISO_8601]))
        return super().to_internal_value(value)


class TimeField(serializers.TimeField):
    """DRF's, in the same notation."""

    shape = re.compile(_TIME)

    def to_internal_value(self, value: Any) -> Any:
        if _is_written_otherwise(value, self, api_settings.TIME_INPUT_FORMATS):
            self.fail("invalid", format=humanize_datetime.time_formats([ISO_8601]))
        return super().to_internal_value(value)


class DurationField(serializers.DurationField):
    """DRF's, of at least one digit and at most 64 characters: DRF takes "" and "PT" for no time at all."""

    shape = re.compile("(?=.*[0-9])[ -~]{2,64}|[0-9]")

    def to_internal_value(self, value: Any) -> Any:
        if isinstance(value, str) and not self.shape.fullmatch(value):
            self.fail("invalid", format="[DD] [HH:[MM:]]ss[.uuuuuu]")
        return super().to_internal_value(value)


class ChoiceField(serializers.ChoiceField):
    """DRF's, which repeats the start of a long value only."""

    def fail(self, key: str, **kwargs: Any) -> Any:
        super().fail(key, **{name: shortened(value) for name, value in kwargs.items()})


class MultipleChoiceField(serializers.MultipleChoiceField):
    """The same for several choices."""

    def fail(self, key: str, **kwargs: Any) -> Any:
        super().fail(key, **{name: shortened(value) for name, value in kwargs.items()})


class JSONField(serializers.JSONField):
    """DRF's, without the texts that a database refuses, or stores and never shows again: NUL and half surrogates."""

    def to_internal_value(self, data: Any) -> Any:
        """Return *data*; raise `ValidationError` for a text anywhere in it that cannot be stored."""
        try:
            value = super().to_internal_value(data)
        except RecursionError:  # a form's text, which our parser did not see
            self.fail("invalid")
        _refuse_unstorable(_texts(value))
        return value


class DictField(serializers.DictField):
    """DRF's, with its keys looked at like its values."""

    def to_internal_value(self, data: Any) -> Any:
        """Return *data* validated; raise `ValidationError` for a key that cannot be stored too."""
        values = super().to_internal_value(data)
        _refuse_unstorable(map(str, values))
        return values


class HStoreField(DictField, serializers.HStoreField):
    """The same for a column of texts."""


def _is_written_otherwise(value: Any, field: Any, formats: Iterable[str]) -> bool:
    """Tell whether *value* is a text that has not the shape of *field*; formats of one's own are left alone."""
    own = getattr(field, "input_formats", formats)
    return isinstance(value, str) and list(own) == [ISO_8601] and not field.shape.fullmatch(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield str(key)
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _refuse_unstorable(texts: Iterable[str]) -> None:
    for text in texts:
        for validate in _STORABLE:
            try:
                validate(text)
            except DjangoValidationError as error:
                raise serializers.ValidationError(get_error_detail(error)) from error
