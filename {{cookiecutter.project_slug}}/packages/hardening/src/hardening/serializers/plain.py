"""`Serializer` and `ListSerializer`, which check the size and the field names of a request body."""

import functools
from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

from django.db.models import Manager, Model
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty
from rest_framework.serializers import LIST_SERIALIZER_KWARGS, LIST_SERIALIZER_KWARGS_REMOVE, BaseSerializer, DictField
from rest_framework.settings import api_settings
from rest_framework.utils import html

from hardening.integrity.transactions import join_unit
from hardening.integrity.writes import database_of, has_valid_data, set_valid_data, write_unit, writes_as_given
from hardening.json_types import is_in_strict_view, is_strict, type_errors, unknown_keys
from hardening.relations.batches import fetch_for_rows
from hardening.relations.related_fields import in_order
from hardening.serializers import third_party_errors
from hardening.serializers.currencies import complete_amounts
from hardening.serializers.forms import check_form_of_rows, find_repeated_keys
from hardening.truncation import shortened

MAX_ROWS = 100  # objects in a list
MAX_BODY_ROWS = 1000  # objects in all lists of a request body
MAX_BODY_ITEMS = 10_000  # items of lists, and keys of objects, in all fields of a request body
MAX_NAMED = 20  # unknown field names that an error lists

_LISTS = (
    serializers.BaseSerializer,
    serializers.ManyRelatedField,
    serializers.ListField,
    serializers.DictField,
    serializers.MultipleChoiceField,
)


class ListSerializer(serializers.ListSerializer[Any]):
    """Write many objects in one transaction; load their related objects with one query for each field."""

    max_length: int | None
    position: int | None = None  # of the object that is being created

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": MAX_ROWS, **kwargs})

    def run_validation(self, data: Any = empty) -> Any:
        """Check the size of the request body, then validate as DRF does."""
        check_size(self, data)
        if html.is_html_input(data) and is_in_strict_view(self):
            check_form_of_rows(data)
        return super().run_validation(data)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """Return DRF's result, after loading the related objects of all objects in *data*."""
        if isinstance(data, list) and (self.max_length is None or len(data) <= self.max_length):
            fetch_for_rows(getattr(self.child, "_writable_fields", ()), data)
        return super().validate_empty_values(data)

    def to_representation(self, data: Any) -> list[Any]:
        """Return DRF's list, ordered by primary key if the related model has no ordering."""
        return super().to_representation(in_order(data.all()) if isinstance(data, Manager) else data)

    def run_child_validation(self, data: Any) -> Any:
        """Validate one object of the list; in an update, as a change of the instance with the same primary key.

        DRF's documentation sets `self.child.instance` in the same way ("Customizing multiple update"). The child
        therefore rejects changed immutable fields as it does for a single object.
        """
        if self.instance is None or not isinstance(data, Mapping):
            return super().run_child_validation(data)
        child: Any = self.child
        whole, child.instance = child.instance, self._stored.get(self._key(data) or "")
        try:
            return super().run_child_validation(data)
        finally:
            child.instance = whole

    @functools.cached_property
    def _stored(self) -> dict[str, Model]:
        instances: Any = self.instance.all() if isinstance(self.instance, Manager) else self.instance
        return {str(each.pk): each for each in instances if isinstance(each, Model)}

    def _key(self, data: Mapping[str, Any]) -> str | None:
        fields = getattr(self.child, "fields", {}).items()
        model: Any = getattr(getattr(self.child, "Meta", None), "model", None)
        names = {"pk", model._meta.pk.name, model._meta.pk.attname} if model is not None else set()
        return next((str(data[key]) for key, field in fields if field.source in names and key in data), None)

    def is_valid(self, *, raise_exception: bool = False) -> bool:
        """Validate as DRF does, and report violations in this request under the field names of this serializer."""
        note_serializer(self)
        return bool(super().is_valid(raise_exception=raise_exception))

    @writes_as_given
    def create(self, validated_data: Any) -> Any:
        """Create the objects as DRF does, and keep the index of the current one in `position`."""
        child: Any = self.child
        created = []
        for self.position, attrs in enumerate(validated_data):
            created.append(child.create(attrs))
        self.position = None
        return created

    def save(self, **kwargs: Any) -> Any:
        model = getattr(getattr(self.child, "Meta", None), "model", None)
        if model is None:
            with join_unit(database_of(self)):
                return super().save(**kwargs)
        if not has_valid_data(self):
            return super().save(**kwargs)
        get_defaults = getattr(self.child, "get_create_defaults", dict) if self.instance is None else dict
        values = [{**attrs, **get_defaults(), **kwargs} for attrs in self.validated_data]
        set_valid_data(self, values)
        with write_unit(self, model, values):
            return super().save(**kwargs)


