"""A detail route finds the object that `get()` finds, whether its SELECT is compiled or used again."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partialmethod
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Value, Window
from django.db.models.functions import Lower, RowNumber
from django.db.models.lookups import GreaterThan
from django.db.models.sql import Query
from django.db.models.sql.compiler import SQLCompiler
from django.test.utils import CaptureQueriesContext

from hardening.routing import compiled_selects
from hardening.routing.compiled_selects import CompiledSelect
from shapes.models import Basket, Item, Truck, Values

pytestmark = pytest.mark.django_db


class MarkedQuerySet(models.QuerySet[Any]):
    """A queryset with an attribute of its own, which its iterator may read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mark = "m"


class OwnQuery(Query):
    """A query that its compiler may treat in another way."""


class Unnamed(models.Model):
    """Another model over the table of `Basket`."""

    class Meta:
        app_label = "shapes"
        db_table = Basket._meta.db_table
        managed = False


class LoudQuerySet(models.QuerySet[Any]):
    """A queryset with a `get()` of its own."""

    def get(self, *args: Any, **kwargs: Any) -> Any:
        found = super().get(*args, **kwargs)
        found.name = found.name.upper()
        return found


@pytest.fixture(autouse=True)
def _compile_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_selects, "_compiled", {})


@pytest.fixture
def basket() -> Basket:
    Basket.objects.create(name="other")
    basket = Basket.objects.create(name="b")
    Item.objects.create(basket=basket, name="i")
    return basket


REUSED: dict[str, Callable[[Any], Any]] = {
    "all rows": lambda rows: rows,
    "a condition": lambda rows: rows.filter(name="b"),
    "a value with signs of SQL": lambda rows: rows.exclude(name="% WHERE ' %s"),
    "either of two conditions": lambda rows: rows.filter(Q(name="b") | Q(name__startswith="x")),
    "an expression": lambda rows: rows.filter(Q(name=Lower(F("name")))),
    "an ordering": lambda rows: rows.order_by("-name", F("id").desc()),
    "fewer columns": lambda rows: rows.only("id"),
    "one column": lambda rows: rows.only("name"),
    "a deferred column": lambda rows: rows.defer("name"),
    "prefetched rows": lambda rows: rows.prefetch_related("items"),
    "locked rows": lambda rows: rows.select_for_update(of=("self",), no_key=True),
    "locked rows without waiting": lambda rows: rows.select_for_update(nowait=True),
    "rows that nobody has locked": lambda rows: rows.select_for_update(skip_locked=True),
}

COMPILED: dict[str, Callable[[Any], Any]] = {
    "keys of a subquery": lambda rows: rows.filter(pk__in=Item.objects.values("basket")),
    "a subquery": lambda rows: rows.filter(Exists(Item.objects.filter(basket=OuterRef("pk")))),
    "a join": lambda rows: rows.filter(items__name="i"),
    "an annotation": lambda rows: rows.annotate(count=Count("items")).filter(count=1),
    "a constant": lambda rows: rows.annotate(one=Value(1)),
    "a window": lambda rows: rows.annotate(place=Window(RowNumber())).filter(place__gte=1),
    "a window in a condition": lambda rows: rows.filter(GreaterThan(Window(RowNumber()), 0)),
    "a query of its own": lambda rows: models.QuerySet(Basket, query=OwnQuery(Basket)),
    "distinct rows": lambda rows: rows.distinct(),
    "columns of SQL": lambda rows: rows.extra(select={"two": "1 + 1"}),
    "another alias": lambda rows: rows.alias(low=Lower("name")).filter(low="b"),
    "a reversed ordering": lambda rows: rows.order_by("name").reverse(),
    "an attribute of its own": lambda rows: MarkedQuerySet(Basket).all(),
    "a get() of its own": lambda rows: LoudQuerySet(Basket).all(),
    "dictionaries": lambda rows: rows.values(),
    "tuples": lambda rows: rows.values_list("name", "id"),
}
if hasattr(models, "FETCH_PEERS"):  # Django 6.1
    COMPILED["a mode of fetching"] = lambda rows: rows.fetch_mode(models.FETCH_PEERS)


