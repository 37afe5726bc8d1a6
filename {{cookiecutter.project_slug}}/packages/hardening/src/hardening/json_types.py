"""JSON type checking: a strict view rejects "5" for a number, and 1 for true.

The check applies to DRF's own fields and to those of this package. It does not apply to subclasses by others, which
may accept further JSON types on purpose (django-countries' objects, django-money's amounts). A field class opts in
with `strict_input = True` and opts out with `strict_input = False`.
"""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import fields, serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.settings import api_settings
from rest_framework.utils import html

_OF_DRF = frozenset(kind for kind in vars(fields).values() if isinstance(kind, type) and issubclass(kind, fields.Field))
_FORM_ONLY = ("csrfmiddlewaretoken",)  # sent by the forms of the browsable API in addition to the fields
_TEXTS = (
    serializers.CharField,
    serializers.DateField,
    serializers.DateTimeField,
    serializers.DurationField,
    serializers.IPAddressField,
    serializers.TimeField,
)


def is_strict(field: Any) -> bool:
    """Return whether *field* belongs to a strict view and validates JSON: in an HTML form every value is a string."""
    names = getattr(field.context.get("view"), "names_of_parents", ())
    strict = is_in_strict_view(field) and field.field_name not in names
    return strict and not html.is_html_input(getattr(field.root, "initial_data", None))


def is_in_strict_view(field: Any) -> bool:
    """Return whether the view of *field* has `strict_input`."""
    return bool(getattr(field.context.get("view"), "strict_input", False))


def unknown_keys(fields: Mapping[str, Any], data: Mapping[str, Any], of_url: Collection[str] = ()) -> list[str]:
    """Return the keys of *data* that are not field names; a `HiddenField`, which clients do not send, is unknown.

    *of_url* are keys that the URL fills, which need not be names of fields.
    """
    names = {name for name, field in fields.items() if not isinstance(field, serializers.HiddenField)} | set(of_url)
    unknown = [key for key in data if key not in names]
    if not html.is_html_input(data):
        return unknown
    nested = {name for name in names if isinstance(fields.get(name), _CONTAINERS)}
    return [key for key in unknown if key not in _FORM_ONLY and not _is_nested(key, nested)]


def type_errors(field: Any, value: Any) -> Any:
    """Return the errors for JSON types in *value*, and in its items, that *field* does not accept; or None."""
    if value is None:
        return None
    if not is_checked(field):
        return _list_type_error() if _reads_as_blank(field, value) else None
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return _errors_within(field.child, enumerate(value), getattr(field, "max_length", None))
    if isinstance(field, serializers.DictField) and isinstance(value, Mapping):
        return _errors_within(field.child, value.items(), getattr(field, "max_length", None))
    if isinstance(field, serializers.MultipleChoiceField) and isinstance(value, list):
        return None if all(_is_choice(field, item) for item in value) else _list_type_error()
    return None if is_of_its_type(field, value) else _list_type_error()


def is_checked(field: Any) -> bool:
    """Return whether the type check applies to *field*: by its `strict_input`, or because its class is DRF's own."""
    own = getattr(field, "strict_input", None)
    return type(field) in _OF_DRF if own is None else bool(own)


def is_of_its_type(field: Any, value: Any) -> bool:
    """Return whether *value* has the JSON type of *field*; the field itself rejects arrays and objects."""
    if isinstance(field, serializers.BooleanField):
        return isinstance(value, bool)
    if isinstance(field, serializers.IntegerField):
        return not isinstance(value, str) or _renders_integers_as_strings(field)
    if isinstance(field, serializers.FloatField):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(field, serializers.DecimalField):  # a string of digits is valid; DRF reads an empty one as null
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
        return None  # the field rejects the whole list
    errors = {str(key) if isinstance(key, str) else key: type_errors(child, item) for key, item in items}
    return {key: error for key, error in errors.items() if error} or None


def _reads_as_blank(field: Any, value: Any) -> bool:
    """Return whether a choice field of another package converts a *value* that is not a string to "".

    django-countries does so with `[]`, `false`, and an object without a code, even if the field is required.
    """
    is_choice = isinstance(field, serializers.ChoiceField) and not isinstance(field, serializers.MultipleChoiceField)
    if not is_choice or isinstance(value, str):
        return False
    try:
        return bool(field.to_internal_value(value) == "")
    except serializers.ValidationError:
        return False


def _list_type_error() -> list[ErrorDetail]:
    return [ErrorDetail(_("The value has the wrong JSON type."), "invalid_type")]


def _renders_integers_as_strings(field: Any) -> bool:
    return isinstance(field, serializers.BigIntegerField) and bool(
        getattr(field, "coerce_to_string", api_settings.COERCE_BIGINT_TO_STRING)
    )


def _is_choice(field: Any, value: Any) -> bool:
    """Return whether *value* has the JSON type that one of the choices is rendered as."""
    if value == "" and field.allow_blank:
        return True
    return _json_type(value) in {kind for choice in field.choices for kind in _json_types(choice)}


def _json_types(choice: Any) -> tuple[type, ...]:
    if isinstance(choice, Enum) and not isinstance(choice, str | int | float):
        choice = choice.value
    return (str, int, float) if isinstance(choice, Decimal) else (_json_type(choice),)


def _json_type(value: Any) -> type:
    """Return the JSON type that *value* is rendered as; dates, UUIDs and similar values are strings."""
    for kind in (bool, int, float, list, dict):
        if isinstance(value, kind):
            return kind
    return type(None) if value is None else str


def _is_nested(key: str, names: Iterable[str]) -> bool:
    """Return whether *key*, of an HTML form, is `name.key` or `name[0]` for one of *names*."""
    for name in names:
        rest = key.removeprefix(name) if key.startswith(name) else ""
        if rest.startswith(".") and len(rest) > 1:
            return True
        index, bracket, _after = rest[1:].partition("]")
        if rest.startswith("[") and bracket and index.isascii() and index.isdigit() and len(index) <= _INDEX_DIGITS:
            return True
    return False


_INDEX_DIGITS = 6  # more are not an index that a form could have