class Serializer(serializers.Serializer[Any]):
    """DRF's serializer, which rejects unknown field names in views with `strict_input`.

    `max_body_rows` and `max_body_items` limit the objects and items in all lists of a request body; None removes the
    limit.
    """

    max_body_rows: int | None = MAX_BODY_ROWS
    max_body_items: int | None = MAX_BODY_ITEMS

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> Any:
        """Return the list serializer of `Meta.list_serializer_class`, or else our `ListSerializer`."""
        for_list = {key: kwargs.pop(key) for key in LIST_SERIALIZER_KWARGS_REMOVE if key in kwargs}
        for_list |= {key: value for key, value in kwargs.items() if key in LIST_SERIALIZER_KWARGS}
        chosen = getattr(getattr(cls, "Meta", None), "list_serializer_class", ListSerializer)
        return chosen(*args, child=cls(*args, **kwargs), **for_list)

    def is_valid(self, *, raise_exception: bool = False) -> bool:
        """Validate as DRF does, and report violations in this request under the field names of this serializer."""
        note_serializer(self)
        return bool(super().is_valid(raise_exception=raise_exception))

    def save(self, **kwargs: Any) -> Any:
        """Save in one transaction, because `create()` and `update()` of the subclass may run several statements."""
        with join_unit(database_of(self)):
            return super().save(**kwargs)

    def run_validation(self, data: Any = empty) -> Any:
        """Check the size of the request body, then validate as DRF does."""
        check_size(self, data)
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        errors = self.find_rejected_keys(data) if isinstance(data, Mapping) else {}
        try:
            completed = complete_amounts(self, data) if isinstance(self.instance, Model) else data
            values = super().to_internal_value(completed)
        except ValidationError as error:
            raise ValidationError(_merged(errors, _lifted(error.detail, self.fields))) from error
        except third_party_errors.ERRORS as error:
            explained = third_party_errors.explain_failure(error, self)
            if explained is None:
                raise
            raise explained from error
        if errors:
            raise ValidationError(errors)
        return values

    def find_rejected_keys(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the errors of unknown and repeated field names, and of values with a wrong JSON type."""
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


def note_serializer(serializer: Any) -> None:
    """Remember *serializer* on its request, so that violations are reported under its field names."""
    request = serializer.context.get("request")
    if request is not None:
        vars(request).setdefault("validating_serializers", []).append(serializer)


def check_size(serializer: Any, data: Any) -> None:
    """Raise `ValidationError` if *data* has more objects or items than the root *serializer* accepts in total.

    The limits are `max_body_rows` and `max_body_items` of the serializer's class, or of a list's child; None removes
    the limit. It runs before any other validation, so that a rejected body costs only the counting.
    """
    if serializer.parent is not None or not _has_lists(serializer):
        return
    limits = getattr(serializer, "child", serializer)
    max_rows = getattr(limits, "max_body_rows", MAX_BODY_ROWS)
    max_items = getattr(limits, "max_body_items", MAX_BODY_ITEMS)
    rows = items = 0
    for more_rows, more_items in _count(serializer, data):
        rows, items = rows + more_rows, items + more_items
        if max_rows is not None and rows > max_rows:
            raise _too_many(
                _("Send at most {limit} objects in one request body.").format(limit=max_rows), "max_body_rows"
            )
        if max_items is not None and items > max_items:
            message = _("Send at most {limit} list items in one request body.").format(limit=max_items)
            raise _too_many(message, "max_body_items")


def _count(field: Any, data: Any) -> Iterator[tuple[int, int]]:
    """Yield `(objects, items)`, the numbers of both, for each list or object in *data* that *field* reads."""
    if isinstance(field, serializers.Serializer):
        if isinstance(data, Mapping):
            for key, each in field.fields.items():
                if not each.read_only and isinstance(each, _LISTS) and key in data:
                    yield from _count(each, data[key])
        return
    if not isinstance(data, list | Mapping) or len(data) > _limit(field):
        return  # the field rejects it before it validates an item
    has_rows = isinstance(field, serializers.ListSerializer)
    yield (len(data), 0) if has_rows else (0, len(data))
    child: Any = getattr(field, "child", None)
    if _has_lists(child) if has_rows else isinstance(child, _LISTS):
        for item in data.values() if isinstance(data, Mapping) else data:
            yield from _count(child, item)


def _limit(field: Any) -> float:
    limits = (getattr(field, name, None) for name in ("max_length", "max_items"))
    return next((limit for limit in limits if limit is not None), inf)


def _has_lists(serializer: Any) -> bool:
    if isinstance(serializer, serializers.ListSerializer):
        return True
    for field in getattr(serializer, "fields", {}).values():
        if isinstance(field, _LISTS) and not field.read_only:
            return True
    return False


def _too_many(message: str, code: str) -> ValidationError:
    return ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [ErrorDetail(message, code)]})


def _merged(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Return both dictionaries of errors, with DRF's message for a field that is in both."""
    merged = {**ours, **theirs}
    for key in ours.keys() & theirs.keys():
        if isinstance(ours[key], Mapping) and isinstance(theirs[key], Mapping):
            merged[key] = _merged(dict(ours[key]), dict(theirs[key]))
    return merged


def _lifted(detail: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Move errors that a field raised under the names of other fields to these fields, and return the result."""
    lifted: dict[str, Any] = {}
    for key, errors in detail.items():
        composite = isinstance(fields.get(key), BaseSerializer | DictField)
        named = isinstance(errors, Mapping) and errors.keys() <= fields.keys() and not composite
        for name, listed in errors.items() if named else [(key, errors)]:
            known = lifted.get(name)
            lifted[name] = [*known, *listed] if isinstance(known, list) and isinstance(listed, list) else listed
    return lifted