def state(found: Any) -> Any:
    """Return all that was read into *found*, with its prefetched rows."""
    if not isinstance(found, models.Model):
        return found
    held = {name: value for name, value in vars(found).items() if not name.startswith("_")}
    prefetched = {name: list(rows) for name, rows in vars(found).get("_prefetched_objects_cache", {}).items()}
    fetch_mode = getattr(found._state, "fetch_mode", None)  # of Django 6.1
    return type(found), held, prefetched, found._state.db, found._state.adding, fetch_mode


def record(find: Callable[[], Any]) -> tuple[Any, list[str]]:
    """Return the state of what *find* returns, and the statements with their values."""
    with CaptureQueriesContext(connection) as queries:
        found = state(find())
    return found, [each["sql"] for each in queries]


def attempt(find: Callable[[], Any]) -> Any:
    """Return the state of what *find* returns, or the class and the message of what it raises."""
    try:
        return state(find())
    except transaction.TransactionManagementError as error:  # SQLite does not lock rows
        return type(error), str(error)


@pytest.mark.parametrize("kind", [*REUSED, *COMPILED])
def test_an_object_is_found_by_the_statements_of_get(basket, kind):
    CompiledSelect(Basket.objects.all()).get(pk=basket.pk)
    narrow = {**REUSED, **COMPILED}[kind]
    rows = narrow(Basket.objects.all())
    for _ in range(3):  # the first SELECT is used again for the others
        assert record(lambda: CompiledSelect(rows).get(pk=basket.pk)) == record(lambda: rows.get(pk=basket.pk))


@pytest.mark.parametrize("kind", REUSED)
def test_querysets_of_the_same_shape_share_a_statement(basket, kind):
    for _ in range(2):
        CompiledSelect(REUSED[kind](Basket.objects.all()).prefetch_related(None)).get(pk=basket.pk)

    assert [select is not None for select in compiled_selects._compiled.values()] == [True]


@pytest.mark.parametrize("kind", COMPILED)
def test_a_queryset_that_differs_in_more_than_its_condition_is_compiled_each_time(basket, kind):
    CompiledSelect(COMPILED[kind](Basket.objects.all())).get(pk=basket.pk)

    assert compiled_selects._compiled == {}


def test_querysets_of_different_shapes_do_not_share_a_statement(basket):
    for narrow in [*REUSED.values(), *REUSED.values()]:
        rows = narrow(Basket.objects.all())
        assert record(lambda rows=rows: CompiledSelect(rows).get(pk=basket.pk)) == record(
            lambda rows=rows: rows.get(pk=basket.pk)
        )


def test_rows_of_a_model_with_two_tables_are_joined():
    truck = Truck.objects.create(plate="p", fleet_number=1)
    rows = Truck.objects.all()
    for _ in range(2):
        assert record(lambda: CompiledSelect(rows).get(pk=truck.pk)) == record(lambda: rows.get(pk=truck.pk))

    assert compiled_selects._compiled == {}


def test_the_locked_tables_may_be_a_list(basket):
    for of in (["self"], {"self"}, ()):
        rows = Basket.objects.select_for_update(of=of)
        assert record(lambda rows=rows: CompiledSelect(rows).get(pk=basket.pk)) == record(
            lambda rows=rows: rows.get(pk=basket.pk)
        )


def test_columns_with_a_format_are_compiled_each_time(basket, monkeypatch):
    monkeypatch.setattr(models.CharField, "select_format", lambda field, compiler, sql, params: (sql, params), False)
    CompiledSelect(Basket.objects.all()).get(pk=basket.pk)

    assert list(compiled_selects._compiled.values()) == [None]


@pytest.mark.parametrize("method", compiled_selects._METHODS)
def test_a_queryset_with_a_method_of_its_own_is_asked_itself(basket, method):
    own = type("OwnQuerySet", (models.QuerySet,), {method: partialmethod(getattr(models.QuerySet, method))})
    CompiledSelect(own(Basket)).get(pk=basket.pk)

    assert compiled_selects._compiled == {}


def test_the_rows_of_a_related_manager_know_their_parent(basket):
    item = basket.items.get()
    for _ in range(2):
        found = CompiledSelect(basket.items.all()).get(pk=item.pk)
        assert found.basket is basket


@pytest.mark.parametrize("rows", [Basket.objects.all(), Basket.objects.none(), Basket.objects.filter(pk__in=[])])
def test_a_missing_object_does_not_exist(basket, rows):
    CompiledSelect(Basket.objects.all()).get(pk=basket.pk)
    for key in (basket.pk + 1, 10**30):
        with pytest.raises(Basket.DoesNotExist, match=r"^Basket matching query does not exist\.$"):
            CompiledSelect(rows).get(pk=key)


