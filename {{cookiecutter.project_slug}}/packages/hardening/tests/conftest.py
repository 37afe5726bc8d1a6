"""Fixtures of the tests of hardening."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.http import HttpResponse
from django.urls import path

from hardening.integrity.compiled_updates import CompiledUpdate
from hardening.routing.compiled_selects import CompiledSelect
from hardening.testing.client import Client

pytest_plugins = ["hardening.testing.plugin"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests in `deep` and `system` with the name of their suite; deselect those that do not apply."""
    for item in items:
        for suite in {"deep", "system"} & set(item.path.relative_to(Path(__file__).parent).parts):
            item.add_marker(suite)
    left_out = [item for item in items if _does_not_apply(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _does_not_apply(item: pytest.Item) -> bool:
    """Tell whether *item* is about what its database does not do."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    if item.get_closest_marker("checked_before_commit"):  # SQLite checks the foreign keys of a nested write later
        return connection.vendor == "sqlite" and parameters.get("way") == "nested"
    return bool(item.get_closest_marker("postgresql_server")) and parameters.get("server") == "sqlite"


@pytest.fixture(autouse=True, scope="session")
def _every_update_is_djangos() -> None:
    """Compare every UPDATE that is used again with the one that Django compiles for the same row."""
    find = CompiledUpdate._find_statement

    def compare(update: CompiledUpdate, values: Any, params: Any) -> Any:
        statement = find(update, values, params)
        if statement is not None and statement != (anew := update.compile(values, params)):
            raise AssertionError(f"{statement} is used for {anew}")
        return statement

    CompiledUpdate._find_statement = compare


@pytest.fixture(autouse=True, scope="session")
def _every_select_is_djangos() -> None:
    """Compare every SELECT that is used again with the one that Django compiles for the same queryset."""
    find = CompiledSelect._find_select

    @functools.wraps(find)
    def compare(select: CompiledSelect, *shown: Any) -> Any:
        known = find(select, *shown)
        if known is not None:
            anew = select.compile(*shown)
            assert anew is not None
            if known[:3] != anew[:3] or known.converters.keys() != anew.converters.keys():
                raise AssertionError(f"{known} is used for {anew}")
        return known

    CompiledSelect._find_select = compare


EITHER_WAY = [
    pytest.param("nested", marks=pytest.mark.django_db(databases=["default", "second"])),
    pytest.param("outermost", marks=pytest.mark.django_db(transaction=True, databases=["default", "second"])),
]


@pytest.fixture(params=EITHER_WAY)
def way(request: pytest.FixtureRequest) -> str:
    """Every test that asks for this runs in a transaction of the caller's, and without one."""
    return str(request.param)


@pytest.fixture
def post(ada: Client) -> Callable[..., HttpResponse]:
    """Return a function that posts a body, or a list of them, to a shape."""

    def posted(shape: str, sent: object = None, /, **fields: object) -> HttpResponse:
        return ada.post(f"/shapes/{shape}/", fields if sent is None else sent)

    return posted


@pytest.fixture
def send(ada: Client) -> Callable[..., tuple[int, Any]]:
    """Return a function that sends a request and returns the status and the body of the response."""

    def sent(method: str, path: str, body: object = None) -> tuple[int, Any]:
        response = getattr(ada, method)(path, body)
        return response.status_code, response.json() if response.content else None

    return sent


@pytest.fixture
def atomic_requests() -> Iterator[None]:
    """Run a test with ATOMIC_REQUESTS, as an existing project may."""
    options = connections[DEFAULT_DB_ALIAS].settings_dict
    options["ATOMIC_REQUESTS"] = True
    yield
    options["ATOMIC_REQUESTS"] = False


@pytest.fixture
def found(settings: Any, db: None) -> Callable[..., list[str]]:
    """Return a function that routes a view and returns the ids that the checks find in it.

    It needs the database, because Django 6.1 asks SQLite whether it has JSON.
    """

    from shapes.routed import serve  # noqa: PLC0415  # the tests in `third_party` do not install the app `shapes`

    def ids(callback: Any, *, deploy: bool = False) -> list[str]:
        serve(settings, path("bad/", callback))
        messages = [each for each in run_checks(include_deployment_checks=deploy) if each.id.startswith("hardening.")]
        assert all(each.hint for each in messages)
        return [each.id.removeprefix("hardening.") for each in messages]

    return ids
