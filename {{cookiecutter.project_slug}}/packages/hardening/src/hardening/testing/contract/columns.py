"""Tests of serializers and models: they are as recorded, and no request changes a column that is not writable."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import AutoField
from rest_framework.serializers import ModelSerializer

from hardening.integrity.reporting import map_fields
from hardening.testing.contract import differences, facts
from hardening.testing.contract.access import ROUTES, SUCCESS, roll_back, send
from hardening.testing.contract.documents import list_files
from hardening.testing.contract.recording import RERECORD, Contract
from hardening.testing.contract.reporting import fail, naming_missing
from hardening.testing.factories import create_for
from hardening.testing.requests import build_body, path_of
from hardening.testing.routes import Route

WRITES = ("POST", "PUT", "PATCH")
WRITTEN = [
    (route, method)
    for route in ROUTES
    for method in WRITES
    if method in route.methods and any(isinstance(each, ModelSerializer) for each in route.list_serializers())
]

# Values for columns in which two rows of the factory have the same value.
VALUES: dict[str, Any] = {
    "BigIntegerField": 77,
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


@pytest.mark.once
@pytest.mark.parametrize("app", list_files())
def test_serializers_and_models_are_as_recorded(app, contract: Contract):
    recorded = {name: part for name, part in contract.read(app).items() if name != "routes"}

    fail(differences.explain(recorded, facts.describe(app), facts.name_subjects(app)), RERECORD)


@pytest.mark.once
@pytest.mark.parametrize("app", list_files())
def test_every_recorded_route_exists(app, contract: Contract):
    routed = {route.name for route in ROUTES if route.app == app}

    fail([f"{name}: removed" for name in contract.read(app).get("routes", {}) if name not in routed], RERECORD)


@pytest.mark.once
@pytest.mark.django_db
def test_every_change_of_a_model_has_its_migration():
    output = io.StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=output, no_color=True)
    except SystemExit:
        fail([output.getvalue().strip(), "Run `make migrations contract`."])


def list_protected(route: Route) -> Iterator[Any]:
    """Yield the columns of the model of *route* that none of its serializers writes."""
    models = [each for each in route.list_serializers() if isinstance(each, ModelSerializer)]
    written = {name for serializer in models for name in map_fields(serializer)}
    model: Any = models[0].Meta.model
    yield from (field for field in model._meta.concrete_fields if field.name not in written)


def choose_value(field: Any, row: Any, other: Any) -> Any:
    """Return a value of *field* for a request body that *row* does not have: that of *other* if it differs."""
    own, value = getattr(row, field.attname), getattr(other, field.attname)
    if field.get_internal_type() == "BooleanField":
        return not own
    if isinstance(field, AutoField):
        return own + 10**6
    return _to_json(value if value != own else VALUES.get(field.get_internal_type(), "other"))


def _to_json(value: Any) -> Any:
    return json.loads(json.dumps(value, cls=DjangoJSONEncoder, default=str))


def list_with(field: Any, value: Any) -> set[Any]:
    """Return the primary keys of the rows with *value*, as in a request body, in *field*."""
    rows = field.model._base_manager.values_list("pk", field.attname)
    return {pk for pk, stored in rows if _to_json(stored) == value}


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize(("route", "method"), WRITTEN, ids=str)
def test_a_column_that_is_not_writable_cannot_be_changed(route, method, ada, bob):
    [serializer, *_others] = [each for each in route.list_serializers() if isinstance(each, ModelSerializer)]
    with naming_missing():
        row, other = (create_for(caller.user, serializer.Meta.model) for caller in (ada, bob))
    faults = []
    for field in list_protected(route):
        value = choose_value(field, row, other)
        with roll_back():
            body = build_body(route, method, ada.user) | {field.name: value}
            before = list_with(field, value)
            response = send(ada, method, path_of(route, row), body)
            changed = list_with(field, value) - before
        if changed:
            faults.append(f"{method} {route} changes {field.name!r}, which its serializer does not write.")
        if field.name not in serializer.fields and response.status_code < SUCCESS:
            faults.append(f"{method} {route} accepts {field.name!r}, which its serializer does not have.")

    fail(faults)
