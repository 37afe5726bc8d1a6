"""Tests of every unique constraint: a duplicate is 409 under the reported field, also if two requests race."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Barrier
from typing import Any, NamedTuple

import pytest
from django.contrib.auth import get_user_model
from django.db import connections
from django.db.models import UniqueConstraint
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import ModelSerializer

from hardening.integrity.constraints import ModelConstraint
from hardening.integrity.reporting import find_field_name, map_fields
from hardening.testing.client import Client
from hardening.testing.contract.access import ROUTES, send
from hardening.testing.contract.facts import list_constraints
from hardening.testing.contract.reporting import fail, naming_missing
from hardening.testing.factories import create_for, find_hook
from hardening.testing.requests import MissingValue, build_body, find_request_serializer, path_of
from hardening.testing.routes import Route
from hardening.testing.rows import ACCEPT, read_errors

pytestmark = pytest.mark.django_db

WRITES = ("POST", "PUT", "PATCH")
CREATED, CONFLICT = 201, 409


class Duplicate(NamedTuple):
    """A request that can violate a unique constraint: *fields* of the body are those of an existing row."""

    route: Route
    method: str
    constraint: ModelConstraint
    serializer: Any
    fields: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.constraint.definition.name}"

    @property
    def key(self) -> str:
        """The field of the body under which the violation is reported."""
        return find_field_name(self.serializer, self.constraint)

    @property
    def values(self) -> dict[str, Any]:
        """The values of a row that the constraint applies to, if it has a condition: the hook `DUPLICATES`."""
        return dict(find_hook("DUPLICATES").get(self.constraint.definition.name, {}))


def list_duplicates() -> Iterator[Duplicate]:
    """Yield every request that writes a field of a unique constraint, or the field under which it is reported."""
    for route in ROUTES:
        for method in WRITES:
            with suppress(MissingValue):  # the tests of access name the serializer to choose
                serializer = find_request_serializer(route, method)
                yield from _list_of(route, method, serializer) if isinstance(serializer, ModelSerializer) else ()


def _list_of(route: Route, method: str, serializer: Any) -> Iterator[Duplicate]:
    for constraint in list_constraints(serializer.Meta.model):
        if not constraint.unique or constraint.internal:
            continue
        written = map_fields(serializer)
        names = {written[name] for name in constraint.fields if name in written}
        reported = serializer.fields.get(find_field_name(serializer, constraint))
        names |= {reported.field_name} if reported is not None and not reported.read_only else set()
        if names:
            yield Duplicate(route, method, constraint, serializer, tuple(sorted(names)))


DUPLICATES = list(list_duplicates())
CREATES = [duplicate for duplicate in DUPLICATES if duplicate.method == "POST"]


def parametrize(duplicates: list[Duplicate]) -> Any:
    """Return a decorator that runs a test for each of *duplicates*; an exclusion constraint needs PostgreSQL."""
    rows = [
        pytest.param(each, marks=() if isinstance(each.constraint.definition, UniqueConstraint) else _ON_POSTGRESQL)
        for each in duplicates
    ]
    return pytest.mark.parametrize("duplicate", rows, ids=str)


_ON_POSTGRESQL = pytest.mark.usefixtures("postgresql")


def create_rows(duplicate: Duplicate, user: Any, other: Any) -> tuple[Any, Any]:
    """Create a row, and for a change a second one of *user* with the same relations where it cannot change them."""
    model = duplicate.serializer.Meta.model
    first = create_for(other if model is get_user_model() else user, model, **duplicate.values)
    if duplicate.method == "POST":
        return first, None
    written = map_fields(duplicate.serializer)
    names = [name for name in duplicate.constraint.fields if name not in written]
    relations = [name for name in names if model._meta.get_field(name).is_relation]
    return first, create_for(user, model, **{name: getattr(first, name) for name in relations})


def copy_values(duplicate: Duplicate, row: Any) -> dict[str, Any]:
    """Return the values of *row* in the fields of the body that the constraint compares."""
    shown = json.loads(JSONRenderer().render(duplicate.serializer.to_representation(row)))
    fields = (*duplicate.fields, *(name for name in duplicate.values if name in duplicate.serializer.fields))
    return {name: shown.get(name, getattr(row, name, None)) for name in fields}


@parametrize(DUPLICATES)
def test_a_duplicate_is_a_conflict_under_the_reported_field(duplicate, ada, bob):
    route, method = duplicate.route, duplicate.method
    with naming_missing():
        first, second = create_rows(duplicate, ada.user, bob.user)
        body = build_body(route, method, ada.user) | copy_values(duplicate, first)
        response = send(ada, method, path_of(route, second or first), body, Accept=ACCEPT)

    errors = {pointer for pointer, _code in read_errors(response)} if response.status_code >= CONFLICT else set()
    fail(_explain(duplicate, response, errors))


def _explain(duplicate: Duplicate, response: Any, errors: set[str | None]) -> Iterator[str]:
    name = duplicate.constraint.definition.name
    pointer = "" if duplicate.key not in duplicate.serializer.fields else f"/{duplicate.key}"
    if response.status_code != CONFLICT:
        yield (
            f"{duplicate.method} {duplicate.route}: a duplicate of {', '.join(duplicate.fields)} gets"
            f" {response.status_code} instead of 409: {response.content[:200]!r}. If {name!r} has a condition, add the"
            f" values of a row that it applies to as DUPLICATES[{name!r}] beside the factory."
        )
    elif pointer not in errors:
        yield f"{duplicate.method} {duplicate.route}: {name!r} is reported under {errors}, not under {pointer!r}."


def race(requests: list[Callable[[], Any]]) -> list[Any]:
    """Call *requests* at the same time, each in a thread with its own connection, and return the responses."""
    barrier = Barrier(len(requests))

    def run(request: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return request()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(requests)) as threads:
        return list(threads.map(run, requests))


@parametrize(CREATES)
def test_one_of_two_racing_duplicates_is_created(duplicate, postgresql, transactional_db, ada):
    route = duplicate.route
    with naming_missing():
        path = path_of(route, create_for(ada.user, route.model) if route.parameters else None)
        first, second = (build_body(route, "POST", ada.user, **duplicate.values) for _request in range(2))
    second |= {name: first[name] for name in duplicate.fields}

    clients = [Client(**ada.defaults) for _request in range(2)]
    responses = race([partial(send, clients[0], "POST", path, first), partial(send, clients[1], "POST", path, second)])

    statuses = sorted(response.status_code for response in responses)
    name = duplicate.constraint.definition.name
    fail(
        [] if statuses == [CREATED, CONFLICT] else [f"POST {duplicate.route}: a race for {name!r} ends in {statuses}."]
    )
