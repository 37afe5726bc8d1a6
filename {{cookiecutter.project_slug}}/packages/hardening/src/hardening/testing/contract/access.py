"""Tests of access: every route with every method, for anonymous users, owners, other users, staff and superusers."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from hardening.authentication import BearerAuthentication
from hardening.checks.choices import find_queryset
from hardening.checks.permissions import examine_access
from hardening.errors.problem_details import PROBLEM_JSON
from hardening.operations.health import PROBES
from hardening.testing.contract.callers import Caller
from hardening.testing.contract.recording import RERECORD, Contract
from hardening.testing.contract.reporting import fail, naming_missing
from hardening.testing.factories import create_for, suggest_module
from hardening.testing.requests import build_body, path_of
from hardening.testing.routes import Route, list_routes
from hardening.testing.rows import encode

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
ACCEPTS = ("application/json", PROBLEM_JSON)
NOT_SERVED = {401, 405}
SUCCESS, REJECTED = 300, 400
ROUTES = list_routes()
LISTS = [route for route in ROUTES if route.lists]
SCOPED = [route for route in LISTS if hasattr(find_queryset(route.view), "visible_to")]
OBJECTS = [route for route in ROUTES if route.parameters and route.model is not None]


def send(client: Any, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
    """Send a request with `If-Match: *`, and with *body* if the method has one: as JSON, or as a form with files."""
    text, kind = (b"", "") if body is None or method not in ("POST", "PUT", "PATCH") else encode(body)
    all_headers = {"Accept": "application/json", "If-Match": "*"} | headers
    response: HttpResponse = client.generic(method, path, text, content_type=kind, headers=all_headers)
    return response


@contextmanager
def roll_back() -> Iterator[None]:
    """Run the block in a transaction and roll it back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def send_all(route: Route, callers: dict[str, Caller]) -> dict[str, dict[str, HttpResponse]]:
    """Send each method to *route*, for an object of the owner, by each caller; undo each request."""
    instance = create_for(callers["owner"].user, route.model) if route.model is not None else None
    path = path_of(route, instance)
    bodies = build_bodies(route, callers)
    responses: dict[str, dict[str, HttpResponse]] = {}
    for method in METHODS:
        for name, caller in callers.items():
            with roll_back():
                body = bodies.get((method, caller.user.pk), {})
                responses.setdefault(method, {})[name] = send(caller.client, method, path, body)
    return responses


def build_bodies(route: Route, callers: dict[str, Caller]) -> dict[tuple[str, Any], Any]:
    """Return a body by method and user; it can be sent again after its request was undone."""
    users = {caller.user.pk: caller.user for caller in callers.values()}
    return {(method, pk): build_body(route, method, users[pk]) for method in route.methods for pk in users}


@pytest.mark.once
@pytest.mark.recorded
@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_user_gets_the_recorded_status(route, callers, contract: Contract):
    with naming_missing():
        responses = send_all(route, callers)
    statuses = {
        method: {name: response.status_code for name, response in row.items()} for method, row in responses.items()
    }

    faults = [f"{method} {route}: {name}: {status}" for method, name, status in _list(statuses) if status >= 500]
    faults += list(_list_open(route, statuses))
    faults += list(_list_unserved(route, responses))
    changes = contract.compare_access(route, _list_served(route, statuses))
    fail([*faults, *changes], *([RERECORD] if changes else []))


def _list(statuses: dict[str, dict[str, int]]) -> Iterator[tuple[str, str, int]]:
    for method, row in statuses.items():
        yield from ((method, name, status) for name, status in row.items())


