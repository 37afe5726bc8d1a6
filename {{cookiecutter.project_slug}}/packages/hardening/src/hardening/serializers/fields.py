"""DRF's fields, without what no database stores, what nobody meant, and long echoes.

The validators of text fields never see a text that is too long for them.
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
    _Field = serializers.CharField  # what the mixin stands before
else:
    _Field = object

MAX_MATCHED = 1000  # characters that a regular expression sees where nothing else limits the text
_MAX_ADDRESS = 64  # characters; the longest IPv6 address with a zone has fewer
_LONGEST = 64  # characters of a date, a time or a duration

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"
_ZONE = r"([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)"


class DateTimeField(serializers.DateTimeField):
    """DRF's, in the notation of RFC 3339 alone: Python takes 5000 digits for a moment, and any script's.

    A date-time without an offset has to be one moment of the time zone, and every one lies within the calendar in UTC.
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
        """Return *value* as DRF does; raise `ValidationError` for one that the clock skips or shows twice.

        Both are the date-times whose offset depends on `fold` (PEP 495). DRF finds neither, because it compares them
        with UTC, to which they are never equal.
        """
        try:
            enforced = super().enforce_timezone(value)
            if timezone.is_aware(enforced):
                enforced.astimezone(UTC)  # which is how it is stored
                if timezone.is_naive(value) and enforced.replace(fold=1).utcoffset() != enforced.utcoffset():
                    self.fail("make_aware", timezone=enforced.tzinfo)
        except OverflowError:
            self.fail("overflow")
        return enforced

    def to_representation(self, value: Any) -> Any:
        """Return *value* as DRF does; in UTC where the calendar of the time zone does not have it."""
        try:
            return super().to_representation(value)
        except (serializers.ValidationError, OverflowError):
            if getattr(self, "timezone", None) is UTC:
                return value.isoformat()
            in_utc = copy.copy(self)
            in_utc.timezone = UTC
            return in_utc.to_representation(value)


class DateField(serializers.DateField):
    """DRF's, in the same notation."""

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
    """DRF's, in the same notation."""

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
    """DRF's, of at least one digit and at most 64 characters: DRF takes "" and "PT" for no time at all."""

    strict_input = True
    shape = re.compile("(?=.*[0-9])[ -~]{2,64}|[0-9]")

    def to_internal_value(self, value: Any) -> Any:
        if isinstance(value, str) and (len(value) > _LONGEST or not self.shape.fullmatch(value)):
            self.fail("invalid", format="[DD] [HH:[MM:]]ss[.uuuuuu]")
        return super().to_internal_value(value)


class ChoiceField(serializers.ChoiceField):
    """DRF's, which repeats the start of a long value only, and shows an object that equals "" as a text."""

    strict_input = True

    def to_representation(self, value: Any) -> Any:
        """Return *value* as DRF does; DRF returns an object that equals "", such as an empty `Country`, as it is."""
        shown = super().to_representation(value)
        if isinstance(shown, str) or shown != "":
            return shown
        return None if self.allow_null and not self.allow_blank else ""

    def fail(self, key: str, **kwargs: Any) -> Any:
        super().fail(key, **{name: shortened(value) for name, value in kwargs.items()})


class DecimalField(serializers.DecimalField):
    """DRF's, of at most `MAX_DIGITS` digits where `max_digits` sets no limit: "1e999999" would be written in full."""

    strict_input = True

    def validate_precision(self, value: Decimal) -> Decimal:
        if self.max_digits is None and value and abs(value.adjusted()) + len(value.as_tuple().digits) > MAX_DIGITS:
            self.fail("max_digits", max_digits=MAX_DIGITS)
        return super().validate_precision(value)

    def quantize(self, value: Decimal) -> Decimal:
        with localcontext() as context:
            context.prec = 2 * MAX_DIGITS  # DRF's own limit is that of the thread, 28 digits, and raises beyond
            return super().quantize(value)


class BoundedText(_Field):
    """Validate the length before anything else: a regular expression may need quadratic time for a longer text.

    The limit is `max_length`; without it, a text that a `RegexValidator` looks at has `MAX_MATCHED` characters.
    """

    strict_input = True

    def run_validators(self, value: Any) -> None:
        """Run DRF's validators, or raise the error of the length alone."""
        limit = _limit_of(self.validators) if self.max_length is None else self.max_length
        if limit is not None and isinstance(value, str) and len(value) > limit:
            self.fail("max_length", max_length=limit)
        super().run_validators(value)


class CharField(BoundedText, serializers.CharField):
    """DRF's, with the length validated first."""


class EmailField(BoundedText, serializers.EmailField):
    """DRF's, with the length validated first."""


class RegexField(BoundedText, serializers.RegexField):
    """DRF's, with the length validated first."""


class SlugField(BoundedText, serializers.SlugField):
    """DRF's, with the length validated first."""


class URLField(BoundedText, serializers.URLField):
    """DRF's, with the length validated first."""


class IPAddressField(BoundedText, serializers.IPAddressField):
    """DRF's, with the length validated before the text is parsed."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and len(data) > _MAX_ADDRESS:
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class NormalizedCharField(CharField):
    """A text in Unicode's normal form NFKC, normalized before it is validated: what is validated is what is stored.

    NFKC may lengthen a text, and make white space of characters that are none. Its cost is quadratic in the number
    of combining characters, so that a text of more than `GROWTH` times `max_length` is rejected unread.
    """

    GROWTH = 4  # a normalized text is at most this much shorter than the text that was sent

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
    """Return the notations that *field* accepts: its own, or DRF's setting and the notation that it shows."""
    own = vars(field).get("input_formats")
    if own is not None:
        return list(own)
    shown = getattr(field, "format", shown)
    known = list(accepted)
    return [*known, shown] if isinstance(shown, str) and shown.lower() not in map(str.lower, known) else known


def _is_written_otherwise(value: Any, field: Any) -> bool:
    """Tell whether *value* is a text that cannot be in any of the notations of *field*.

    The length is validated in every case, before Python parses the text. The notations of a team are left alone.
    """
    if not isinstance(value, str):
        return False
    return len(value) > _LONGEST or (field.input_formats == [ISO_8601] and not field.shape.fullmatch(value))


def _limit_of(validators: Iterable[Any]) -> int | None:
    unlimited = any(isinstance(each, RegexValidator) and not hasattr(each, "max_length") for each in validators)
    return MAX_MATCHED if unlimited else None
