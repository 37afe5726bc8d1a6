"""Derive the invalid values of a text field from its lengths, its format and its validators."""

import re
from collections.abc import Iterator
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from hardening.serializers.composite_fields import ConfirmField, JoinedField
from hardening.testing import values
from hardening.testing.values import WRONG_TYPE, Invalid, Refused, with_codes


def list_invalid_texts(field: Any, valid: Any, _others: Any) -> Iterator[Invalid]:
    if isinstance(field, ConfirmField):
        yield from with_codes([*values.UNEQUAL, (f"{valid}".swapcase(), "mismatch"), (f"{valid} ", "mismatch")])
        return
    for value, code in values.NO_TEXTS:
        if value is not None:
            codes = _codes_of(field, str(value)) if code == WRONG_TYPE else ()
            yield Invalid(value, codes or (code,))
    yield from with_codes(values.UNSTORABLE)
    if not field.allow_blank:
        yield from with_codes(values.BLANK if field.trim_whitespace else values.BLANK[:1])
    yield from with_codes(_outside_lengths(field))
    yield from with_codes(_of_format(field, valid))


def _codes_of(field: Any, text: str) -> tuple[str, ...]:
    """Return the codes of a number that is rejected as a text as well: DRF's error takes precedence."""
    try:
        field.run_validators(field.to_internal_value(text))
    except serializers.ValidationError as error:
        details: Any = error.detail
        return tuple(str(detail.code) for detail in details)
    return ()


def _outside_lengths(field: Any) -> Refused:
    limit = field.max_length
    if isinstance(field, JoinedField):
        serializer: Any = field.parent
        columns = [serializer.Meta.model._meta.get_field(name) for name in field.model_fields]
        limit = min(column.max_length for column in columns)
    long = values.longer_than(limit) if limit is not None else []
    if isinstance(field, serializers.EmailField | serializers.URLField | serializers.RegexField):
        long = [(value, "max_length") for value, _code in long if value.isascii()]
    return long + ([("x" * (field.min_length - 1), "min_length")] if (field.min_length or 0) > 1 else [])


def _of_format(field: Any, valid: Any) -> Refused:
    if isinstance(field, serializers.EmailField):
        return values.NO_EMAILS
    if isinstance(field, serializers.URLField):
        return values.NO_URLS
    if isinstance(field, serializers.SlugField):
        return values.NO_SLUGS
    return list(_unmatched(field, valid)) if isinstance(field, serializers.RegexField) else []


def _unmatched(field: Any, valid: Any) -> Iterator[tuple[Any, str]]:
    """Yield texts that the regular expression of *field* does not match: other ones, and other spellings of *valid*."""
    validators: Any = field.validators
    [pattern] = [re.compile(each.regex) for each in validators if isinstance(each, RegexValidator)]
    spellings = [f"{valid}\n", f" {valid}", f"{valid} ", f"{valid}\0", str(valid).upper(), f"{valid}{valid}"]
    for text in ("?", "-", "a b", "\u0661", *(spellings if valid else ())):
        if not pattern.search(text.strip() if field.trim_whitespace else text):
            yield text, "invalid"
