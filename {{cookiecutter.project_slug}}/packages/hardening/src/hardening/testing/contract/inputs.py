"""Send every test case of invalid input, and check that all lists and objects stay readable."""

from contextlib import suppress
from typing import Any
from urllib.parse import unquote

import pytest
from django.urls import Resolver404, resolve

from hardening.checks import routes
from hardening.testing import tables
from hardening.testing.client import Client
from hardening.testing.contract import addresses, bodies, field_values
from hardening.testing.rows import fault, send

pytestmark = pytest.mark.django_db

TABLES = {
    "paths": addresses.paths,
    "queries": addresses.queries,
    "pages": addresses.pages,
    "searches": addresses.searches,
    "headers": addresses.headers,
    "texts": bodies.texts,
    "types": bodies.types,
    "keys": field_values.keys,
    "values": field_values.values,
}
LISTS = addresses.LISTS
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def ids(ada: Client, bob: Client) -> dict[str, int]:
    """The ids of Ada's objects by kind, and of Bob's objects as `their_<kind>`."""
    theirs = {f"their_{kind}": key for kind, key in tables.make(bob).items()}
    return tables.make(ada) | theirs


def list_unreadable(client: Client) -> list[str]:
    """Return the lists and objects that *client* cannot read."""
    paths = list(LISTS)
    broken = []
    while paths:
        path = paths.pop()
        response = client.get(path)
        if response.status_code != 200:
            broken.append(f"{path}: {response.status_code}")
            continue
        page = response.json()
        paths += [f"{path.partition('?')[0]}{row['id']}/" for row in page.get("results", ())]
        paths += [page["next"].removeprefix("http://testserver")] if page.get("next") else []
    return broken


@pytest.mark.parametrize("table", TABLES)
def test_every_row_gets_its_response_and_leaves_every_list_and_object_readable(table, ids, ada, client):
    callers = {"ada": ada, "nobody": client}

    differences = [fault(row, send(row, callers[row.who], ids)) for row in TABLES[table]()]

    faults = [difference for difference in differences if difference]
    assert not faults, "\n".join(faults)
    assert list_unreadable(ada) == []


def list_operations() -> set[tuple[Any, str]]:
    """Return the view function and the method of every operation of the API."""
    operations = set()
    for view, pattern in routes.views():
        methods = getattr(pattern.callback, "actions", None) or [name for name in METHODS if hasattr(view, name)]
        operations |= {(pattern.callback, str(method).upper()) for method in methods if method in METHODS}
    return operations


def test_everything_that_the_api_offers_has_a_row():
    rows = [row for table in TABLES.values() for row in table()]
    keys = dict.fromkeys(tables.merge("RESOURCES"), 1)
    asked = set()
    for row in rows:
        with suppress(Resolver404):
            asked.add((resolve(unquote(row.path.format(**keys).partition("?")[0])).func, row.method))

    assert len(rows) >= 500
    assert list_operations() - asked == set(), tables.WHERE
