"""Load the related objects of all objects in a list with one query for each field."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.fields import empty

from hardening.relations.related_fields import collect


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
                keys, _errors = collect(child.key, list(_named(field, rows)))
                child.batch = child.fetch(keys.values(), queryset)


def _named(field: Any, rows: Iterable[Mapping[str, Any]]) -> Iterator[Any]:
    for row in rows:
        value = field.get_value(row)
        if not hasattr(field, "child_relation"):
            yield from () if value in (empty, None, "") else (value,)
        elif isinstance(value, list | tuple) and len(value) <= (getattr(field, "max_items", None) or len(value)):
            yield from value
