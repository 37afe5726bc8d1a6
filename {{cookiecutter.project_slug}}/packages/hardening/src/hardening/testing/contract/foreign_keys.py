"""Send every foreign key of every model over HTTP, and check that no row refers to another user's object.

Unlike the checks and the other tests, this test does not examine serializers, so that it also covers views whose
serializer cannot be determined.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from hardening.testing.client import Client
from hardening.testing.contract.reporting import fail, naming_missing
from hardening.testing.factories import create_for, is_owned
from hardening.testing.requests import build_body, path_of
from hardening.testing.routes import Route, list_apps, list_routes

pytestmark = pytest.mark.django_db

METHODS = ("POST", "PUT", "PATCH")


def list_writing_routes() -> Iterator[Route]:
    """Yield the routes that write rows of a model with a relation."""
    for route in list_routes():
        if route.model is not None and set(METHODS) & set(route.methods) and any(list_relations(route.model)):
            yield route


def list_relations(model: Any) -> Iterator[Any]:
    """Yield the foreign keys and many-to-many fields of *model* that refer to users or to models of the project."""
    for field in (*model._meta.concrete_fields, *model._meta.many_to_many):
        related = field.related_model if field.is_relation else None
        if related is not None and (related is get_user_model() or related._meta.app_label in list_apps()):
            yield field


@pytest.fixture
def writers(ada: Client, sign_in: Callable[..., Client]) -> list[Client]:
    """Clients of a user without permissions, and of one with all permissions."""
    root = sign_in("root")
    rights = {name: True for name in ("is_staff", "is_superuser") if hasattr(root.user, name)}
    type(root.user).objects.filter(pk=root.user.pk).update(**rights)
    return [ada, root]


@pytest.mark.parametrize("route", list(list_writing_routes()), ids=str)
def test_no_request_makes_a_row_refer_to_another_users(route: Route, writers: list[Client], bob: Client) -> None:
    with naming_missing():
        relations = [field for field in list_relations(route.model) if is_owned(field.related_model)]
        theirs = {field: create_for(bob.user, field.related_model).pk for field in relations}
        faults = [
            f"{method} {route}: {name}: refers to another user's {field.related_model.__name__}: {response.content!r}"
            for field in relations
            for client in writers
            for method in METHODS
            for name in sorted({field.name, field.attname})
            if (response := find_violation(client, route, method, name, field, theirs[field])) is not None
        ]

    fail(faults)


def find_violation(client: Client, route: Route, method: str, name: str, field: Any, target: Any) -> Any:
    """Send *target* as *name*; return the response if it is a server error, or if another row refers to *target*."""
    if method not in route.methods:
        return None
    rows = field.model._base_manager.filter(**{field.name: target})
    before = set(rows.values_list("pk", flat=True))
    path = path_of(route, create_for(client.user, route.model) if route.parameters else None)
    body = {} if method == "PATCH" else build_body(route, method, client.user) or {}
    value = [target] if field.many_to_many else target
    response = getattr(client, method.lower())(path, body | {name: value}, headers={"If-Match": "*"})
    return None if response.status_code < 500 and set(rows.values_list("pk", flat=True)) == before else response
