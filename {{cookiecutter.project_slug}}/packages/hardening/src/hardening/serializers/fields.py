"""DRF's text, date, time, choice and decimal fields with stricter formats and bounded lengths.

Text fields check the length before other validators run, and error messages shorten long input.
"""

import copy
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, Any

from django.core.validators import RegexValidator
from django.utils import timezone
from rest_framework import ISO_8601, serializers
from rest_framework.settings import api_settings
from rest_framework.utils import humanize_datetime

from hardening.parsers import MAX_DIGITS
from hardening.truncation import shortened

if TYPE_CHECKING:
    _Field = serializers.CharField  # the class that the mixin extends
else:
    _Field = object

MAX_MATCHED = 1000  # characters of a text with a regular expression and without max_length
_MAX_ADDRESS = 64  # characters; the longest IPv6 address with a zone has fewer
_LONGEST = 64  # maximum length of a date, a time or a duration, in characters

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"
_ZONE = r"([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)"


class DateTimeField(serializers.DateTimeField):
    """DRF's `DateTimeField`, which accepts only the format of RFC 3339.

    Python's parsers accept digits of all scripts, and thousands of them. A date-time without an offset must exist
    exactly once in the current time zone, and every date-time must be in the range of `datetime` in UTC.
    """

    strict_input = True
    shape = re.compile(rf"{_DAY}[Tt ]{_TIME}{_ZONE}?")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.input_formats = _formats(self, api_settings.DATETIME_INPUT_FORMATS, api_settings.DATETIME_FORMAT)

    def to_internal_value(self, value: Any) -> Any:
        if _is_written_otherwise(value, self):
            self.fail("invalid", format=humanize_datetime.datetime_formats(self.input_formats))
        return super().to_internal_value(value)

    def enforce_timezone(self, value: datetime) -> Any:
        """Return DRF's result; raise `ValidationError` for a local time that does not exist or occurs twice.

        Both are the date-times whose offset depends on `fold` (PEP 495). DRF does not detect them, because it
        compares them with date-times in UTC, to which they are never equal.
        """
        try:
            enforced = super().enforce_timezone(value)
            if timezone.is_aware(enforced):
                enforced.astimezone(UTC)  # it is stored in UTC
                if timezone.is_naive(value) and enforced.replace(fold=1).utcoffset() != enforced.utcoffset():
                    self.fail("make_aware", timezone=enforced.tzinfo)
        except OverflowError:
            self.fail("overflow")
        return enforced

    def to_representation(self, value: Any) -> Any:
        """Return DRF's result, or the date-time in UTC if it is out of range in the current time zone."""
        if self.shows_utc():
            return self.show_in_utc(value)
        return self._show(value)

    def shows_utc(self) -> bool:
        """Return whether date-times are shown in UTC and in ISO 8601, as they are by default."""
        shown = getattr(self, "format", api_settings.DATETIME_FORMAT)
        if type(self).enforce_timezone is not DateTimeField.enforce_timezone or not isinstance(shown, str):
            return False
        zone = self.timezone if hasattr(self, "timezone") else self.default_timezone()
        return shown.lower() == ISO_8601 and (zone is UTC or getattr(zone, "key", None) == "UTC")

    def show_in_utc(self, value: Any) -> Any:
        """Return what `to_representation()` does while `shows_utc()`; a long list asks that only once.

        Without it, converting the time zone of two columns is a sixth of the cost of a page of 50 rows.
        """
        if type(value) is datetime and value.tzinfo is UTC:
            return f"{value.isoformat()[:-6]}Z"
        return self._show(value)

    def _show(self, value: Any) -> Any:
        try:
            return super().to_representation(value)
        except (serializers.ValidationError, OverflowError):
            if getattr(self, "timezone", None) is UTC:
                return value.isoformat()
            in_utc = copy.copy(self)
            in_utc.timezone = UTC
            return in_utc.to_representation(value)


class DateField(serializers.DateField):
    """DRF's `DateField`, which accepts only the format of RFC 3339."""

    strict_input = True
    shape = re.compile(_DAY)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.input_formats = _formats(self, api_settings.DATE_INPUT_FORMATS, api_settings.DATE_FORMAT)

    def to_internal_value(self, value: Any) -> Any:
        if _is_written_otherwise(value, self):
            self.fail("invalid", format=humanize_datetime.date_formats(self.input_formats))
        return super().to_internal_value(value)


class TimeField(serializers.TimeField):
    """DRF's `TimeField`, which accepts only the format of RFC 3339, without an offset."""

    strict_input = True
    shape = re.compile(_TIME)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.input_formats = _formats(self, api_settings.TIME_INPUT_FORMATS, api_settings.TIME_FORMAT)

    def to_internal_value(self, value: Any) -> Any:
        if _is_written_otherwise(value, self):
            self.fail("invalid", format=humanize_datetime.time_formats(self.input_formats))
        return super().to_internal_value(value)


