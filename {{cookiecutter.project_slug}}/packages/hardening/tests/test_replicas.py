"""Where reads go to a replica, what a body names is looked up where it will be written."""

from typing import Any

import pytest
from django.db import connections

from hardening.testing.client import Client
from shapes.models import Crate, Parcel
from shapes.router import Router
from test_browsable_api import PAGE, options
from test_relations import KINDS, named

pytestmark = pytest.mark.django_db(databases=["default", "second"])


@pytest.fixture
def mine(ada: Client, monkeypatch: pytest.MonkeyPatch) -> Crate:
    """A crate of Ada's that has not arrived at the replica yet; nothing has."""
    with connections["second"].cursor() as cursor:
        cursor.execute("CREATE TABLE shapes_crate (id INTEGER PRIMARY KEY, owner_id INTEGER, code TEXT)")
        cursor.execute(
            "CREATE TABLE shapes_parcel_crates (id INTEGER PRIMARY KEY, parcel_id INTEGER, crate_id INTEGER)"
        )
    monkeypatch.setattr(Router, "replicated", ("shapes.Crate",))
    return Crate.objects.create(owner=ada.user, code="mine")


def bodies(name: Any) -> dict[str, Any]:
    return {
        "single": {"title": "x", "crate": name},
        "many": {"title": "x", "crates": [name]},
        "rows": [{"title": "x", "crate": name, "crates": [name]}] * 2,
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("method", "form"), [("post", each) for each in bodies(None)] + [("put", "single")])
def test_related_objects_of_a_body_are_read_from_the_database_that_is_written(ada, mine, kind, method, form):
    path = f"/shapes/parcels-by-{kind}/"
    if method == "put":
        path += f"{Parcel.objects.create(title='x').pk}/"

    response = getattr(ada, method)(path, bodies(named(kind, mine))[form])

    assert response.status_code in (200, 201), response.content
    assert set(Parcel.objects.values_list("crate", "crates")) <= {(mine.pk, None), (None, mine.pk), (mine.pk, mine.pk)}


def test_related_objects_of_nested_objects_are_read_from_the_same_database(ada, mine):
    stamp = {"crate": mine.pk, "code": mine.code, "link": named("link", mine), "crates": [mine.pk]}

    response = ada.post("/shapes/parcels-stamped/", {"title": "x", "stamp": stamp, "stamps": [stamp, stamp]})

    assert response.status_code == 201, response.content


def test_a_form_lists_the_objects_that_it_accepts(ada, mine):
    response = ada.get("/shapes/parcels-page/", headers=PAGE)

    assert options(response, "crate") == ["mine"]


def test_reads_use_the_replica(ada, mine):
    assert ada.get(f"/shapes/crate/{mine.pk}/").status_code == 404
