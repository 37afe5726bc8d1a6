"""Lists in the order of a column of a related object, over several pages."""

from typing import Any

import pytest
from django.db import models
from django.urls import path

from hardening.filters import OrderingFilter
from hardening.resources.column_lists import FlatListMixin
from hardening.viewsets import ModelViewSet
from shapes.models import Item
from shapes.models.rules import OpenQuerySet
from shapes.routed import view
from shapes.serializers import plain

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

ITEMS = plain(Item, "name")


class ItemViewSet(ModelViewSet):
    queryset = Item.objects.all()
    serializer_class = ITEMS
    filter_backends = [OrderingFilter]
    ordering_fields = ("basket__name",)


class FlatItemViewSet(FlatListMixin, ItemViewSet):
    """Reads columns."""


urlpatterns = [
    path("items/", ItemViewSet.as_view({"get": "list"})),
    path("flat/", FlatItemViewSet.as_view({"get": "list"})),
]
BASKETS = {"b": "13", "a": "2", "c": "4567"}


def pages(client: Any, where: str) -> list[list[str]]:
    """Return what the pages from *where* on show."""
    found = []
    while where:
        body = client.get(where).json()
        found.append([each["name"] for each in body["results"]])
        where = body["next"]
    return found


@pytest.fixture
def last(ada: Any) -> None:
    for name, items in BASKETS.items():
        basket = Item._meta.get_field("basket").related_model.objects.create(name=name)
        for item in items:
            Item.objects.create(basket=basket, name=item)


@pytest.mark.parametrize("where", ["items", "flat"])
@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(("order", "expected"), [("basket__name", "2317654"), ("-basket__name", "7654312")])
@pytest.mark.usefixtures("last")
def test_each_row_is_on_one_page_whatever_ties_there_are(ada, where, size, order, expected):
    found = pages(ada, f"/{where}/?ordering={order}&page_size={size}")

    assert "".join(name for page in found for name in page) == expected
    assert {len(page) for page in found[:-1]} <= {size}


@pytest.mark.usefixtures("last")
def test_a_page_takes_one_query_more_than_its_token(ada, django_assert_num_queries):
    with django_assert_num_queries(2):
        ada.get("/items/?ordering=basket__name&page_size=3")


class Shelf(models.Model):
    name = models.CharField(max_length=5, unique=True)

    class Meta:
        app_label = "elsewhere"
        managed = False


class Jar(models.Model):
    shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE, null=True)
    shelves = models.ManyToManyField(Shelf, related_name="+")

    objects = OpenQuerySet.as_manager()

    class Meta:
        app_label = "elsewhere"
        managed = False


@pytest.mark.parametrize(("name", "number"), [("shelf__name", "W035"), ("shelves__name", "W042")])
def test_an_order_over_a_relation_without_or_with_many_objects_is_reported(found, name, number):
    attributes = {"filter_backends": [OrderingFilter], "ordering_fields": (name,)}

    assert number in found(view(plain(Jar, "id"), queryset=Jar.objects.all(), **attributes))
