"""The input that is derived for a field of every type: nested ones, lists, related fields, choices and files."""

from typing import Any

import pytest

from hardening.testing.client import Client
from hardening.testing.contract.field_values import keys, references, values
from hardening.testing.contract.inputs import find_fault
from hardening.testing.contract.targets import Targets
from hardening.testing.rows import Row, has_file, send

pytestmark = pytest.mark.django_db

# A field of every type; nested serializers; related fields of every kind in nested lists.
RESOURCES = ["kinds", "baskets", "parcels-stamped"]


def select_routes(targets: Targets, name: str) -> Targets:
    """Leave only the routes of one resource in *targets*."""
    targets.routes = [route for route in targets.routes if route.name in (f"{name}-list", f"{name}-detail")]
    assert len(targets.routes) == 2
    return targets


@pytest.fixture(params=RESOURCES)
def resource(request: pytest.FixtureRequest, ada: Client, bob: Client, client: Client) -> Any:
    """The routes of one resource."""
    return select_routes(Targets(ada, bob, client), request.param)


@pytest.mark.parametrize("table", [values, references, keys], ids=lambda table: table.__name__)
def test_every_derived_value_is_rejected_under_its_field(table, resource):
    faults = [find_fault(row, resource.ada) for row in table(resource)]

    assert [fault for fault in faults if fault] == []


def test_every_derived_body_is_accepted(resource):
    for target, _serializer, valid in resource.list_with_body():
        response = send(Row(target.method, target.path, 200, body=valid), resource.ada)
        assert 200 <= response.status_code < 300, (str(target), valid, response.content)


def test_a_form_is_rejected_under_the_name_of_its_invalid_file(settings, tmp_path, ada, bob, client):
    settings.ROOT_URLCONF, settings.MEDIA_ROOT = "shapes.filed", tmp_path
    scans = select_routes(Targets(ada, bob, client), "scans")

    rows = [row for row in values(scans) if has_file(row.body)]
    faults = [find_fault(row, ada) for row in rows]

    assert {(row.method, row.at) for row in rows} >= {("POST", "/file"), ("PUT", "/file")}
    assert [fault for fault in faults if fault] == []
