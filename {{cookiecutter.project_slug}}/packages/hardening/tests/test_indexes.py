"""What the system checks say of views that a large table would slow down."""

from typing import Any, Self

import pytest
from django.core.checks import run_checks
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast, Coalesce, Left, Lower, Substr, Upper
from rest_framework.decorators import action
from rest_framework.filters import OrderingFilter
from rest_framework.pagination import PageNumberPagination

from hardening import serializers
from hardening.models import Model, QuerySet
from hardening.pagination import KeysetPagination
from hardening.resources.column_lists import FlatListMixin
from hardening.viewsets import ModelViewSet
from shapes.routed import serve


class LedgerQuerySet(QuerySet):
    def visible_to(self, user: Any) -> Self:
        return self.all()


class Ledger(Model):
    title = models.CharField(max_length=10)
    code = models.SlugField()
    account = models.CharField(max_length=10)
    place = models.CharField(max_length=10)
    lower = models.CharField(max_length=10)
    upper = models.CharField(max_length=10)
    opened = models.DateField()
    parent = models.ForeignKey("self", on_delete=models.CASCADE)
    closed = models.DateField(null=True, db_index=True)
    data = models.JSONField(default=dict)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        app_label = "elsewhere"
        managed = False
        indexes = [
            models.Index(fields=["account", "-title"], name="ledger_account"),
            models.Index(Lower("lower"), name="ledger_lower"),
            models.Index(Upper("upper"), name="ledger_upper"),
            models.Index(F("opened").desc(), name="ledger_opened"),
            models.Index(KeyTransform("tenant", "data"), name="ledger_tenant"),
            models.Index(Cast("code", models.IntegerField()), name="ledger_number"),
            models.Index(Substr("code", 1, 3), name="ledger_code"),
            models.Index(fields=["title"], condition=~Q(title=""), name="ledger_some"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["place", "title"], name="ledger_place", violation_error_message="Taken.")
        ]


class LedgerSerializer(serializers.ModelSerializer):
    class Meta:
        model = Ledger
        fields = ("id", "title")


class ShoutSerializer(LedgerSerializer):
    title = serializers.SerializerMethodField()


def pages(ordering: Any) -> Any:
    return {"pagination_class": type("Pages", (KeysetPagination,), {"ordering": ordering})}


def visible(**comparison: Any) -> Any:
    return {
        "queryset": type("Seen", (QuerySet,), {"visible_to": lambda self, _user: self.filter(**comparison)})(Ledger)
    }


@pytest.fixture
def found(found, db):  # Django looks at what the database can do for an index
    """Return a function that routes a view with *attributes* and returns the ids that the checks find in it."""

    def ids(attributes: dict[str, Any], *bases: Any) -> list[str]:
        names = {"queryset": Ledger.objects.all(), "serializer_class": LedgerSerializer, **attributes}
        return found(type("View", (*bases, ModelViewSet), names).as_view({"get": "list"}))

    return ids


def test_attributes_of_an_action_do_not_hide_faults_of_its_view(settings, db):
    class LedgerViewSet(ModelViewSet):
        queryset = Ledger.objects.all()
        serializer_class = LedgerSerializer
        pagination_class = pages("title")["pagination_class"]

        @action(detail=True, methods=["post"], pagination_class=None)
        def close(self, request, pk): ...

    serve(settings, ledgers=LedgerViewSet)

    assert "hardening.W030" in [each.id for each in run_checks()]


@pytest.mark.parametrize("ordering", ["-pk", "id", "code", "-account", ("place", "title"), "parent", "-opened"])
def test_an_order_that_an_index_serves_is_sound(found, ordering):
    assert found(pages(ordering)) == []


def test_an_ordering_by_a_nullable_column_is_reported(found):
    assert found(pages("-closed")) == ["W035"]


@pytest.mark.parametrize("ordering", ["title", ("-title", "pk"), "lower", "parent__title"])
def test_an_order_without_an_index_is_found(found, ordering):
    assert found(pages(ordering)) == ["W030"]


def test_every_order_that_is_offered_counts(found):
    ordered = {"filter_backends": [OrderingFilter], "ordering_fields": ["code", "title"]}

    assert found(ordered) == ["W030"]
    assert found({**ordered, "ordering_fields": ["code"]}) == []
    assert found({"filter_backends": [OrderingFilter]}) == [
        "W030",
        "W030",
        "W030",
        "W035",
        "W030",
    ]  # title, lower, upper, closed, data


def test_the_order_of_numbered_pages_counts(found):
    numbered = {"pagination_class": PageNumberPagination}

    assert found({**numbered, "queryset": Ledger.objects.order_by("title")}) == ["W030"]
    assert found({**numbered, "queryset": Ledger.objects.order_by("-code")}) == []


