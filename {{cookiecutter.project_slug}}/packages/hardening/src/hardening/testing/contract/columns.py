"""Which columns a body may write: those of the table, and never what the server owns."""

import json
from typing import Any

import pytest

from hardening.checks import routes
from hardening.testing import tables

pytestmark = pytest.mark.django_db

COLUMNS = tables.joined("COLUMNS")
OBJECTS = {name: path for name, (path, _writable, _shown) in COLUMNS.items() if path}
IGNORED = tables.joined("IGNORED")

# Values that a column of the type would take.
STRANGERS: dict[str, Any] = {
    "BigAutoField": 10**6,
    "BigIntegerField": 77,
    "BooleanField": True,
    "CharField": "stranger",
    "DateField": "2020-01-01",
    "DateTimeField": "2020-01-01T00:00:00Z",
    "DecimalField": "7.7",
    "DurationField": "P1D",
    "EmailField": "stranger@example.com",
    "FloatField": 7.7,
    "GenericIPAddressField": "192.0.2.77",
    "IntegerField": 77,
    "JSONField": {"stranger": True},
    "PositiveBigIntegerField": 77,
    "PositiveIntegerField": 77,
    "PositiveSmallIntegerField": 7,
    "SlugField": "stranger",
    "SmallIntegerField": 7,
    "TextField": "stranger",
    "TimeField": "07:07:07",
    "URLField": "https://stranger.example.com",
    "UUIDField": "77777777-7777-4777-8777-777777777777",
}


def serializers() -> dict[str, Any]:
    return {type(each).__name__: each for each in routes.serializers()}


def test_serializers_have_the_columns_of_the_table():
    fields = {name: each.fields.items() for name, each in serializers().items()}

    writable = {name: {key for key, field in each if not field.read_only} for name, each in fields.items()}
    read_only = {name: {key for key, field in each if field.read_only} for name, each in fields.items()}
    assert writable == {name: columns for name, (_path, columns, _shown) in COLUMNS.items()}, tables.WHERE
    assert read_only == {name: shown for name, (_path, _columns, shown) in COLUMNS.items()}


def strangers(serializer: Any, other: int) -> dict[str, Any]:
    """Return a value for every column that a body may not write."""
    found = {}
    for column in serializer.Meta.model._meta.fields:
        if column.name not in COLUMNS[type(serializer).__name__][1]:
            found[column.name] = other if column.is_relation else STRANGERS[column.get_internal_type()]
    return found


@pytest.mark.parametrize("name", OBJECTS)
def test_a_column_that_is_not_writable_stays_as_it_is(name, ada, bob):
    path = OBJECTS[name].format(**tables.make(ada))
    serializer = serializers()[name]
    rows = serializer.Meta.model._base_manager
    before = list(rows.order_by("pk").values())

    for column, value in strangers(serializer, bob.user.pk).items():
        body = json.dumps({column: value})
        response = ada.generic("PATCH", path, body, content_type="application/json", headers={"If-Match": "*"})
        expected = 200 if column in IGNORED[name] else 400
        assert response.status_code == expected, (column, response.content)

    assert _without_versions(rows.order_by("pk").values()) == _without_versions(before)


def _without_versions(rows: Any) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "version"} for row in rows]
