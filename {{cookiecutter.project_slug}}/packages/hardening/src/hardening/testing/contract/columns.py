"""Tests of the fields of serializers: the expected ones are writable, and no request changes other columns."""

import json
from typing import Any

import pytest

from hardening.checks import routes
from hardening.testing import tables

pytestmark = pytest.mark.django_db

COLUMNS = tables.merge("COLUMNS")
OBJECTS = {name: path for name, (path, _writable, _shown) in COLUMNS.items() if path}
IGNORED = tables.merge("IGNORED")

# Valid values for columns of each type.
VALUES: dict[str, Any] = {
    "BigAutoField": 10**6,
    "BigIntegerField": 77,
    "BooleanField": True,
    "CharField": "other",
    "DateField": "2020-01-01",
    "DateTimeField": "2020-01-01T00:00:00Z",
    "DecimalField": "7.7",
    "DurationField": "P1D",
    "EmailField": "other@example.com",
    "FloatField": 7.7,
    "GenericIPAddressField": "192.0.2.77",
    "IntegerField": 77,
    "JSONField": {"other": True},
    "PositiveBigIntegerField": 77,
    "PositiveIntegerField": 77,
    "PositiveSmallIntegerField": 7,
    "SlugField": "other",
    "SmallIntegerField": 7,
    "TextField": "other",
    "TimeField": "07:07:07",
    "URLField": "https://other.example.com",
    "UUIDField": "77777777-7777-4777-8777-777777777777",
}


def serializers() -> dict[str, Any]:
    return {type(serializer).__name__: serializer for serializer in routes.serializers()}


def test_serializers_have_the_columns_of_the_table():
    fields = {name: serializer.fields.items() for name, serializer in serializers().items()}

    writable = {name: {key for key, field in items if not field.read_only} for name, items in fields.items()}
    read_only = {name: {key for key, field in items if field.read_only} for name, items in fields.items()}
    assert writable == {name: columns for name, (_path, columns, _shown) in COLUMNS.items()}, tables.WHERE
    assert read_only == {name: shown for name, (_path, _columns, shown) in COLUMNS.items()}


def list_protected_values(serializer: Any, other: int) -> dict[str, Any]:
    """Return a valid value for every column that a request must not change; *other* is another user's id."""
    values = {}
    for column in serializer.Meta.model._meta.fields:
        if column.name not in COLUMNS[type(serializer).__name__][1]:
            values[column.name] = other if column.is_relation else VALUES[column.get_internal_type()]
    return values


@pytest.mark.parametrize("name", OBJECTS)
def test_a_column_that_is_not_writable_stays_as_it_is(name, ada, bob):
    path = OBJECTS[name].format(**tables.make(ada))
    serializer = serializers()[name]
    rows = serializer.Meta.model._base_manager
    before = list(rows.order_by("pk").values())

    for column, value in list_protected_values(serializer, bob.user.pk).items():
        body = json.dumps({column: value})
        response = ada.generic("PATCH", path, body, content_type="application/json", headers={"If-Match": "*"})
        expected = 200 if column in IGNORED[name] else 400
        assert response.status_code == expected, (column, response.content)

    assert _drop_versions(rows.order_by("pk").values()) == _drop_versions(before)


def _drop_versions(rows: Any) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "version"} for row in rows]
