"""JSON type checking: a strict view rejects "5" for a number, and 1 for true.

The check applies to DRF's own fields and to ours. A subclass that somebody else wrote may accept other JSON types on
purpose (django-countries' dicts, the amounts of django-money), so that it is left to itself, unless it says
`strict_input = True`; `strict_input = False` exempts a subclass of ours.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import fields, serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.settings import api_settings
from rest_framework.utils import html

_OF_DRF = frozenset(each for each in vars(fields).values() if isinstance(each, type) and issubclass(each, fields.Field))
_FORM_ONLY = ("csrfmiddlewaretoken",)  # what a browser's form sends beside the fields
_TEXTS = (
    serializers.CharField,
    serializers.DateField,
    serializers.DateTimeField,
    serializers.DurationField,
    serializers.IPAddressField,
    serializers.TimeField,
)


def is_strict(field: Any) -> bool:
    """Tell whether *field* belongs to a strict view, and validates JSON: an HTML form knows texts only."""
    names = getattr(field.context.get("view"), "names_of_parents", ())
    strict = is_in_strict_view(field) and field.field_name not in names
    return strict and not html.is_html_input(getattr(field.root, "initial_data", None))


def is_in_strict_view(field: Any) -> bool:
    """Tell whether the view of *field* has `strict_input`."""
    return bool(getattr(field.context.get("view"), "strict_input", False))


def unknown_keys(fields: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    """Return the keys of *data* that name no field; a field that nobody sends (`HiddenField`) is unknown, too."""
    known = {key for key, field in fields.items() if not isinstance(field, serializers.HiddenField)}
    unknown = [key for key in data if key not in known]
    if not html.is_html_input(data):
        return unknown
    nested = {key for key in known if isinstance(fields[key], _CONTAINERS)}
    return [key for key in unknown if key not in _FORM_ONLY and not _is_nested(key, nested)]


def type_errors(field: Any, value: Any) -> Any:
    """Return the errors of *value*, and of what it contains, where its JSON type is not that of *field*; or None."""
    if value is None:
        return None
    if not is_checked(field):
        return _wrong_type() if _reads_as_blank(field, value) else None
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return _errors_within(field.child, enumerate(value), getattr(field, "max_length", None))
    if isinstance(field, serializers.DictField) and isinstance(value, Mapping):
        return _errors_within(field.child, value.items(), getattr(field, "max_length", None))
    if isinstance(field, serializers.MultipleChoiceField) and isinstance(value, list):
        return None if all(_is_choice(field, each) for each in value) else _wrong_type()
    return None if is_of_its_type(field, value) else _wrong_type()


def is_checked(field: Any) -> bool:
    """Tell whether the type check applies to *field*: to DRF's own, to ours, and where `strict_input` says so."""
    own = getattr(field, "strict_input", None)
    return type(field) in _OF_DRF if own is None else bool(own)


def is_of_its_type(field: Any, value: Any) -> bool:
    """Tell whether *value* has the JSON type of *field*; the field itself rejects arrays and objects."""
    if isinstance(field, serializers.BooleanField):
        return isinstance(value, bool)
    if isinstance(field, serializers.IntegerField):
        return not isinstance(value, str) or _shows_integers_as_text(field)
    if isinstance(field, serializers.FloatField):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(field, serializers.DecimalField):  # a text may have its digits; DRF takes an empty one for null
        return not isinstance(value, str) or bool(value.strip())
    if isinstance(field, serializers.MultipleChoiceField):
        return True
    if isinstance(field, serializers.ChoiceField):
        return _is_choice(field, value)
    if isinstance(field, serializers.UUIDField):
        return isinstance(value, str) or (field.uuid_format == "int" and type(value) is int)
    return isinstance(value, str) if isinstance(field, _TEXTS) else True


_CONTAINERS = (
    serializers.BaseSerializer,
    serializers.DictField,
    serializers.ListField,
)


def _errors_within(child: Any, items: Iterable[tuple[Any, Any]], limit: int | None) -> dict[Any, Any] | None:
    items = list(items)
    if limit is not None and len(items) > limit:
        return None  # the field rejects them all
    errors = {str(key) if isinstance(key, str) else key: type_errors(child, item) for key, item in items}
    return {key: error for key, error in errors.items() if error} or None


def _reads_as_blank(field: Any, value: Any) -> bool:
    """Tell whether a choice of another package reads a *value* that is not a text as "", required or not.

    So does django-countries with `[]`, `false`, and an object without a code.
    """
    is_choice = isinstance(field, serializers.ChoiceField) and not isinstance(field, serializers.MultipleChoiceField)
    if not is_choice or isinstance(value, str):
        return False
    try:
        return bool(field.to_internal_value(value) == "")
    except serializers.ValidationError:
        return False


def _wrong_type() -> list[ErrorDetail]:
    return [ErrorDetail(_("The value has the wrong JSON type."), "invalid_type")]


def _shows_integers_as_text(field: Any) -> bool:
    return isinstance(field, serializers.BigIntegerField) and bool(
        getattr(field, "coerce_to_string", api_settings.COERCE_BIGINT_TO_STRING)
    )


def _is_choice(field: Any, value: Any) -> bool:
    """Tell whether *value* has the JSON type that one of the choices is shown in."""
    if value == "" and field.allow_blank:
        return True
    return _json_type(value) in {kind for choice in field.choices for kind in _json_types(choice)}


def _json_types(choice: Any) -> tuple[type, ...]:
    if isinstance(choice, Enum) and not isinstance(choice, str | int | float):
        choice = choice.value
    return (str, int, float) if isinstance(choice, Decimal) else (_json_type(choice),)


def _json_type(value: Any) -> type:
    """Return the type of JSON that *value* is shown as; dates, UUIDs and the like are texts."""
    for kind in (bool, int, float, list, dict):
        if isinstance(value, kind):
            return kind
    return type(None) if value is None else str


def _is_nested(key: str, names: Iterable[str]) -> bool:
    """Tell whether the *key* of a form is `name.key` or `name[0]` for one of *names*; an index has a few digits."""
    for name in names:
        rest = key.removeprefix(name) if key.startswith(name) else ""
        if rest.startswith(".") and len(rest) > 1:
            return True
        index, closed, _after = rest[1:].partition("]")
        if rest.startswith("[") and closed and index.isascii() and index.isdigit() and len(index) <= _INDEX_DIGITS:
            return True
    return False


_INDEX_DIGITS = 6
