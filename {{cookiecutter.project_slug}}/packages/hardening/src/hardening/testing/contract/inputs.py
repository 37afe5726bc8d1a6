"""Send every test case of invalid input, and check that all lists and objects stay readable."""

from typing import Any

import pytest
from django.db import reset_queries, transaction

from hardening.testing.client import Client
from hardening.testing.contract import addresses, bodies, field_values
from hardening.testing.contract.reporting import fail, naming_missing
from hardening.testing.contract.targets import Targets
from hardening.testing.rows import Row, fault, send
from hardening.testing.statements import statements

TABLES = {
    "paths": addresses.paths,
    "objects": addresses.objects,
    "queries": addresses.queries,
    "pages": addresses.pages,
    "searches": addresses.searches,
    "headers": addresses.headers,
    "conditions": addresses.conditions,
    "texts": bodies.texts,
    "types": bodies.types,
    "keys": field_values.keys,
    "values": field_values.values,
    "references": field_values.references,
    "malformed references": field_values.malformed_references,
}
BY_DATABASE = ("objects", "searches", "references")  # the others are rejected without a value for the database
CASES = [pytest.param(name, marks=() if name in BY_DATABASE else pytest.mark.once) for name in TABLES]


def find_fault(row: Row, client: Client) -> str:
    """Send the request of *row*, and return how the response differs from the expected one."""
    reset_queries()  # Django keeps only the last 9,000
    with statements() as recorded:
        response = send(row, client)
    return fault(row, response, recorded)


def list_unreadable(client: Client, targets: Targets) -> list[str]:
    """Return the lists and objects that *client* cannot read."""
    paths = [*targets.lists, *targets.objects]
    broken = []
    while paths:
        path = paths.pop()
        response = client.get(path)
        if response.status_code != 200:
            broken.append(f"{path}: {response.status_code}")
            continue
        page = response.json()
        if isinstance(page, dict) and page.get("next"):
            paths.append(page["next"].removeprefix("http://testserver"))
    return broken


@pytest.mark.parametrize("table", CASES)
def test_every_invalid_request_is_rejected_and_leaves_every_list_and_object_readable(table: str, targets: Any) -> None:
    with naming_missing():
        differences = [find_fault(row, targets.clients[row.who]) for row in TABLES[table](targets)]

    fail([difference for difference in differences if difference])
    assert list_unreadable(targets.ada, targets) == []


@pytest.mark.once
def test_a_valid_request_is_accepted_by_every_route(targets: Any) -> None:
    faults = []
    with naming_missing():
        for target, _serializer, valid in targets.list_with_body():
            with transaction.atomic():
                response = send(Row(target.method, target.path, 200, body=valid), targets.clients[target.who])
                transaction.set_rollback(True)
            if not 200 <= response.status_code < 300:
                faults.append(f"{target}: {response.status_code} for {valid!r}: {response.content[:300]!r}")

    fail(faults, 'If no factory has a valid value, add it to BODIES["<route>"] in its module.')
