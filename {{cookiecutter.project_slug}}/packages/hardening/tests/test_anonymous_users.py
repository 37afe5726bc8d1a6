"""Requests without a token to views that let them through, over rows that `visible_to()` leaves to users."""

import pytest
from rest_framework.permissions import (
    DjangoModelPermissionsOrAnonReadOnly,
    IsAdminUser,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
)

from hardening.models import QuerySet
from hardening.permissions import Public
from hardening.relations import visible_to_caller
from hardening.viewsets import ModelViewSet
from shapes.models import Crate, Parcel
from shapes.routed import serializer, serve

pytestmark = pytest.mark.django_db

PERMISSIONS = {
    "public": Public,
    "read": IsAuthenticatedOrReadOnly,
    "anonymous": DjangoModelPermissionsOrAnonReadOnly,
    "either": IsAdminUser | IsAuthenticatedOrReadOnly,
    "not": ~IsAuthenticated,
}
VISIBLE = {
    "the user": lambda rows, user: rows.filter(owner=user),
    "one of a list": lambda rows, user: rows.filter(owner__in=[user]),
    "an attribute": lambda rows, user: rows.filter(owner__email=user.email),
    "a number": lambda rows, user: rows.filter(owner_id=int(user)),
}


@pytest.fixture
def route(settings):
    """Return a function that routes a viewset over crates at `/rows/`."""

    def routed(visible_to, permission):
        seen = type("Seen", (QuerySet,), {"visible_to": visible_to})
        names = {
            "queryset": seen(Crate),
            "serializer_class": serializer(Crate, ("id", "code")),
            "permission_classes": [permission],
        }
        serve(settings, rows=type("RowsViewSet", (ModelViewSet,), names))

    return routed


@pytest.mark.parametrize("condition", VISIBLE)
@pytest.mark.parametrize("permission", PERMISSIONS)
def test_an_anonymous_reader_of_rows_that_need_a_user_gets_401(route, client, condition, permission):
    route(VISIBLE[condition], PERMISSIONS[permission])

    for address in ("/rows/", "/rows/1/"):
        response = client.get(address)
        assert (response.status_code, response.json()) == (
            401,
            {"detail": "Authentication credentials were not provided.", "code": "not_authenticated"},
        )
        assert response["WWW-Authenticate"].startswith("Bearer")


def test_an_anonymous_writer_of_rows_that_need_a_user_gets_401(route, client):
    route(VISIBLE["the user"], Public)

    assert client.patch("/rows/1/", {"code": "x"}).status_code == 401
    assert client.delete("/rows/1/").status_code == 401


def test_a_visible_to_that_handles_anonymous_users_applies_to_them(route, client, ada):
    Crate.objects.create(owner=ada.user, code="a")

    route(lambda rows, user: rows.filter(owner=user) if user.is_authenticated else rows.none(), Public)
    assert client.get("/rows/").json()["results"] == []
    route(lambda rows, user: rows.all(), Public)
    assert [row["code"] for row in client.get("/rows/").json()["results"]] == ["a"]


def test_an_error_in_visible_to_is_a_server_error_for_a_user(route, ada):
    route(lambda rows, user: rows.filter(owner__email=user.nothing), Public)
    ada.raise_request_exception = False

    assert ada.get("/rows/").status_code == 500


def test_a_related_field_over_rows_that_need_a_user_is_401_for_an_anonymous_writer(settings, client, ada):
    related = serializer(Parcel, ("id", "title", "crate"), related_querysets={"crate": visible_to_caller})
    names = {"queryset": Parcel.objects.all(), "serializer_class": related, "permission_classes": [Public]}
    serve(settings, rows=type("RowsViewSet", (ModelViewSet,), names))
    crate = Crate.objects.create(owner=ada.user, code="a")

    assert client.post("/rows/", {"title": "x", "crate": crate.pk}).status_code == 401