def _list_served(route: Route, statuses: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Return the methods that the route serves; HEAD only if it differs from GET."""
    return {
        method: row
        for method, row in statuses.items()
        if method in route.methods
        or (not set(row.values()) <= NOT_SERVED and (method != "HEAD" or row != statuses["GET"]))
    }


def _list_open(route: Route, statuses: dict[str, dict[str, int]]) -> Iterator[str]:
    """Yield the methods that an anonymous user can use although the view does not declare `Public`."""
    for method, row in statuses.items():
        if row["anonymous"] < REJECTED and not _is_public(route, method):
            yield (
                f"{method} {route}: an anonymous user gets {row['anonymous']}: require authentication, or declare"
                " hardening.permissions.Public."
            )


def _is_public(route: Route, method: str) -> bool:
    if route.view is None:
        return route.callback in PROBES.values()
    name = "get" if method == "HEAD" else method.lower()
    return examine_access(route.view, name, find_queryset(route.view)).is_public


def _list_unserved(route: Route, responses: dict[str, dict[str, HttpResponse]]) -> Iterator[str]:
    """Yield the methods that reject the owner's request for another reason than a permission."""
    for method in route.methods:
        response = responses[method]["owner"]
        if response.status_code >= REJECTED and response.status_code != 403:  # a permission
            yield (
                f"{method} {route}: the owner gets {response.status_code} {response.content[:200]!r}: write"
                f" {_suggest(route, response.status_code)}."
            )


def _suggest(route: Route, status: int) -> str:
    """Return the hook to write, and its place."""
    place = suggest_module(route.model) if route.model is not None else f"tests/{route.app or '<app>'}/factories.py"
    if status == 404 and route.parameters:
        return f"the parameters of the path of {route.name!r} into PATHS of {place}"
    return f"a valid body for {route.name!r} into BODIES of {place}"


def reads_tokens(route: Route) -> bool:
    """Return whether the route is public, or authenticates with bearer tokens."""
    kinds = [type(authenticator) for authenticator in getattr(route.view, "get_authenticators", list)()]
    return not kinds or any(issubclass(kind, BearerAuthentication) for kind in kinds)


@pytest.mark.once
@pytest.mark.parametrize("route", [route for route in ROUTES if reads_tokens(route)], ids=str)
def test_an_invalid_token_gets_the_status_of_an_anonymous_user(route, callers, invalid_clients):
    clients = {name: Caller(client, callers["owner"].user) for name, client in invalid_clients.items()}
    with naming_missing():
        responses = send_all(route, {"owner": callers["owner"], "anonymous": callers["anonymous"]} | clients)

    fail(
        [
            f"{method} {route}: {name}: {row[name].status_code}, not {row['anonymous'].status_code}"
            for method, row in responses.items()
            for name in clients
            if row[name].status_code != row["anonymous"].status_code
        ]
    )


@pytest.mark.once
@pytest.mark.parametrize("route", SCOPED, ids=str)
def test_a_list_shows_its_reader_the_rows_that_are_visible_to_them(route, callers):
    with naming_missing():
        rows = {name: create_for(caller.user, route.model) for name, caller in callers.items() if name != "anonymous"}
    faults = []
    for name, row in rows.items():
        visible = {
            str(pk) for pk in find_queryset(route.view).visible_to(callers[name].user).values_list("pk", flat=True)
        }
        page = callers[name].client.get(path_of(route, row)).json()
        shown = page["results"] if isinstance(page, dict) else page
        keys = {str(each["id"]) for each in shown if "id" in each}
        if keys - visible or len(shown) > len(visible):
            faults.append(f"GET {route} shows {name} {len(shown)} rows, of which {len(visible)} are visible to them.")
        if keys and str(row.pk) not in keys:
            faults.append(f"GET {route} does not show {name} their own row.")

    fail(faults)


def observe(caller: Caller, method: str, path: str, body: Any, accept: str) -> tuple[Any, ...]:
    """Return everything that a client can observe without the request id, and the number of statements."""
    with roll_back(), CaptureQueriesContext(connection) as queries:
        response = send(caller.client, method, path, body, Accept=accept)
    headers = {name: value for name, value in response.items() if name != "X-Request-ID"}
    content = response.content.replace(response.get("X-Request-ID", "").encode(), b"")
    return response.status_code, headers, content, len(queries)


@pytest.mark.once
@pytest.mark.parametrize("route", OBJECTS, ids=str)
def test_another_users_object_is_answered_like_a_missing_one(route, callers, invalid_clients):
    owner = callers.pop("owner")
    invalid = {name: Caller(client, owner.user) for name, client in invalid_clients.items()}
    with naming_missing():
        rows = [create_for(owner.user, route.model) for _row in range(2)]
        bodies = build_bodies(route, callers | invalid)
    theirs, missing = (path_of(route, row) for row in rows)
    rows[1].delete()
    faults = []
    for name, caller in (callers | invalid).items():
        if send(caller.client, "GET", theirs).status_code < REJECTED:
            continue  # the recorded access tells who else sees the object
        for method, accept in product(METHODS, ACCEPTS if name == "another user" else ACCEPTS[:1]):
            body = bodies.get((method, caller.user.pk))
            seen = [observe(caller, method, path, body, accept) for path in (theirs, missing)]
            if seen[0] != seen[1]:
                faults.append(f"{method} {route}: {name} can tell another user's object from a missing one: {seen}.")

    fail(faults)
