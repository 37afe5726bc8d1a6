"""A list of columns shows the keys and slugs of related objects as the serializer does, without making instances."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Prefetch
from django.urls import path

from hardening import serializers
from hardening.relations import PrimaryKeyRelatedField, SlugRelatedField
from hardening.resources.column_lists import FlatListMixin, columns
from hardening.testing.statements import statements
from hardening.viewsets import ModelViewSet
from shapes.models import Basket, Crate, Item, Parcel
from shapes.serializers import plain

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class ShownField(PrimaryKeyRelatedField):
    """Shows more than the key."""

    def to_representation(self, value: Any) -> Any:
        return f"{value.pk}!"


def parcels(**fields: Any) -> Any:
    """Return a serializer of parcels with *fields*."""
    base = plain(Parcel, "id", "title", *fields)
    return type("ParcelSerializer", (base,), {**fields, "__module__": __name__, "Meta": base.Meta})


class ByKey(ModelViewSet):
    queryset = Parcel.objects.all()
    serializer_class = plain(Parcel, "id", "crates", prefetch_related=("crates",))


class BySlug(ByKey):
    """Slugs, under another name than the relation."""

    serializer_class = parcels(codes=SlugRelatedField("code", source="crates", many=True, read_only=True))


class Filtered(ByKey):
    """A part of the related objects, in an order of its own."""

    queryset = Parcel.objects.prefetch_related(
        Prefetch("crates", Crate.objects.exclude(code="b").order_by("-code", "pk"))
    )
    serializer_class = plain(Parcel, "id", "crates")


class Backward(ModelViewSet):
    """Objects that refer to this one, of a model without an ordering."""

    queryset = Basket.objects.all()
    serializer_class = plain(Basket, "id", "items", prefetch_related=("items",))


VIEWS = {"keys": ByKey, "slugs": BySlug, "filtered": Filtered, "backward": Backward}
urlpatterns = [
    path(f"{name}/{kind}/", cls.as_view({"get": "list"}))
    for name, listed in VIEWS.items()
    for kind, cls in (("rows", listed), ("flat", type("Flat", (FlatListMixin, listed), {})))
]


@pytest.fixture
def _rows(ada: Any) -> None:
    crates = [Crate.objects.create(owner=ada.user, code=code) for code in "cab"]
    for chosen in (crates, crates[1:], crates[:0]):
        Parcel.objects.create(title="p").crates.set(chosen)
    for name in ("first", "second"):
        basket = Basket.objects.create(name=name)
        for item in "ba":
            Item.objects.create(basket=basket, name=item)


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.usefixtures("_rows")
def test_related_objects_are_shown_as_the_serializer_shows_them(ada, name):
    rows, flat = (ada.get(f"/{name}/{kind}/").json()["results"] for kind in ("rows", "flat"))

    assert flat == rows
    assert any(isinstance(value, list) and len(value) > 1 for row in rows for value in row.values())


@pytest.mark.usefixtures("_rows")
def test_a_page_of_related_keys_takes_one_query_for_all_of_its_rows(ada):
    with statements() as taken:
        ada.get("/keys/flat/")

    assert taken == ["SELECT knox_authtoken", "SELECT shapes_parcel", "SELECT shapes_parcel_crates"]


@pytest.mark.usefixtures("_rows")
def test_an_empty_page_is_an_empty_list(ada):
    Parcel.objects.all().delete()

    assert ada.get("/keys/flat/").json()["results"] == []


@pytest.mark.parametrize(
    "field",
    [
        ShownField(source="crates", many=True, read_only=True),
        SlugRelatedField("owner", source="crates", many=True, read_only=True),
        SlugRelatedField("owner__username", source="crates", many=True, read_only=True),
        PrimaryKeyRelatedField(source="crates.all", many=True, read_only=True),
        serializers.StringRelatedField(source="crates", many=True),
    ],
    ids=["own class", "object", "path", "method", "text"],
)
def test_a_field_that_shows_more_than_a_column_raises(field):
    with pytest.raises(ImproperlyConfigured, match=r"shown is not a column; FlatListMixin cannot use it\.$"):
        columns(parcels(shown=field)())
