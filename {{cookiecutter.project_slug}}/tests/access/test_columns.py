"""Which columns a body may write: those of the table, and never what the server owns."""

import json
from typing import Any

import pytest

from hardening.checks import routes
from tests.access.conftest import objects

pytestmark = pytest.mark.django_db

# {serializer: the fields that a body may have}; everything else is read-only, or does not exist.
WRITABLE = {
    "AccountSerializer": {"email", "name", "password", "current_password"},
    "ContactSerializer": {"location", "name", "kind", "value"},
    "LocationSerializer": {"name"},
    "ProfileSerializer": {"username", "email", "bio"},
    "PurchaseSerializer": {"reference", "location", "contacts", "quantity", "earliest", "latest"},
    "RegistrationSerializer": {"username", "email", "name", "password", "confirm_password"},
}
# {serializer: what an answer shows}.
SHOWN = {
    "AccountSerializer": {"id", "username", "email", "name"},
    "ContactSerializer": {"id", "location", "name", "kind", "value"},
    "LocationSerializer": {"id", "owner", "name"},
    "ProfileSerializer": {"id", "owner", "username", "email", "bio"},
    "PurchaseSerializer": {
        "id", "purchaser", "reference", "location", "contacts", "quantity", "earliest", "latest",
    },
    "RegistrationSerializer": {"id", "username", "email", "name"},
}  # fmt: skip

# Values that a column of the type would take.
STRANGERS: dict[str, Any] = {
    "BigAutoField": 10**6,
    "BooleanField": True,
    "CharField": "stranger",
    "DateTimeField": "2020-01-01T00:00:00Z",
    "EmailField": "stranger@example.com",
    "IntegerField": 77,
    "PositiveBigIntegerField": 77,
    "PositiveIntegerField": 77,
    "TextField": "stranger",
}
OBJECTS = {
    "AccountSerializer": "/api/v1/accounts/me/",
    "ContactSerializer": "/api/v1/contacts/{contact}/",
    "LocationSerializer": "/api/v1/locations/{location}/",
    "ProfileSerializer": "/api/v1/profiles/{profile}/",
    "PurchaseSerializer": "/api/v1/purchases/{purchase}/",
}

# Fields that are shown and not writable: an answer may be sent back as it was, and what is in them is not looked at.
READ_ONLY = {"AccountSerializer": ("id", "username")}


def serializers(settings: Any) -> dict[str, Any]:
    settings.ROOT_URLCONF = "config.urls"
    return {type(each).__name__: each for each in routes.serializers()}


def test_a_serializer_writes_and_shows_what_the_table_says(settings):
    fields = {name: each.fields.items() for name, each in serializers(settings).items()}

    assert {name: {key for key, field in each if not field.read_only} for name, each in fields.items()} == WRITABLE
    assert {name: {key for key, field in each if not field.write_only} for name, each in fields.items()} == SHOWN


def strangers(serializer: Any, other: int) -> dict[str, Any]:
    """Return a value for every column that a body may not write."""
    found = {}
    for column in serializer.Meta.model._meta.fields:
        if column.name not in WRITABLE[type(serializer).__name__]:
            found[column.name] = other if column.is_relation else STRANGERS[column.get_internal_type()]
    return found


@pytest.mark.parametrize("name", OBJECTS)
def test_a_column_that_is_not_writable_stays_as_it_is(name, settings, ada, bob):
    path = OBJECTS[name].format(**objects(ada))
    serializer = serializers(settings)[name]
    rows = serializer.Meta.model._base_manager
    before = list(rows.order_by("pk").values())

    for column, value in strangers(serializer, bob.user.pk).items():
        body = json.dumps({column: value})
        response = ada.generic("PATCH", path, body, content_type="application/json", headers={"If-Match": "*"})
        expected = 200 if column in READ_ONLY.get(name, ("id",)) else 400
        assert response.status_code == expected, (column, response.content)

    assert _without_versions(rows.order_by("pk").values()) == _without_versions(before)


def test_nobody_registers_as_staff_or_as_somebody_else(client, ada):
    body = {
        "username": "new",
        "email": "new@example.com",
        "name": "New",
        "password": "correct horse battery",
        "confirm_password": "correct horse battery",
    }
    for column, value in {"is_staff": True, "is_superuser": True, "groups": [1], "user_permissions": [1]}.items():
        response = client.post("/api/v1/accounts/", body | {column: value})
        assert (response.status_code, list(response.json())) == (400, [column])
    response = client.post("/api/v1/accounts/", body | {"id": ada.user.pk})
    assert response.status_code == 201
    assert response.json()["id"] != ada.user.pk


def _without_versions(rows: Any) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "version"} for row in rows]