def test_two_objects_raise_the_error_of_get(basket):
    CompiledSelect(Basket.objects.all()).get(pk=basket.pk)
    with pytest.raises(Basket.MultipleObjectsReturned, match="it returned 2!"):
        CompiledSelect(Basket.objects.all()).get(name__gt="")


def test_a_part_of_a_queryset_cannot_be_searched(basket):
    with pytest.raises(TypeError, match="slice"):
        CompiledSelect(Basket.objects.all()[:5]).get(pk=basket.pk)


def test_combined_querysets_cannot_be_searched(basket):
    with pytest.raises(Exception, match="union"):
        CompiledSelect(Basket.objects.all().union(Basket.objects.all())).get(pk=basket.pk)


@pytest.mark.django_db(transaction=True)
def test_rows_are_locked_in_a_transaction_only(basket, monkeypatch):
    monkeypatch.setattr(CompiledSelect, "_find_select", CompiledSelect._find_select.__wrapped__)  # without a comparison
    rows = Basket.objects.select_for_update()
    with transaction.atomic():
        CompiledSelect(rows).get(pk=basket.pk)

    assert attempt(lambda: CompiledSelect(rows).get(pk=basket.pk)) == attempt(lambda: rows.get(pk=basket.pk))


def test_rows_are_locked_without_a_limit_if_the_database_requires_it(basket, monkeypatch):
    monkeypatch.setattr(connection.features, "supports_select_for_update_with_limit", False)
    rows = Basket.objects.select_for_update()
    assert record(lambda: CompiledSelect(rows).get(pk=basket.pk)) == record(lambda: rows.get(pk=basket.pk))


def test_all_rows_are_a_condition_that_is_empty(basket):
    Basket.objects.exclude(pk=basket.pk).delete()
    for rows in (Basket.objects.all(), Basket.objects.exclude(pk__in=[])):
        assert CompiledSelect(rows).get() == basket


def test_values_are_converted_each_time():
    values = Values.objects.create(
        flag=True, amount="1.50", moment=datetime(2026, 1, 1, tzinfo=UTC), identity=uuid.UUID(int=1)
    )
    for _ in range(2):
        rows = Values.objects.all()
        assert state(CompiledSelect(rows).get(pk=values.pk)) == state(rows.get(pk=values.pk))


def test_models_over_one_table_do_not_share_a_statement(basket):
    for rows in (Basket.objects.all(), Unnamed.objects.all()):
        assert state(CompiledSelect(rows).get(pk=basket.pk)) == state(rows.get(pk=basket.pk))

    assert len(compiled_selects._compiled) == 2


def test_databases_do_not_share_a_statement():
    rows = Basket.objects.filter(pk=1)
    for using in ("default", "second"):
        condition, params = rows.query.get_compiler(using).compile(rows.query.where)
        assert CompiledSelect(rows)._find_select(rows, using, condition, params) is not None

    assert len(compiled_selects._compiled) == 2


def test_a_condition_that_is_elsewhere_in_the_statement_is_compiled_each_time(basket):
    rows = Basket.objects.filter(pk=basket.pk)
    assert CompiledSelect(rows).compile(rows, "default", "1 = 1", [basket.pk]) is None


def test_a_condition_with_parameters_elsewhere_is_compiled_each_time(basket, monkeypatch):
    as_sql = SQLCompiler.as_sql

    def add_parameter(compiler: Any, *args: Any, **kwargs: Any) -> Any:
        sql, params = as_sql(compiler, *args, **kwargs)
        return sql.replace(" FROM ", ", %s FROM ", 1), (7, *params)

    monkeypatch.setattr(SQLCompiler, "as_sql", add_parameter)
    CompiledSelect(Basket.objects.all()).get(pk=basket.pk)

    assert list(compiled_selects._compiled.values()) == [None]


def test_no_more_statements_are_kept_than_a_limit(basket, monkeypatch):
    monkeypatch.setattr(compiled_selects, "_MOST", 1)
    for rows in (Basket.objects.all(), Basket.objects.only("id"), Basket.objects.all()):
        assert CompiledSelect(rows).get(pk=basket.pk) == basket

    assert len(compiled_selects._compiled) == 1
