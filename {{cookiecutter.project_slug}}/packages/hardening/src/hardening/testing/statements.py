"""What requests ask of the database: each statement as its verb and its table, as in `SELECT accounts_profile`."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from hardening.testing.client import Client

SIGN_IN = "SELECT knox_authtoken"  # the token, and its user

_STATEMENT = re.compile(r'(?P<verb>\w+)(?:(?: |.*? (?:FROM|INTO) )"(?P<table>\w+)")?', re.DOTALL)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Yield a list that holds the statements of the block at its end."""
    taken: list[str] = []
    with CaptureQueriesContext(connection) as queries:
        yield taken
    found = (_STATEMENT.match(query["sql"]) for query in queries)
    taken += [" ".join(filter(None, each.groups())) for each in found if each]


def address(name: str, key: Callable[[], Any]) -> str:
    """Return the path of the route *name*, with what *key* returns where the path has a key, as an action's may."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return reverse(name, args=[key()])


def send(client: Client, route: str, pk: Any = None, body: Any = None) -> HttpResponse:
    """Send *body* to a *route* as the tables name it, as in `patch location-detail`; *pk* is for those with a key."""
    method, name = route.split()
    url = address(name, lambda: pk)
    any_state = {"If-Match": "*"} if method in ("put", "patch", "delete") else None
    response: HttpResponse = getattr(client, method)(url, body, headers=any_state)
    return response