@pytest.mark.parametrize(
    ("attributes", "numbers"),
    [
        ({"filterset_fields": ["code", "parent", "parent__code"]}, []),
        ({"filterset_fields": ["title"]}, ["W031"]),
        ({"filterset_fields": {"parent__title": ["exact"]}}, ["W031"]),
        ({"lookup_field": "code"}, []),
        ({"lookup_field": "title"}, ["W031"]),
        ({"lookup_field": "upper__iexact"}, []),
        ({"lookup_field": "lower__iexact"}, ["W031"]),
    ],
)
def test_a_filter_without_an_index_is_found(found, attributes, numbers):
    assert found(attributes) == numbers


@pytest.mark.parametrize(
    ("comparison", "numbers"),
    [
        ({"code": "x"}, []),
        ({"parent__parent__code": "x"}, []),
        ({"title": "x", "account": "y"}, []),
        ({"title": "x"}, ["W032"]),
        ({"upper__iexact": "x"}, []),
        ({"lower__iexact": "x"}, ["W032"]),
    ],
)
def test_visible_to_without_an_index_is_reported(found, comparison, numbers):
    assert found(visible(**comparison)) == numbers


def test_a_comparison_of_lower_is_served_by_its_index(found):
    def seen(name: str) -> dict[str, Any]:
        folded = {"visible_to": lambda self, _user: self.alias(folded=Lower(name)).filter(folded="x")}
        return {"queryset": type("Folded", (QuerySet,), folded)(Ledger)}

    assert found(seen("lower")) == []
    assert found(seen("upper")) == ["W032"]


VISIBLE = {
    "a key of JSON": (lambda rows, user: rows.filter(data__owner=user.pk), ["W032"]),
    "another key of JSON that has an index": (lambda rows, user: rows.filter(data__tenant=user.pk), []),
    "Coalesce": (lambda rows, user: rows.alias(a=Coalesce("title", "account")).filter(a="x"), ["W032"]),
    "Cast": (lambda rows, user: rows.alias(a=Cast("title", models.IntegerField())).filter(a=user.pk), ["W032"]),
    "Cast with an index": (lambda rows, user: rows.alias(a=Cast("code", models.IntegerField())).filter(a=1), []),
    "Cast to another type": (
        lambda rows, user: rows.alias(a=Cast("code", models.DateField())).filter(a=None),
        ["W032"],
    ),
    "Substr": (lambda rows, user: rows.alias(a=Substr("title", 1, 3)).filter(a="abc"), ["W032"]),
    "Substr with an index": (lambda rows, user: rows.alias(a=Substr("code", 1, 3)).filter(a="abc"), []),
    "Left": (lambda rows, user: rows.alias(a=Left("title", 1)).filter(a="a"), ["W032"]),
    "Extract": (lambda rows, user: rows.filter(opened__year__gt=2000), ["W032"]),
    "a value": (lambda rows, user: rows.alias(a=Value(1)).filter(a=1), []),
    "nested functions": (lambda rows, user: rows.alias(a=Lower(Left("title", 1))).filter(a="a"), ["W032"]),
    "a subquery": (lambda rows, user: rows.filter(pk__in=Ledger.objects.values("parent")), []),
    "the domain of the user's address": (lambda rows, user: rows.filter(code=user.email.split("@")[1]), []),
    "the groups of the user": (lambda rows, user: rows.filter(code=user.groups.first().name), []),
    "an attribute that is missing": (lambda rows, user: rows.filter(code=user.nothing), ["W045"]),
    "a column that is missing": (lambda rows, user: rows.filter(nothing=1), ["W045"]),
    "a division by zero": (lambda rows, user: 1 / 0, ["W045"]),
    "no queryset": (lambda rows, user: [], ["W045"]),
}


@pytest.mark.parametrize("name", VISIBLE)
def test_a_condition_of_any_kind_is_examined_or_named(found, name):
    visible_to, numbers = VISIBLE[name]
    seen = type("Seen", (QuerySet,), {"visible_to": visible_to})

    assert found({"queryset": seen(Ledger)}) == numbers


@pytest.mark.parametrize(("name", "numbers"), [("=lower", ["W033"]), ("=upper", []), ("title", []), ("^title", [])])
def test_a_look_up_without_regard_to_case_needs_an_index_of_its_own(found, name, numbers):
    assert found({"search_fields": [name]}) == numbers


def test_a_list_of_columns_that_shows_more_is_found_before_it_is_asked_for(found):
    assert found({}, FlatListMixin) == []
    assert found({"serializer_class": ShoutSerializer}, FlatListMixin) == ["W034"]
