"""Explaining a violation never raises, whatever a model holds and whatever its own code does."""

import itertools
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, models as django
from django.db.models import F, Func, Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Lower, Now

from hardening.integrity import explanations, reporting, rows, values, violations
from hardening.integrity.constraints import get_column_checks, get_constraints
from hardening.integrity.rows import SavedInstances
from hardening.integrity.selects import work_out
from hardening.integrity.violations import find_duplicates, find_violations
from shapes import models

pytestmark = pytest.mark.usefixtures("way")


def broken(*_args: Any, **_kwargs: Any) -> Any:
    raise RuntimeError("a fault in the project's own code")


class Broken(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def really_broken(*_args: Any, **_kwargs: Any) -> Any:
    raise Broken


BREAKAGES: dict[str, tuple[Any, str]] = {
    "the matching of rows": (rows, "SavedInstances"),
    "the candidates": (rows, "build_candidate"),
    "the search for the row": (explanations, "judge_all"),
    "the search for duplicates": (explanations, "find_duplicates"),
    "the validators": (explanations, "validate_values"),
    "the expressions": (violations, "_map_expressions"),
    "the place of an error": (reporting, "find_field_name"),
    "the table": (explanations, "is_concerned"),
}


@pytest.mark.parametrize("breakage", BREAKAGES)
@pytest.mark.parametrize("raises", [broken, really_broken])
def test_a_conflict_stays_one_when_explaining_it_fails(post, monkeypatch, caplog, breakage, raises):
    post("aliases", name="ada", short="x")
    target, name = BREAKAGES[breakage]
    monkeypatch.setattr(target, name, raises)

    with caplog.at_level(logging.WARNING):
        response = post("aliases", name="Ada", short="x", rank=2)

    assert response.status_code == 409
    assert set(response.json()) <= {"name", "short", "non_field_errors"}
    monkeypatch.undo()
    assert models.Alias._base_manager.count() == 1


@pytest.mark.parametrize("message", ["%(name)", "%(other)s", "%d"])
def test_a_message_with_a_wrong_format_is_replaced(post, monkeypatch, message):
    post("aliases", name="ada")
    constraint = next(each for each in models.Alias._meta.constraints if each.name == "alias_name")
    monkeypatch.setattr(constraint, "violation_error_message", message)

    response = post("aliases", name="Ada", rank=2)

    assert (response.status_code, response.json()) == (409, {"name": ["This field must be unique."]})


def test_a_constraint_that_clean_validates_is_reported_as_by_the_database(post, monkeypatch):
    post("aliases", name="ada")
    by_the_database = post("aliases", name="Ada", rank=2)
    monkeypatch.setattr(models.Alias, "clean", django.Model.validate_constraints)

    by_clean = post("aliases", name="Ada", rank=2)

    assert by_clean.status_code == by_the_database.status_code == 409
    assert by_clean.json() == by_the_database.json()


@pytest.mark.parametrize("target", ["clean_fields", "__str__", "refresh_from_db", "get_deferred_fields"])
def test_a_value_that_is_too_long_stays_one_when_the_models_own_code_fails(postgresql, post, monkeypatch, target):
    monkeypatch.setattr(models.Address, target, broken)

    response = post("addresses", place="x" * 30 + ",1")

    assert response.status_code == 400
    assert list(response.json()) in (["place"], ["non_field_errors"])


def test_the_failure_of_an_explanation_is_logged(post, monkeypatch, caplog):
    post("aliases", name="ada")
    monkeypatch.setattr(rows, "SavedInstances", broken)

    post("aliases", name="Ada", rank=2)

    assert [each.levelname for each in caplog.records if "Explaining a database error failed" in each.message]


EXPRESSIONS: dict[str, Callable[[], Any]] = {
    "F": lambda: F("slot") - 1,
    "F of no field": lambda: F("nothing"),
    "F of a relation": lambda: F("nothing__else"),
    "Value": lambda: Value(1),
    "Value of text": lambda: Value("1"),
    "Func": lambda: Func(F("slot"), function="ABS"),
    "Func without arguments": lambda: Func(function="NO_SUCH_FUNCTION"),
    "Case": lambda: django.Case(django.When(slot=2, then=Value(1)), default=F("slot")),
    "Subquery": lambda: Subquery(models.Stock.objects.filter(name="a").values("slot")[:1]),
    "Coalesce": lambda: Coalesce(F("slot"), Value(1)),
    "Now": Now,
    "Cast": lambda: Cast(Lower("name"), django.IntegerField()),
    "combined": lambda: F("slot") * Value(1) - F("left"),
    "a condition": lambda: Q(slot=1),
}


@pytest.mark.parametrize("kind", EXPRESSIONS)
@pytest.mark.parametrize("adding", [True, False])
def test_no_expression_makes_the_search_for_violations_raise(kind, adding):
    models.Stock.objects.create(name="a", slot=1)
    stock = models.Stock(name="a") if adding else models.Stock.objects.create(name="b", slot=2, left=1)
    stock.slot = EXPRESSIONS[kind]()
    stock.name = "a"

    worked_out = work_out(stock, "default")

    for constraint in (*get_constraints(models.Stock), *get_column_checks(models.Stock)):
        assert len(find_violations(constraint, [worked_out, stock], "default")) == 2
        assert len(find_duplicates(constraint, [worked_out, stock], "default")) == 2
    assert connection.is_usable()
    name = next(each for each in get_constraints(models.Stock) if each.fields == ("name",))
    assert find_violations(name, [worked_out], "default") == [True]


@pytest.mark.parametrize("kind", ["F", "Value", "Case", "Subquery", "combined"])
def test_an_expression_that_makes_a_duplicate_is_found(kind):
    models.Stock.objects.create(name="a", slot=1)
    stock = models.Stock.objects.create(name="b", slot=2, left=1)
    stock.slot = EXPRESSIONS[kind]()
    slot = next(each for each in get_constraints(models.Stock) if each.fields == ("slot",))

    assert find_violations(slot, [work_out(stock, "default")], "default") == [True]
    assert find_violations(slot, [stock], "default") == [False]  # nobody knows


def test_deferred_columns_and_rows_that_are_gone_do_not_make_it_raise():
    models.Alias(name="a").save()
    deferred = models.Alias.objects.only("pk", "deleted").get()
    models.Alias._base_manager.all().delete()

    for constraint in get_constraints(models.Alias):
        assert find_violations(constraint, [deferred], "default") == [False]
        assert find_duplicates(constraint, [deferred, models.Alias(name="b")], "default") in (
            [False, False],
            [True, True],
        )


@pytest.mark.parametrize("order", ["as sent", "reversed"])
@pytest.mark.parametrize("alike", ["different", "equal", "in pairs", "changed by save()"])
@pytest.mark.parametrize("optional", [False, True])
def test_matching_rows_takes_a_number_of_steps_that_grows_with_the_rows_alone(monkeypatch, order, alike, optional):
    number = 500
    label = {"different": str, "equal": lambda _n: "x", "in pairs": lambda n: str(n // 2)}.get(alike, str)
    sent = [
        {"name": label(n), **({"rank": n} if optional and n % 2 else {}), **({"short": str(n)} if optional else {})}
        for n in range(number)
    ]
    saved = [models.Alias(**each) for each in sent]
    for each in saved if alike == "changed by save()" else ():
        each.name += "!"
    steps = itertools.count()
    compare = rows._agrees
    monkeypatch.setattr(rows, "_agrees", lambda *args: (next(steps), compare(*args))[1])

    found = SavedInstances(saved[:: -1 if order == "reversed" else 1], [(models.Alias, each) for each in sent])
    taken = [found.take(models.Alias, each, listed=True) for each in sent]

    assert sorted(taken) == list(range(number))
    assert next(steps) <= rows._WINDOW * number


def test_every_part_of_a_rejected_body_is_looked_at_a_bounded_number_of_times(post, monkeypatch):
    counts: dict[str, int] = {}

    def counting(module: Any, name: str) -> None:
        original = getattr(module, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            counts[name] = counts.get(name, 0) + 1
            return original(*args, **kwargs)

        monkeypatch.setattr(module, name, counted)

    for module, name in (
        (rows, "_agrees"),
        (rows, "build_candidate"),
        (violations, "_ask"),
        (values, "_map_fields"),
    ):
        counting(module, name)
    items = [{"name": str(number)} for number in range(90)]

    response = post("baskets", name="x", items=[*items, {"name": "0"}])

    assert (response.status_code, response.json()) == (409, {"items": {"90": {"name": ["Twice."]}}})
    assert all(count <= 4 * len(items) for count in counts.values()), counts
