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

_STATEMENT = re.compile(r'(?P<verb>\w+)(?:(?: |.*? (?:FROM|INTO) )"(?P<table>\w+)")?', re.DOTALL)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Yield a list that contains the statements of the block once it has ended."""
    recorded: list[str] = []
    with CaptureQueriesContext(connection) as queries:
        yield recorded
    matches = (_STATEMENT.match(query["sql"]) for query in queries)
    recorded += [" ".join(filter(None, match.groups())) for match in matches if match]


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
