"""Reject form data with repeated field names, of which DRF would use only the last value."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import fields, relations, serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.settings import api_settings

from hardening.serializers.composite_fields import ConfirmField

_LISTS = (serializers.ListField, serializers.ManyRelatedField, serializers.MultipleChoiceField)
_INDEXED = (serializers.ListField, serializers.ListSerializer)


_READ_ONE_VALUE = {ConfirmField.get_value} | {
    each.get_value
    for module in (fields, relations, serializers)
    for each in vars(module).values()
    if isinstance(each, type) and issubclass(each, fields.Field)
}


def find_repeated_keys(known: Mapping[str, Any], data: Any) -> dict[str, list[ErrorDetail]]:
    """Return the errors of the fields in *known* that have more than one value in the form *data*.

    Nested serializers check their own fields, `name.field`. Repeated names with an index, `name[0]` or `name[0]field`,
    are reported under `name`, because DRF keeps only one of their values for any type of field.
    """
    repeated = _repeated(data)
    names = {name for key in repeated if (name := _name_of(key, known)) is not None}
    return {name: [_sent_twice()] for name in known if name in names}


def check_form_of_rows(data: Any) -> None:
    """Raise `ValidationError` if a form for many objects has a name such as `[0]name` more than once."""
    if _repeated(data):
        raise ValidationError({str(api_settings.NON_FIELD_ERRORS_KEY): [_sent_twice()]})


def _repeated(data: Any) -> list[str]:
    return [key for key in data if len(data.getlist(key)) > 1]


def _sent_twice() -> ErrorDetail:
    return ErrorDetail(_("Send each field only once."), "duplicate_key")


def _name_of(key: str, known: Mapping[str, Any]) -> str | None:
    """Return the name of the field that reads *key*, or None if that field accepts several values."""
    if key in known:
        return None if _reads_many_values(known[key]) else key
    name = key[: min(key.find(each) for each in ".[" if each in key)] if "." in key or "[" in key else ""
    field, rest = known.get(name), key[len(name) :]
    is_indexed = isinstance(field, _INDEXED) and rest.startswith("[")
    return name if is_indexed or (isinstance(field, serializers.DictField) and rest.startswith(".")) else None


def _reads_many_values(field: Any) -> bool:
    """Return True if *field* reads all values of its name, as a field that overrides `get_value()` may do."""
    return isinstance(field, _LISTS) or type(field).get_value not in _READ_ONE_VALUE
