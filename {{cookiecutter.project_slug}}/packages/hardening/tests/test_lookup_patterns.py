"""Routes to one object, whatever names it in the URL."""

import uuid
from typing import Any

import pytest
from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from hardening import serializers
from hardening.checks.patterns import check_patterns
from hardening.viewsets import ModelViewSet
from shapes.models import Badge, Lease, Line, Stall, Ware
from shapes.routed import serve
from shapes.serializers import plain

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

KEY = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6"
VALUES = {
    "id": KEY,
    "slug": "a-b_1",
    "word": "straße-1",
    "code": "A.1 (x)",
    "number": -7,
    "natural": 0,
    "weight": "1.50",
    "day": "2026-01-31",
    "address": "2001:db8::1",
}


class StallViewSet(ModelViewSet):
    queryset = Stall.objects.all()
    serializer_class = plain(Stall)


class UnnamedViewSet(ModelViewSet):
    """Names its model in no attribute."""

    def get_queryset(self) -> Any:
        return Stall.objects.all()

    def get_serializer_class(self) -> Any:
        return plain(Stall)


class WareLinks(serializers.HyperlinkedModelSerializer):
    class Meta:
        model = Ware
        fields = ("url", "name", "stall")
        extra_kwargs = {
            "url": {"view_name": "ware-detail"},
            "stall": {"view_name": "slug-detail", "lookup_field": "slug"},
        }


class StallLinks(serializers.HyperlinkedModelSerializer):
    class Meta:
        model = Stall
        fields = ("url", "slug")
        extra_kwargs = {"url": {"view_name": "linked-detail", "lookup_field": "slug", "lookup_url_kwarg": "name"}}


def view(**attributes: Any) -> Any:
    return type("FoundViewSet", (StallViewSet,), attributes)


def over(model: Any, serializer_class: Any, **attributes: Any) -> Any:
    names = {"queryset": model.objects.all(), "serializer_class": serializer_class, **attributes}
    return type(f"{model.__name__}ViewSet", (ModelViewSet,), names)


router = SimpleRouter()
for name in VALUES:
    router.register(f"by-{name}", view(lookup_field=name), basename=name)
router.register("by-pk", StallViewSet)
router.register("unnamed", UnnamedViewSet, basename="unnamed")
router.register("hex", view(lookup_value_regex="[0-9a-f]{32}"), basename="hex")
router.register("linked", over(Stall, StallLinks, lookup_field="slug", lookup_url_kwarg="name"), basename="linked")
router.register("wares", over(Ware, WareLinks), basename="ware")
router.register("through", over(Ware, plain(Ware), lookup_field="stall__slug"), basename="through")
router.register("leases", over(Lease, plain(Lease)), basename="lease")
router.register("fold", view(lookup_field="slug__iexact"), basename="fold")

plainly = SimpleRouter(use_regex_path=False)
for name in VALUES:
    plainly.register(f"by-{name}", view(lookup_field=name), basename=f"plain-{name}")

urlpatterns = [path("", include(router.urls)), path("plain/", include(plainly.urls))]


@pytest.fixture
def stall(db: None) -> Stall:
    return Stall.objects.create(**VALUES)


@pytest.mark.parametrize("prefix", ["", "/plain"])
@pytest.mark.parametrize("name", VALUES)
def test_a_created_object_is_found_by_any_unique_field(ada, prefix, name):
    sent = {each: value for each, value in VALUES.items() if each != "id"}
    created = ada.post(f"{prefix}/by-{name}/", sent).json()

    where = f"{prefix}/by-{name}/{created[name]}/"
    assert (ada.get(where).status_code, ada.get(where).json()) == (200, created)
    assert ada.patch(where, {"natural": 5}).json()["natural"] == 5
    assert ada.delete(f"{prefix}/by-id/{created['id']}/").status_code == 204


@pytest.mark.parametrize(
    "where",
    [
        f"by-pk/{KEY}",
        f"unnamed/{KEY}",
        f"hex/{uuid.UUID(KEY).hex}",
        "linked/a-b_1",
        "through/a-b_1",
        f"leases/{KEY}",
        "fold/A-B_1",
    ],
)
def test_a_view_finds_its_object_by_the_field_that_it_names(ada, stall, where):
    Ware.objects.create(stall=stall, name="w")
    Lease.objects.create(stall=stall)

    assert ada.get(f"/{where}/").status_code == 200


