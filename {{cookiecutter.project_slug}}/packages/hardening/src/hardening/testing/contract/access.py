"""Tests of access: every route with every method, for anonymous users, owners, other users and staff."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from hardening.testing import tables
from hardening.testing.client import Client
from hardening.testing.contract.statuses import METHODS, NOTHING, NOTHING_PUBLIC, READABLE, to_users
from hardening.testing.rows import fill_ids
from hardening.testing.statements import address

pytestmark = pytest.mark.django_db

PROBES = ("livez", "readyz")
TABLE = tables.merge("ACCESS") | {
    "error-codes": NOTHING_PUBLIC | READABLE,
    "livez": NOTHING_PUBLIC | READABLE,
    "readyz": NOTHING_PUBLIC | READABLE,
    "schema": NOTHING | {"GET": to_users(200), "HEAD": to_users(200)},
}
BODIES = tables.merge("BODIES") | {kind: valid for kind, (valid, _fields) in tables.merge("RESOURCES").items()}
MISSING_ID = 10**9


def routes(resolver: URLResolver) -> Iterator[str]:
    """Yield the name of every route except for the admin's, or its pattern if it has no name."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name or str(pattern.pattern)
        elif pattern.namespace != "admin":
            yield from routes(pattern)


def path_of(route: str, ids: Mapping[str, int]) -> str:
    """Return the path of *route*, with the id of its kind in *ids*."""
    if route in PROBES:
        return f"/{route}"
    return address(route, lambda: ids[route.partition("-")[0]])


def send(client: Client, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
    """Send a request with `If-Match: *`, and with *body* as JSON if the method has one."""
    text = "" if body is None or method not in ("POST", "PUT", "PATCH") else json.dumps(body)
    kind = "application/json" if text else ""
    all_headers = {"Accept": "application/json", "If-Match": "*"} | headers
    response: HttpResponse = client.generic(method, path, text, content_type=kind, headers=all_headers)
    return response


@contextmanager
def roll_back() -> Iterator[None]:
    """Run the block in a transaction and roll it back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_every_route_and_method_has_a_row():
    assert sorted(routes(get_resolver())) == sorted(TABLE), tables.WHERE
    assert {tuple(sorted(row)) for row in TABLE.values()} == {tuple(sorted(METHODS))}


@pytest.mark.parametrize("route", TABLE)
def test_every_client_gets_the_expected_status(route, callers):
    faults = []
    for name, caller in callers.items():
        path = path_of(route, callers["owner"].ids)
        body = fill_ids(BODIES.get(route, BODIES.get(route.partition("-")[0])), caller.ids)
        for method, statuses in TABLE[route].items():
            with roll_back():
                status = send(caller.client, method, path, body).status_code
            if status != getattr(statuses, caller.column):
                faults.append(f"{name}: {method} {path}: {status}, not {getattr(statuses, caller.column)}")

    assert faults == []


@pytest.mark.parametrize("route", [name for name in TABLE if name.endswith("-list") and name != "account-list"])
def test_a_list_shows_its_reader_their_own_rows(route, callers):
    for caller in (callers[name] for name in ("owner", "other", "staff", "superuser")):
        results = caller.client.get(path_of(route, caller.ids)).json()["results"]

        own = {row["id"] for row in results}
        assert caller.ids[route.partition("-")[0]] in own
        others = [other for other in callers.values() if other.ids is not caller.ids]
        assert not own & {other.ids[route.partition("-")[0]] for other in others}


def read_response(response: HttpResponse) -> tuple[Any, ...]:
    """Return the status, headers and content of *response* without the request id."""
    headers = {name: value for name, value in response.items() if name != "X-Request-ID"}
    return response.status_code, headers, response.content.replace(response["X-Request-ID"].encode(), b"")


@pytest.mark.parametrize("accept", ["application/json", "application/problem+json"])
@pytest.mark.parametrize("route", [name for name in TABLE if name.endswith("-detail")])
def test_another_users_object_is_404_like_a_missing_one(route, accept, callers):
    kind = route.partition("-")[0]
    for caller in (callers[name] for name in ("other", "staff", "superuser", "nobody", "expired")):
        body = fill_ids(BODIES[kind], caller.ids)
        for method in METHODS:
            of_owner = send(caller.client, method, path_of(route, callers["owner"].ids), body, Accept=accept)
            missing = send(caller.client, method, path_of(route, {kind: MISSING_ID}), body, Accept=accept)
            assert read_response(of_owner) == read_response(missing)
