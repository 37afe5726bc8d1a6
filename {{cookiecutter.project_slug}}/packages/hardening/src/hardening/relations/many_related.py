"""Lists of related objects, loaded with one query, or one by one if the field overrides how it finds an object."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from operator import attrgetter
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import relations as drf
from rest_framework.exceptions import ValidationError
from rest_framework.fields import empty, get_error_detail

Results = dict[int, Any]
Errors = dict[int, Any]


MAX_ITEMS = 100  # related objects in one field of one request


class ManyRelatedField(drf.ManyRelatedField):
    """Load a list of related objects with one query.

    Errors are reported by the index of the item, and repeated objects are returned once.
    """

    default_error_messages = {"max_items": _("Ensure this field has no more than {max_items} items.")}

    def __init__(self, child_relation: Any = None, *args: Any, **kwargs: Any) -> None:
        self.max_items: int | None = kwargs.pop("max_items", MAX_ITEMS)
        super().__init__(child_relation, *args, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, str | Mapping) or not hasattr(data, "__iter__"):
            self.fail("not_a_list", input_type=type(data).__name__)
        if not self.allow_empty and len(data) == 0:
            self.fail("empty")
        if self.max_items is not None and len(data) > self.max_items:
            self.fail("max_items", max_items=self.max_items)
        child: Any = self.child_relation
        queryset = getattr(child, "get_key_queryset", lambda: None)()
        if queryset is None:
            objects, errors = one_by_one(child, list(data))
        else:
            objects, errors = all_at_once(child, list(data), queryset)
        if errors:
            ordered: Any = {index: errors[index] for index in sorted(errors)}
            raise ValidationError(ordered)
        return list(dict.fromkeys(objects))

    def to_representation(self, iterable: Any) -> list[Any]:
        return super().to_representation(in_order(iterable))


def all_at_once(field: Any, data: list[Any], queryset: QuerySet[Any]) -> tuple[list[Any], Errors]:
    """Return the objects of *queryset* with the primary keys, slugs or URLs in *data*, and the errors by index."""
    keys, errors = _each(field.key, data)
    found = field.batch if field.batch is not None else field.fetch(keys.values(), queryset)
    absent = {index: data[index] for index, key in keys.items() if key not in found}
    _none, missing = _each(field.missing, absent)
    return [found[key] for key in keys.values() if key in found], errors | missing


def one_by_one(field: Any, data: list[Any]) -> tuple[list[Any], Errors]:
    """Return the same as `all_at_once()`, with a call of `to_internal_value()` for each item."""
    objects, errors = _each(field.to_internal_value, data)
    return list(objects.values()), errors


def in_order(rows: Any) -> Any:
    """Return *rows*, sorted by primary key if they are an unordered queryset, so that the order is always the same."""
    return sorted(rows, key=attrgetter("pk")) if isinstance(rows, QuerySet) and not _is_ordered(rows) else rows


def _is_ordered(rows: Any) -> bool:
    """Return `rows.ordered` without its cost: for a prefetched relation, it would build the query that nobody runs."""
    query = rows._query
    by_default = query.default_ordering and query.get_meta().ordering and not query.group_by
    return bool(query.order_by or query.extra_order_by or by_default)


def fetch_for_rows(fields: Iterable[Any], rows: Iterable[Any]) -> None:
    """Load the related objects of all *rows*, the objects of a request body, with one query for each of *fields*.

    The validation of each row then uses `field.batch` instead of a query.
    """
    rows = [row for row in rows if isinstance(row, Mapping)]
    for field in fields:
        child = getattr(field, "child_relation", field)
        with suppress(ValidationError):  # raised by a scope; validation reports it for each row
            queryset = None if field.read_only else getattr(child, "get_key_queryset", lambda: None)()
            if queryset is not None:
                keys, _errors = _each(child.key, list(_named(field, rows)))
                child.batch = child.fetch(keys.values(), queryset)


def _each(function: Callable[[Any], Any], data: list[Any] | Mapping[int, Any]) -> tuple[Results, Errors]:
    results: Results = {}
    errors: Errors = {}
    for index, item in data.items() if isinstance(data, Mapping) else enumerate(data):
        try:
            results[index] = function(item)
        except ValidationError as error:
            errors[index] = error.detail
        except DjangoValidationError as error:
            errors[index] = get_error_detail(error)
    return results, errors


def _named(field: Any, rows: Iterable[Mapping[str, Any]]) -> Iterator[Any]:
    for row in rows:
        value = field.get_value(row)
        if not hasattr(field, "child_relation"):
            yield from () if value in (empty, None, "") else (value,)
        elif isinstance(value, list | tuple) and len(value) <= (getattr(field, "max_items", None) or len(value)):
            yield from value