@pytest.mark.parametrize(
    "where",
    [
        *(f"{view}/{key}" for view in ("by-pk", "unnamed") for key in (KEY.upper(), uuid.UUID(KEY).hex, "1", "x")),
        f"by-pk/{uuid.UUID(int=1)}",
        f"by-pk/%7B{KEY}%7D",
        "by-slug/a%20b",
        "by-slug/stra%C3%9Fe",
        *(f"by-number/{key}" for key in ("07", "-0", "+7", "%D9%A7", "7.0", "9" * 19, "9" * 20)),
        "by-natural/-1",
        "by-day/2026-1-31",
        "by-day/2026-02-30",
        *(f"by-address/{key}" for key in ("x", "1.2.3", "2001:db8::g", "1.2.3.4.5")),
        *(f"by-weight/{key}" for key in ("x", "NaN", "Infinity", "1E400", "9" * 400)),
        *(f"by-code/{key}" for key in ("a%00", "%ED%A0%80", "a%0A", "a/b")),
        "hex/x",
        f"hex/{KEY}",
    ],
)
@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_a_key_in_another_notation_is_404(ada, stall, method, where):
    assert getattr(ada, method)(f"/{where}/").status_code == 404


def test_hyperlinks_name_objects_by_the_lookup_field_and_are_accepted_back(ada, stall):
    listed = ada.get("/linked/").json()["results"]
    ware = ada.post("/wares/", {"name": "w", "stall": "http://testserver/by-slug/a-b_1/"})

    assert listed == [{"url": "http://testserver/linked/a-b_1/", "slug": "a-b_1"}]
    assert ada.get(listed[0]["url"]).json() == listed[0]
    assert (ware.status_code, ware.json()["stall"]) == (201, "http://testserver/by-slug/a-b_1/")
    assert ada.put(ware.json()["url"], ware.json()).status_code == 200
    refused = ada.post("/wares/", {"name": "w", "stall": "http://testserver/by-slug/none/"})
    assert (refused.status_code, list(refused.json())) == (400, ["stall"])


class LooseViewSet(ModelViewSet):
    serializer_class = plain(Stall)
    queryset = Stall.objects.all()


@pytest.mark.parametrize(
    "route",
    [
        re_path(r"^x/(?P<pk>[1-9][0-9]{0,18})/$", LooseViewSet.as_view({"get": "retrieve"})),
        path("x/<int:pk>/", LooseViewSet.as_view({"get": "retrieve"})),
        re_path(r"^x/(?P<pk>([(0-9]|\d)+)/y/$", LooseViewSet.as_view({"get": "retrieve"})),
        re_path(r"^x/(?P<slug>[a-z]+)/$", LooseViewSet.as_view({"get": "retrieve"}, lookup_field="slug")),
        path("x/<str:slgu>/", LooseViewSet.as_view({"get": "retrieve"}, lookup_field="slgu")),
        path("x/<str:pk>/", over(Line, plain(Line, "text")).as_view({"get": "retrieve"})),
    ],
)
def test_a_route_that_cannot_match_its_models_keys_is_rejected(found_in, route):
    assert found_in(route) == ["E030"]


@pytest.mark.parametrize(
    "route",
    [
        path("x/<uuid:pk>/", LooseViewSet.as_view({"get": "retrieve"})),
        re_path(r"^x/(?P<pk>[^/.]+)/$", LooseViewSet.as_view({"get": "retrieve"})),
        path("x/", LooseViewSet.as_view({"get": "retrieve"})),
        path("x/<int:pk>/", over(Badge, plain(Badge, "id")).as_view({"get": "retrieve"})),
        path("x/<str:code>/", LooseViewSet.as_view({"get": "retrieve"}, lookup_field="code")),
    ],
)
def test_a_route_that_matches_its_models_keys_is_accepted(found_in, route):
    assert found_in(route) == []


@pytest.fixture
def found_in(settings: Any) -> Any:
    """Return a function that routes a pattern and returns the ids that the check finds in it."""

    def ids(route: Any) -> list[str]:
        serve(settings, route)
        return [str(each.id).removeprefix("hardening.") for each in check_patterns(None)]

    return ids
