"""Every row that violates a constraint is named, and so is every constraint that a row violates."""

import datetime
from typing import Any

import pytest
from django.db import connection
from django.db.models import UniqueConstraint
from django.test.utils import CaptureQueriesContext

from hardening.integrity import violations
from hardening.integrity.constraints import ModelConstraint, get_constraints
from hardening.integrity.violations import find_violations
from shapes import models

pytestmark = pytest.mark.usefixtures("way")

NOT_NEGATIVE = ["Ensure this value is greater than or equal to 0."]
TAKEN = {"name": ["Name taken."]}


def alias(name: str, **changes: object) -> dict[str, object]:
    return {"name": name, "rank": sum(map(ord, name)), **changes}


def test_a_positive_column_that_an_expression_takes_below_zero_is_reported_under_its_field(ada, post):
    stock = post("stocks", name="a").json()

    response = ada.patch(f"/shapes/stocks/{stock['id']}/", {"take": 1})

    assert (response.status_code, response.json()) == (400, {"take": NOT_NEGATIVE})
    assert models.Stock.objects.get().left == 0


def test_a_positive_column_in_the_table_of_a_parent_is_reported_under_its_field(post):
    models.ColdStock.objects.create(name="a", left=1)
    serializer = {"name": "b", "left": -1}

    response = post("cold", serializer)

    assert response.status_code == 400
    assert list(response.json()) == ["left"]


def test_an_expression_that_leads_to_a_duplicate_is_a_conflict(ada, post):
    models.Stock.objects.create(name="a", slot=1)
    second = models.Stock.objects.create(name="b", slot=2)

    response = ada.patch(f"/shapes/stocks/{second.pk}/", {"back": 1})

    assert (response.status_code, response.json()) == (409, {"back": ["stock with this slot already exists."]})


def test_other_violations_of_an_expression_are_reported_too(ada, post):
    models.Stock.objects.create(name="a", slot=1, left=0)
    second = models.Stock.objects.create(name="b", slot=2, left=0)

    response = ada.patch(f"/shapes/stocks/{second.pk}/", {"back": 1, "take": 1, "name": "a"})

    assert response.status_code == 400
    assert response.json() == {
        "name": ["stock with this name already exists."],
        "take": NOT_NEGATIVE,
        "back": ["stock with this slot already exists."],
    }


def test_a_document_that_is_not_json_is_rejected_by_the_check_of_its_column(post, monkeypatch):
    if connection.vendor == "postgresql":
        return  # whose type is the check
    monkeypatch.setattr(models.Stock._meta.get_field("data"), "get_db_prep_save", lambda *_args, **_kwargs: "{")

    response = post("stocks", name="a", data={})

    assert (response.status_code, response.json()) == (400, {"data": ["Value must be valid JSON."]})


@pytest.mark.parametrize("shape", ["aliases", "aliases-at-once"])
def test_two_constraints_that_a_hidden_row_is_in_the_way_of_are_two_errors(post, shape):
    post("aliases", alias("ada", short="x", deleted=True))

    response = post(shape, [alias("ADA", short="x", rank=7)])

    assert response.status_code == 409
    assert response.json() == {"0": {"name": ["Name taken."], "short": ["Short taken."]}}


def test_three_constraints_of_one_row_are_three_errors(post):
    post("aliases", alias("ada", short="x", rank=1, deleted=True))

    response = post("aliases", alias("Ada", short="x", rank=1))

    assert response.status_code == 409
    assert response.json() == {
        "name": ["Name taken."],
        "short": ["Short taken."],
        "non_field_errors": ["Rank taken."],
    }


@pytest.mark.parametrize("shape", ["aliases", "aliases-at-once"])
def test_every_duplicate_of_a_list_is_named_with_stored_rows_and_within_the_list(post, shape):
    post("aliases", alias("stored", deleted=True))

    response = post(shape, [alias(name) for name in ("a", "A", "Stored", "b", "c", "B")])

    assert (response.status_code, response.json()) == (409, {"1": TAKEN, "2": TAKEN, "5": TAKEN})
    assert models.Alias._base_manager.count() == 1


@pytest.mark.parametrize("shape", ["aliases", "aliases-at-once"])
def test_duplicates_under_several_constraints_are_all_named(post, shape):
    post("aliases", alias("stored", short="s"))

    rows = [alias("a"), alias("b", short="s"), alias("a", rank=9), alias("c", short="t"), alias("d", short="t")]
    response = post(shape, rows)

    short = {"short": ["Short taken."]}
    assert (response.status_code, response.json()) == (409, {"1": short, "2": TAKEN, "4": short})


