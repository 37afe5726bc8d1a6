"""Every row of the tables of bad input gets its exact answer, and leaves nothing behind that breaks a list."""

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
    """The ids of one object of each kind, Ada's, and of each of Bob's as `their_…`."""
    theirs = {f"their_{kind}": key for kind, key in tables.make(bob).items()}
    return tables.make(ada) | theirs


def unreadable(client: Client) -> list[str]:
    """Return the lists and objects that *client* cannot read any more."""
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

    found = [fault(row, send(row, callers[row.who], ids)) for row in TABLES[table]()]

    faults = [each for each in found if each]
    assert not faults, "\n".join(faults)
    assert unreadable(ada) == []


def routed() -> set[tuple[Any, str]]:
    """Return the pattern and the method of everything that the API offers."""
    found = set()
    for view, pattern in routes.views():
        offered = getattr(pattern.callback, "actions", None) or [name for name in METHODS if hasattr(view, name)]
        found |= {(pattern.callback, str(method).upper()) for method in offered if method in METHODS}
    return found


def test_everything_that_the_api_offers_has_a_row():
    rows = [row for table in TABLES.values() for row in table()]
    keys = dict.fromkeys(tables.joined("RESOURCES"), 1)
    asked = set()
    for row in rows:
        with suppress(Resolver404):
            asked.add((resolve(unquote(row.path.format(**keys).partition("?")[0])).func, row.method))

    assert len(rows) >= 500
    assert routed() - asked == set(), tables.WHERE
