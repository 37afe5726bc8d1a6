"""DRF's text fields, whose validators never see a text that is too long for them."""

import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.validators import RegexValidator
from rest_framework import serializers

if TYPE_CHECKING:
    _Field = serializers.CharField  # what the mixin stands before
else:
    _Field = object

MAX_MATCHED = 1000  # characters that a regular expression sees where nothing else limits the text
_MAX_ADDRESS = 64  # characters; the longest IPv6 address with a zone has fewer


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


def _limit_of(validators: Iterable[Any]) -> int | None:
    unlimited = any(isinstance(each, RegexValidator) and not hasattr(each, "max_length") for each in validators)
    return MAX_MATCHED if unlimited else None
