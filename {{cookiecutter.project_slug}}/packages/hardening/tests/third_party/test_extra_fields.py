"""drf-extra-fields: files as Base64 within JSON, and ranges as it accepts them."""

import base64
from typing import Any

import pytest
from django.contrib.postgres.fields import IntegerRangeField
from django.core.files.storage import InMemoryStorage
from django.db import models
from drf_extra_fields import fields as extra

from hardening import serializers
from third_party.models import Open
from third_party.routed import checked, routes, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

STORAGE = InMemoryStorage()


class Parcel(Open):
    name = models.CharField(max_length=10, unique=True)
    scan = models.FileField(storage=STORAGE, max_length=60)


class Voyage(Open):
    decks = IntegerRangeField()

    class Meta(Open.Meta):
        abstract = False
        required_db_vendor = "postgresql"


class TextField(extra.Base64FileField):
    """What the README of the package shows."""

    ALLOWED_TYPES = ("txt",)
    EMPTY_VALUES = ()

    def get_file_extension(self, filename: str, decoded_file: bytes) -> str:
        if decoded_file == b"fails":
            raise ValueError("a fault of the project's")
        return "txt" if decoded_file.isascii() else "bin"


class ParcelSerializer(serializers.ModelSerializer):
    scan = TextField(represent_in_base64=True)

    class Meta:
        model = Parcel
        fields = ("id", "name", "scan")


class VoyageSerializer(serializers.ModelSerializer):
    class Meta:
        model = Voyage
        fields = ("id", "decks")


class DeclaredSerializer(VoyageSerializer):
    decks = extra.IntegerRangeField()


class LaxSerializer(ParcelSerializer):
    scan = extra.Base64FileField()


urlpatterns = routes(parcels=viewset(ParcelSerializer), voyages=viewset(VoyageSerializer))

SERVER_ERROR = (500, {"detail": "A server error occurred.", "code": "error"})


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def files() -> Any:
    return STORAGE.listdir("")[1] if STORAGE.exists("") else []


@pytest.mark.parametrize("prefix", ["", "data:text/plain;base64,"])
def test_a_file_is_stored_and_shown(ada, prefix):
    created = ada.post("/parcels/", {"name": "a", "scan": prefix + encoded(b"hello")})

    assert (created.status_code, created.json()["scan"]) == (201, encoded(b"hello"))
    assert Parcel.objects.get().scan.read() == b"hello"
    assert ada.patch(f"/parcels/{created.json()['id']}/", {"scan": encoded(b"there")}).json()["scan"] == encoded(
        b"there"
    )


@pytest.mark.parametrize(
    "value",
    [
        "data:a;base64,aGVsbG8=;base64,aGVsbG8=",
        encoded(b"\xff\xfe"),
        "a",
        "é",
        "\ud800",
        "\0",
        5,
        True,
        [1],
        {"a": 1},
        "",
        [],
        {},
        None,
    ],
)
@pytest.mark.parametrize("method", ["post", "put"])
def test_a_value_that_is_not_a_file_is_400_under_its_field(ada, method, value):
    created = ada.post("/parcels/", {"name": "a", "scan": encoded(b"hello")})
    place = "/parcels/" if method == "post" else f"/parcels/{created.json()['id']}/"

    response = ada.send(method, place, {"name": "b", "scan": value})

    assert (response.status_code, list(response.json())) == (400, ["scan"]), response.content
    assert Parcel.objects.get().name == "a"


def test_a_rejected_file_is_not_kept(ada):
    ada.post("/parcels/", {"name": "a", "scan": encoded(b"hello")})
    before = files()

    response = ada.post("/parcels/", {"name": "a", "scan": encoded(b"hello")})

    assert (response.status_code, list(response.json())) == (409, ["name"])
    assert files() == before


def test_an_exception_of_the_projects_code_is_a_server_error(ada):
    response = ada.post("/parcels/", {"name": "a", "scan": encoded(b"fails")})

    assert (response.status_code, response.json()) == SERVER_ERROR


def test_a_range_of_the_column_keeps_the_projects_field(postgresql, ada):
    decks = {"lower": 1, "upper": 5, "bounds": "[)"}

    assert ada.post("/voyages/", {"decks": decks}).json()["decks"] == decks
    assert ada.post("/voyages/", {"decks": {**decks, "bounds": "{}"}}).status_code == 400


def test_the_checks_name_fields_that_write_other_values_than_were_sent(db):
    assert checked(urlpatterns) == []
    assert checked(routes(declared=viewset(DeclaredSerializer))) == ["E033"]
    assert checked(routes(lax=viewset(LaxSerializer))) == ["E033"]
