"""django-filter: lists that are filtered by query parameters."""

from typing import Any

import django_filters
import pytest
from django.db import models
from django_filters import rest_framework as filters

from hardening import serializers
from hardening.filters import OrderingFilter, SearchFilter
from third_party.models import Open
from third_party.routed import checked, routes, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Maker(Open):
    name = models.CharField(max_length=20, db_index=True)


class Tune(Open):
    name = models.CharField(max_length=20, db_index=True)
    price = models.DecimalField(max_digits=8, decimal_places=2, default=0, db_index=True)
    day = models.DateField(null=True, db_index=True)
    maker = models.ForeignKey(Maker, on_delete=models.CASCADE, null=True)
    makers = models.ManyToManyField(Maker, related_name="+")


class TuneSerializer(serializers.ModelSerializer):
    class Meta:
        model = Tune
        fields = ("id", "name", "price", "day")


class InNumbers(filters.BaseInFilter, filters.NumberFilter):
    """?ids=1,2"""


class TuneFilterSet(filters.FilterSet):
    price = filters.RangeFilter()
    day = filters.DateFromToRangeFilter()
    kinds = filters.MultipleChoiceFilter(field_name="name", choices=[("a", "A"), ("b", "B"), ("c", "C")])
    some = filters.ModelMultipleChoiceFilter(field_name="makers", queryset=lambda request: Maker.objects.all())
    ids = InNumbers(field_name="id", lookup_expr="in")
    names = filters.CharFilter(field_name="name", widget=django_filters.widgets.QueryArrayWidget, method="in_names")
    looked = filters.LookupChoiceFilter(field_name="name", lookup_choices=[("exact", "is"), ("startswith", "starts")])

    class Meta:
        model = Tune
        fields: tuple[str, ...] = ()

    def in_names(self, queryset: Any, name: str, values: list[str]) -> Any:
        return queryset.filter(name__in=values)


class SortedFilterSet(filters.FilterSet):
    o = filters.OrderingFilter(fields=["name"])


class LeakyFilterSet(filters.FilterSet):
    maker = filters.ModelChoiceFilter(queryset=Maker.objects.all())


BACKENDS = {"filter_backends": [filters.DjangoFilterBackend, OrderingFilter, SearchFilter]}
FIELDS = {"filterset_fields": {"name": ["exact", "icontains", "in"], "id": ["in"], "price": ["gt"]}}

urlpatterns = routes(
    tunes=viewset(TuneSerializer, filter_backends=[filters.DjangoFilterBackend], filterset_fields=["name"]),
    looked=viewset(TuneSerializer, **BACKENDS, **FIELDS, ordering_fields=("name",), search_fields=("name",)),
    sets=viewset(TuneSerializer, filter_backends=[filters.DjangoFilterBackend], filterset_class=TuneFilterSet),
    unfiltered=viewset(TuneSerializer, filter_backends=[filters.DjangoFilterBackend]),
)


@pytest.fixture
def listed(ada: Any) -> Any:
    """Return a function that makes three tunes, and returns the names that a list shows."""
    for number, name in enumerate("abc"):
        maker = Maker.objects.create(name=name)
        Tune.objects.create(name=name, price=number, day=f"2026-01-0{number + 1}").makers.add(maker)
    first = Maker.objects.order_by("pk").first().pk
    key = Tune.objects.order_by("pk").first().pk

    def names(path: str) -> str:
        response = ada.get(f"/{path.format(maker=first, next=first + 1, key=key, following=key + 1)}")
        assert response.status_code == 200, response.content
        return "".join(sorted(each["name"] for each in response.json()["results"]))

    return names


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("tunes/", "abc"),
        ("tunes/?name=a", "a"),
        ("tunes/?name=", "abc"),
        ("looked/?name__icontains=B", "b"),
        ("looked/?name__in=a,b", "ab"),
        ("looked/?id__in={key},{following}", "ab"),
        ("looked/?price__gt=0&ordering=-name&page_size=1", "c"),
        ("looked/?price__gt=0&search=b", "b"),
        ("sets/?price_min=1", "bc"),
        ("sets/?price_min=1&price_max=1.5", "b"),
        ("sets/?day_after=2026-01-02&day_before=2026-01-02", "b"),
        ("sets/?kinds=a", "a"),
        ("sets/?kinds=a&kinds=b", "ab"),
        ("sets/?some={maker}&some={next}", "ab"),
        ("sets/?ids={key},{following}", "ab"),
        ("sets/?names[]=a&names[]=c", "ac"),
        ("sets/?names=a&names=c", "ac"),
        ("sets/?looked=b&looked_lookup=startswith", "b"),
        ("unfiltered/", "abc"),
    ],
)
def test_a_list_is_filtered_by_its_parameters(listed, path, names):
    assert listed(path) == names


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("tunes/?bogus=1", ["bogus"]),
        ("tunes/?name=a&name=b", ["name"]),
        ("tunes/?name__in=a", ["name__in"]),
        ("unfiltered/?name=a", ["name"]),
        ("looked/?price__gt=x", ["price__gt"]),
        ("looked/?id__in=1,x", ["id__in"]),
        (f"looked/?id__in={'9' * 60}", ["id__in"]),
        ("sets/?price=1", ["price"]),
        ("sets/?price_min=x", ["price_min"]),
        ("sets/?price_min=1&price_max=x", ["price_max"]),
        ("sets/?price_min=y&price_max=x", ["price_max", "price_min"]),
        ("sets/?price_min=1&price_min=2", ["price_min"]),
        ("sets/?day_after=x", ["day_after"]),
        ("sets/?kinds=a&kinds=z", ["kinds"]),
        ("sets/?some=0", ["some"]),
        ("sets/?some=x", ["some"]),
        ("sets/?ids=1,x", ["ids"]),
    ],
)
def test_a_parameter_that_is_wrong_or_unknown_is_400_under_its_name(ada, path, parameters):
    response = ada.get(f"/{path}")

    assert (response.status_code, sorted(response.json())) == (400, parameters)


@pytest.mark.parametrize("number", ["9" * 19, "9" * 30, "-" + "9" * 30])
def test_a_number_that_no_column_holds_finds_nothing_or_is_400(ada, number):
    response = ada.get(f"/looked/?id__in={number}")

    if response.status_code == 400:
        assert list(response.json()) == ["id__in"]
    else:
        assert (response.status_code, response.json()["results"]) == (200, [])


def test_the_pages_of_a_filtered_list_keep_its_filter(ada, listed):
    first = ada.get("/sets/?kinds=a&kinds=b&page_size=1").json()

    second = ada.get(first["next"]).json()

    assert [each["name"] for page in (first, second) for each in page["results"]] == ["b", "a"]
    assert second["next"] is None


def test_one_object_has_no_filters(ada, listed):
    key = Tune.objects.first().pk

    assert ada.get(f"/tunes/{key}/").status_code == 200
    assert ada.get(f"/tunes/{key}/?name=a").status_code == 400


def test_the_checks_accept_filters(db):
    assert checked(urlpatterns) == []


@pytest.mark.parametrize(
    ("attributes", "number"),
    [
        ({"filterset_fields": ["nmae"]}, "E031"),
        ({"filterset_class": SortedFilterSet}, "E031"),
        ({"filterset_class": LeakyFilterSet}, "W040"),
        ({"filterset_fields": ["maker"]}, "W040"),
    ],
)
def test_a_filter_set_that_fails_or_reveals_hidden_objects_is_reported(db, attributes, number):
    view = viewset(TuneSerializer, filter_backends=[filters.DjangoFilterBackend], **attributes)

    assert checked(routes(tunes=view)) == [number]
