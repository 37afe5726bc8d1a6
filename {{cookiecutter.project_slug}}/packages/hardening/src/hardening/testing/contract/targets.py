"""The routes with the paths and the bodies of two users, which the test cases are made for."""

import functools
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from hardening.testing.client import Client
from hardening.testing.factories import create_for, find_hook, is_owned
from hardening.testing.requests import METHODS, build_body, find_request_serializer
from hardening.testing.routes import Route, list_routes


class Target(NamedTuple):
    """A route and a method, with the path of an object of Ada's; *who* sends the request."""

    route: Route
    method: str
    path: str
    who: str

    def __str__(self) -> str:
        return f"{self.method} {self.route.name}"


class Targets:
    """The routes of the API, and the rows of Ada and Bob that requests are for; each row is created when needed."""

    def __init__(self, ada: Client, bob: Client, anonymous: Client) -> None:
        self.ada, self.bob = ada, bob
        self.clients = {"ada": ada, "nobody": anonymous}
        self._rows: dict[tuple[Any, type[Any]], Any] = {}
        self.routes = [route for route in list_routes() if route.view is not None and "format" not in route.parameters]

    def get_row(self, model: Any) -> Any:
        """Return Ada's row of *model*."""
        return self._get_row(self.ada, model)

    def get_row_of_bob(self, model: Any) -> Any:
        """Return Bob's row of *model*, or None if all users see its rows."""
        return self._get_row(self.bob, model) if is_owned(model) else None

    def _get_row(self, client: Client, model: Any) -> Any:
        key = client.user.pk, model
        if key not in self._rows:
            self._rows[key] = create_for(client.user, model)
        return self._rows[key]

    def path_of(self, route: Route) -> str:
        """Return the path of *route*, with Ada's row if it has parameters."""
        return route.path(self.get_row(route.model) if route.parameters else None, find_hook("PATHS"))

    @functools.cached_property
    def lists(self) -> dict[str, Route]:
        """The routes of lists by path."""
        return {self.path_of(route): route for route in self.routes if route.lists and not route.parameters}

    @functools.cached_property
    def objects(self) -> dict[str, Route]:
        """The routes of single objects by path."""
        single = [route for route in self.routes if len(route.parameters) == 1 and getattr(route.view, "detail", True)]
        return {self.path_of(route): route for route in single if route.model is not None}

    def list_all(self) -> Iterator[Target]:
        """Yield every route with every method that it implements."""
        for route in self.routes:
            who = "ada" if route.view.get_authenticators() else "nobody"
            for method in route.methods:
                yield Target(route, method, self.path_of(route), who)

    def list_with_body(self) -> Iterator[tuple[Target, Any, Any]]:
        """Yield every target that reads a request body, its serializer, and a valid body."""
        for target in self.list_all():
            serializer = find_request_serializer(target.route, target.method) if target.method in METHODS else None
            if serializer is not None:
                yield target, serializer, build_body(target.route, target.method, self.ada.user)


@pytest.fixture
def targets(ada: Client, bob: Client, client: Client) -> Targets:
    """The routes, for requests of Ada about her own rows."""
    return Targets(ada, bob, client)
