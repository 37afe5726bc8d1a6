"""Tests of the SQL statements of every route: they are as recorded, and do not grow with the rows of a list."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from knox.models import get_token_model

from hardening.testing.client import Client
from hardening.testing.contract.access import LISTS, REJECTED, ROUTES, SUCCESS, send
from hardening.testing.contract.callers import RIGHTS, give_rights
from hardening.testing.contract.recording import RERECORD, Contract
from hardening.testing.contract.reporting import fail, naming_missing
from hardening.testing.factories import create_for
from hardening.testing.requests import build_body, path_of
from hardening.testing.routes import Route
from hardening.testing.statements import select_own, statements

ROWS = (1, 10, 100)


def list_tables(app: str) -> set[str]:
    """Return the tables of *app*, and that of the tokens."""
    models = apps.get_app_config(app).get_models(include_auto_created=True) if app else ()
    return {model._meta.db_table for model in (*models, get_token_model())}


def record(route: Route, method: str, sign_in: Callable[..., Client]) -> list[str]:
    """Return the statements of the first user whose request succeeds, or else those of the owner."""
    recorded: list[list[str]] = []
    for name, rights in RIGHTS.items():
        caller = sign_in(f"{method}-{name}".replace(" ", "-").lower())
        give_rights(caller.user, rights)
        instance = create_for(caller.user, route.model) if route.model is not None else None
        body, path = build_body(route, method, caller.user), path_of(route, instance)
        with statements() as taken:
            response = send(caller, method, path, body)
        recorded.append(select_own(taken, list_tables(route.app)))
        if response.status_code < REJECTED:
            return recorded[-1]
    return recorded[0]


@pytest.mark.recorded
@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_method_executes_the_recorded_statements(route, transactional_db, sign_in, contract: Contract):
    with naming_missing():
        taken = {method: record(route, method, sign_in) for method in route.methods}

    fail(contract.compare_statements(route, taken, connection.vendor), RERECORD)


@pytest.mark.once
@pytest.mark.parametrize("route", LISTS, ids=str)
def test_a_list_executes_the_same_statements_for_any_number_of_rows(route, ada):
    counts: dict[int, Counter[str]] = {}
    created: list[Any] = []
    for rows in ROWS:
        with naming_missing():
            created += [create_for(ada.user, route.model) for _row in range(rows - len(created))]
        with statements() as taken:
            response = send(ada, "GET", f"{path_of(route, created[0])}{_all_on_one_page(route)}")
        assert response.status_code < SUCCESS, response.content
        counts[rows] = Counter(taken)

    fail(_list_growing(route, counts))


def _all_on_one_page(route: Route) -> str:
    name = getattr(route.view.pagination_class, "page_size_query_param", None)
    return f"?{name}={max(ROWS)}" if name else ""


def _list_growing(route: Route, counts: dict[int, Counter[str]]) -> Iterator[str]:
    few, many = counts[min(ROWS)], counts[max(ROWS)]
    for statement in sorted(many):
        if many[statement] != few[statement]:
            yield (
                f"GET {route}: {few[statement]} -> {many[statement]} times {statement!r} for {max(ROWS)} rows instead"
                f" of {min(ROWS)}: name {_name_fields(route, statement)} in Meta.select_related or"
                " Meta.prefetch_related of the serializer."
            )


def _name_fields(route: Route, statement: str) -> str:
    """Return the relations of the model of *route* that *statement* loads."""
    table = statement.partition(" ")[2]
    fields: Any = [*route.model._meta.fields, *route.model._meta.many_to_many]
    names = [field.name for field in fields if field.is_relation and table in _list_related_tables(field)]
    return ", ".join(names) or "the relation that it reads"


def _list_related_tables(field: Any) -> set[str]:
    through = getattr(field.remote_field, "through", None)
    return {model._meta.db_table for model in (field.related_model, through) if model is not None}