class DurationField(serializers.DurationField):
    """DRF's `DurationField` for 1 to 64 characters with at least one digit; DRF accepts "" and "PT" as zero."""

    strict_input = True
    shape = re.compile("(?=.*[0-9])[ -~]{2,64}|[0-9]")

    def to_internal_value(self, value: Any) -> Any:
        if isinstance(value, str) and (len(value) > _LONGEST or not self.shape.fullmatch(value)):
            self.fail("invalid", format="[DD] [HH:[MM:]]ss[.uuuuuu]")
        return super().to_internal_value(value)


class ChoiceField(serializers.ChoiceField):
    """DRF's `ChoiceField`, which shortens long input in errors, and returns a string for objects that equal ""."""

    strict_input = True

    def to_representation(self, value: Any) -> Any:
        """Return DRF's result, but "" or None for an object that equals "", such as an empty `Country`."""
        shown = super().to_representation(value)
        if isinstance(shown, str) or shown != "":
            return shown
        return None if self.allow_null and not self.allow_blank else ""

    def fail(self, key: str, **kwargs: Any) -> Any:
        super().fail(key, **{name: shortened(value) for name, value in kwargs.items()})


class DecimalField(serializers.DecimalField):
    """DRF's `DecimalField` with at most `MAX_DIGITS` digits without *max_digits*; "1e999999" has a million digits."""

    strict_input = True

    def validate_precision(self, value: Decimal) -> Decimal:
        if self.max_digits is None and value and abs(value.adjusted()) + len(value.as_tuple().digits) > MAX_DIGITS:
            self.fail("max_digits", max_digits=MAX_DIGITS)
        return super().validate_precision(value)

    def quantize(self, value: Decimal) -> Decimal:
        with localcontext() as context:
            context.prec = 2 * MAX_DIGITS  # with the default precision of 28 digits, DRF raises an exception
            return super().quantize(value)


class BoundedText(_Field):
    """Check the length before other validators, because regular expressions may need quadratic time.

    The limit is `max_length`; without it, it is `MAX_MATCHED` characters if the field has a `RegexValidator`.
    """

    strict_input = True

    def run_validators(self, value: Any) -> None:
        """Raise `ValidationError` if *value* is too long, or else run the validators."""
        limit = _limit_of(self.validators) if self.max_length is None else self.max_length
        if limit is not None and isinstance(value, str) and len(value) > limit:
            self.fail("max_length", max_length=limit)
        super().run_validators(value)


class CharField(BoundedText, serializers.CharField):
    """DRF's `CharField`, which checks the length first."""


class EmailField(BoundedText, serializers.EmailField):
    """DRF's `EmailField`, which checks the length first."""


class RegexField(BoundedText, serializers.RegexField):
    """DRF's `RegexField`, which checks the length first."""


class SlugField(BoundedText, serializers.SlugField):
    """DRF's `SlugField`, which checks the length first."""


class URLField(BoundedText, serializers.URLField):
    """DRF's `URLField`, which checks the length first."""


class IPAddressField(BoundedText, serializers.IPAddressField):
    """DRF's `IPAddressField`, which checks the length before it parses the address."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and len(data) > _MAX_ADDRESS:
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class NormalizedCharField(CharField):
    """Normalize text to Unicode's form NFKC before validation, so that the validated text is the stored one.

    NFKC can make a text longer, and can turn other characters into white space. It takes quadratic time in the number
    of combining characters; texts longer than `GROWTH` times `max_length` are therefore rejected before.
    """

    GROWTH = 4  # input may be this many times as long as max_length before it is normalized

    def to_internal_value(self, data: Any) -> str:
        limit = MAX_MATCHED if self.max_length is None else self.max_length
        if isinstance(data, str) and len(data) > limit * self.GROWTH:
            self.fail("max_length", max_length=limit)
        text = self.normalize(super().to_internal_value(data))
        text = text.strip() if self.trim_whitespace else text
        if not text and not self.allow_blank:
            self.fail("blank")
        return text

    def normalize(self, text: str) -> str:
        """Return the normal form of *text*."""
        return unicodedata.normalize("NFKC", text)


def _formats(field: Any, accepted: Iterable[str], shown: Any) -> list[str]:
    """Return the input formats of *field*: its own, or those of DRF's setting and the output format."""
    own = vars(field).get("input_formats")
    if own is not None:
        return list(own)
    shown = getattr(field, "format", shown)
    known = list(accepted)
    return [*known, shown] if isinstance(shown, str) and shown.lower() not in map(str.lower, known) else known


def _is_written_otherwise(value: Any, field: Any) -> bool:
    """Return True if *value* is a string that is too long, or is not in the format of RFC 3339.

    The format is not checked if *field* has other input formats than DRF's default.
    """
    if not isinstance(value, str):
        return False
    return len(value) > _LONGEST or (field.input_formats == [ISO_8601] and not field.shape.fullmatch(value))


def _limit_of(validators: Iterable[Any]) -> int | None:
    unlimited = any(isinstance(each, RegexValidator) and not hasattr(each, "max_length") for each in validators)
    return MAX_MATCHED if unlimited else None
