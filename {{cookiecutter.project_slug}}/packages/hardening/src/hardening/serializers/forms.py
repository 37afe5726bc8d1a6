"""HTML forms: a key with several values, of which DRF takes the last one."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.settings import api_settings

_LISTS = (serializers.ListField, serializers.ManyRelatedField, serializers.MultipleChoiceField)
_OWN = ("rest_framework.", "hardening.")
_INDEXED = (serializers.ListField, serializers.ListSerializer)


def find_repeated_keys(fields: Mapping[str, Any], data: Any) -> dict[str, list[ErrorDetail]]:
    """Return the errors of those *fields* that the form *data* has more than one value for, as JSON may not either.

    A nested serializer sees to its own keys, `name.key`. Of keys with an index, `name[0]` and `name[0]key`, DRF keeps
    one value, whatever field that is for, so that they are rejected under `name`.
    """
    repeated = _repeated(data)
    names = {name for key in repeated if (name := _name_of(key, fields)) is not None}
    return {name: [_sent_twice()] for name in fields if name in names}


def check_form_of_rows(data: Any) -> None:
    """Raise `ValidationError` for a form of many objects that has a key such as `[0]name` more than once."""
    if _repeated(data):
        raise ValidationError({str(api_settings.NON_FIELD_ERRORS_KEY): [_sent_twice()]})


def _repeated(data: Any) -> list[str]:
    return [key for key in data if len(data.getlist(key)) > 1]


def _sent_twice() -> ErrorDetail:
    return ErrorDetail(_("Send each field only once."), "duplicate_key")


def _name_of(key: str, fields: Mapping[str, Any]) -> str | None:
    """Return the name of the field that *key* is a value of, if that takes a single one."""
    if key in fields:
        return None if _takes_many(fields[key]) else key
    name = key[: min(key.find(each) for each in ".[" if each in key)] if "." in key or "[" in key else ""
    field, rest = fields.get(name), key[len(name) :]
    is_indexed = isinstance(field, _INDEXED) and rest.startswith("[")
    return name if is_indexed or (isinstance(field, serializers.DictField) and rest.startswith(".")) else None


def _takes_many(field: Any) -> bool:
    """Tell whether *field* reads all values of its key; one with a `get_value()` of its own may."""
    return isinstance(field, _LISTS) or not type(field).get_value.__module__.startswith(_OWN)
