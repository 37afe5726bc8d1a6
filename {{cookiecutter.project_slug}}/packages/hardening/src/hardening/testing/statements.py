"""Record the SQL statements of requests, each as its verb and its table, as in `SELECT accounts_profile`."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from hardening.testing.client import Client

SIGN_IN = "SELECT knox_authtoken"  # the query for the token and its user

CONTROL = {"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"}

_LOCK = re.compile("pg_(?:try_)?advisory_xact_lock")
_STATEMENT = re.compile(r'(?P<verb>\w+)(?:(?: |.*? (?:FROM|INTO) )"(?P<table>\w+)")?', re.DOTALL)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Yield a list that contains the statements of the block once it has ended."""
    recorded: list[str] = []
    with CaptureQueriesContext(connection) as queries:
        yield recorded
    recorded += [normalize(query["sql"]) for query in queries]


def normalize(sql: str) -> str:
    """Return the verb of a statement and its first table, or only the verb of one that controls a transaction."""
    if lock := _LOCK.search(sql):
        return f"SELECT {lock[0]}"
    match = _STATEMENT.match(sql)
    parts = match.groups() if match else (sql.partition(" ")[0],)
    return str(parts[0]) if parts[0] in CONTROL else " ".join(filter(None, parts))


def select_own(recorded: list[str], tables: set[str]) -> list[str]:
    """Return the statements of *recorded* on *tables*, locks, and those that control a transaction."""
    return [
        each
        for each in recorded
        if each in CONTROL or each.partition(" ")[2] in tables or _LOCK.fullmatch(each.partition(" ")[2])
    ]


def address(name: str, key: Callable[[], Any]) -> str:
    """Return the path of the route *name*; *key* is called for the primary key if the path has one."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return reverse(name, args=[key()])


def send(client: Client, route: str, pk: Any = None, body: Any = None) -> HttpResponse:
    """Send *body* to *route*, such as `patch location-detail`; *pk* is the primary key if the path has one."""
    method, name = route.split()
    url = address(name, lambda: pk)
    any_state = {"If-Match": "*"} if method in ("put", "patch", "delete") else None
    response: HttpResponse = getattr(client, method)(url, body, headers=any_state)
    return response