def test_rows_to_which_a_condition_does_not_apply_are_not_duplicates(post):
    response = post("aliases-at-once", [alias("a"), alias("b"), alias("c"), alias("A")])

    assert (response.status_code, response.json()) == (409, {"3": TAKEN})


@pytest.mark.parametrize("shape", ["baskets", "shelves"])
def test_every_duplicate_of_a_nested_list_is_named(post, shape):
    response = post(shape, name="x", items=[{"name": name} for name in ("a", "a", "b", "c", "b", "a")])

    twice = {"name": ["Twice."]}
    assert (response.status_code, response.json()) == (409, {"items": {"1": twice, "4": twice, "5": twice}})


@pytest.mark.parametrize("rows", [10, 90])
@pytest.mark.parametrize("shape", ["aliases", "aliases-at-once"])
def test_naming_duplicates_costs_the_same_statements_for_every_number_of_rows(post, shape, rows):
    post("aliases", alias("stored"))
    body = [{"name": f"n{number}", "rank": number, "short": f"s{number}"} for number in range(rows)]

    with CaptureQueriesContext(connection) as queries:
        response = post(shape, [{**alias("stored"), "rank": 10**6}, *body, *body[:5]])

    assert response.status_code == 409
    assert len(response.json()) == 6
    told = [each["sql"].split()[0] for each in queries.captured_queries]
    # Of the token; one about the stored rows for all constraints; one that compares the rows with each other, for each.
    assert told.count("SELECT") <= 1 + 1 + 4


def test_the_other_constraints_of_a_row_are_asked_about_with_one_statement(post):
    post("aliases", alias("stored"))

    with CaptureQueriesContext(connection) as queries:
        response = post("aliases", alias("stored"))

    assert response.status_code == 409
    told = [each["sql"].split()[0] for each in queries.captured_queries]
    assert told.count("SELECT") == 2  # the token, and the stored rows


def test_an_exclusion_constraint_without_a_message_names_the_overlapping_fields(postgresql, post):
    stay = {"room": 1, "start": "2026-01-01T00:00:00Z", "end": "2026-01-05T00:00:00Z"}
    post("stays", stay)

    response = post("stays", {**stay, "end": "2026-01-02T00:00:00Z"})

    assert response.status_code == 409
    assert response.json() == {
        "non_field_errors": ["This overlaps another object with the same room: start, end."],
    }


KEPT = {
    "crates": (lambda user: models.Crate(owner=user, code="c")),
    "items": (lambda _user: models.Item(basket=models.Basket.objects.create(name="b"), name="i")),
    "books": (lambda _user: models.Author(name="a")),
    "aliases": (lambda _user: models.Alias(name="a", short="s", rank=3, group=4)),
    "a day and a text": (lambda _user: models.Event(day=datetime.date(2026, 1, 2), code="e")),
}


@pytest.mark.parametrize("is_stored", [False, True])
@pytest.mark.parametrize("name", KEPT)
def test_sql_that_is_used_again_is_what_django_compiles_for_the_values(ada, name, is_stored):
    instance = KEPT[name](ada.user)
    instance._state.adding, instance.pk = not is_stored, 7 if is_stored else None
    asked = [each for each in get_constraints(type(instance)) if each.compares_columns]

    def compile_all() -> list[Any]:
        questions = [violations._ask_about_columns(each, instance, "default") for each in asked]
        return [None if each is None else (each.sql[0], list(each.sql[1])) for each in questions]

    violations._compiled.clear()
    compiled = compile_all()
    known = dict(violations._compiled)
    used_again = compile_all()

    assert known
    assert used_again == compiled
    assert violations._compiled == known


@pytest.mark.parametrize("value", [True, False])
def test_sql_that_contains_a_value_is_not_used_again(post, value):
    """Django puts a boolean into the SQL."""
    constraint = ModelConstraint(models.Alias, UniqueConstraint(fields=["deleted"], name="deleted_once"), ("deleted",))
    models.Alias._base_manager.create(name="a", deleted=True)

    found = [find_violations(constraint, [models.Alias(deleted=each)], "default") for each in (value, not value)]

    assert found == [[value], [not value]]
