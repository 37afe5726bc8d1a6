"""What all our serializers do with the keys of a body."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty
from rest_framework.serializers import LIST_SERIALIZER_KWARGS, LIST_SERIALIZER_KWARGS_REMOVE, BaseSerializer, DictField
from rest_framework.utils import html

from hardening.integrity.requests import note_serializer
from hardening.integrity.transactions import joined
from hardening.integrity.writes import database_of
from hardening.json_types import is_strict, type_errors, unknown_keys
from hardening.serializers import foreign
from hardening.serializers.currencies import complete_amounts
from hardening.serializers.forms import find_repeated_keys
from hardening.serializers.lists import ListSerializer
from hardening.serializers.sizes import MAX_ITEMS, MAX_ROWS, check_size
from hardening.truncation import shortened

MAX_NAMED = 20  # unknown keys that one error names


class Serializer(serializers.Serializer[Any]):
    """DRF's serializer; one that a strict view uses refuses keys it does not know.

    `max_body_rows` and `max_body_items` limit what one body may hold in all its lists; None is no limit.
    """

    max_body_rows: int | None = MAX_ROWS
    max_body_items: int | None = MAX_ITEMS

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> Any:
        """Return DRF's list serializer, ours where `Meta` names no other."""
        for_list = {key: kwargs.pop(key) for key in LIST_SERIALIZER_KWARGS_REMOVE if key in kwargs}
        for_list |= {key: value for key, value in kwargs.items() if key in LIST_SERIALIZER_KWARGS}
        chosen = getattr(getattr(cls, "Meta", None), "list_serializer_class", ListSerializer)
        return chosen(*args, child=cls(*args, **kwargs), **for_list)

    def is_valid(self, *, raise_exception: bool = False) -> bool:
        """Validate as DRF does, and have violations of the same request told in the field names of this serializer."""
        note_serializer(self)
        return bool(super().is_valid(raise_exception=raise_exception))

    def save(self, **kwargs: Any) -> Any:
        """Save as DRF does, in one transaction, since `create()` and `update()` are the serializer's own."""
        with joined(database_of(self)):
            return super().save(**kwargs)

    def run_validation(self, data: Any = empty) -> Any:
        """Validate as DRF does, after the size of the whole body."""
        check_size(self, data)
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        errors = self.refused_keys(data) if isinstance(data, Mapping) else {}
        try:
            completed = complete_amounts(self, data) if isinstance(self.instance, Model) else data
            values = super().to_internal_value(completed)
        except ValidationError as error:
            raise ValidationError(_merged(errors, _lifted(error.detail, self.fields))) from error
        except foreign.ERRORS as error:
            explained = foreign.explain_failure(error, self)
            if explained is None:
                raise
            raise explained from error
        if errors:
            raise ValidationError(errors)
        return values

    def refused_keys(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the errors of keys that the body must not have, and of values of another JSON type."""
        view = self.context.get("view")
        if not getattr(view, "strict_input", False):
            return {}
        is_outermost = self.parent is None or (isinstance(self.parent, ListSerializer) and self.parent.parent is None)
        of_url = getattr(view, "names_of_parents", ()) if is_outermost else ()
        errors: dict[str, Any] = {}
        if html.is_html_input(data):
            errors = {key: found for key, found in find_repeated_keys(self.fields, data).items() if key not in of_url}
        if is_strict(self):
            for field in self._writable_fields:
                key = str(field.field_name)
                if key not in of_url and (found := type_errors(field, data.get(key))):
                    errors[key] = found
        if unknown := unknown_keys(self.fields, data, of_url):
            detail = ErrorDetail(_("This field does not exist."), "unknown_field")
            return {**{shortened(key): [detail] for key in unknown[:MAX_NAMED]}, **errors}
        return errors


def _merged(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Return both errors; DRF's own words win where it rejects the same value."""
    merged = {**ours, **theirs}
    for key in ours.keys() & theirs.keys():
        if isinstance(ours[key], Mapping) and isinstance(theirs[key], Mapping):
            merged[key] = _merged(dict(ours[key]), dict(theirs[key]))
    return merged


def _lifted(detail: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return *detail* with errors that a plain field raised for its neighbours by name put beside its own."""
    lifted: dict[str, Any] = {}
    for key, errors in detail.items():
        composite = isinstance(fields.get(key), BaseSerializer | DictField)
        named = isinstance(errors, Mapping) and errors.keys() <= fields.keys() and not composite
        for name, listed in errors.items() if named else [(key, errors)]:
            known = lifted.get(name)
            lifted[name] = [*known, *listed] if isinstance(known, list) and isinstance(listed, list) else listed
    return lifted
