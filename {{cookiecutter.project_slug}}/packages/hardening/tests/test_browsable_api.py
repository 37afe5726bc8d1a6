"""The browsable API offers what its reader may choose, and shows the database's refusals in its forms."""

import re

import pytest
from django.http import HttpResponse

from hardening.testing.client import Client
from shapes.models import Badge, Crate, Parcel

pytestmark = pytest.mark.django_db

PAGE = {"Accept": "text/html"}


def options(response: HttpResponse, name: str) -> list[str]:
    """Return the texts that the drop-down *name* offers in a page."""
    html = response.content.decode()
    select = re.search(rf'<select[^>]*name="{name}"[^>]*>(.*?)</select>', html, re.DOTALL)
    return [text.strip() for text in re.findall(r"<option[^>]*>([^<]*)</option>", select[1]) if text.strip(" -")]


def test_drop_downs_list_only_objects_visible_to_the_user(ada, bob):
    for client in (ada, bob):
        Crate.objects.create(owner=client.user, code=f"of-{client.user.username}")

    for client in (ada, bob, ada):
        response = client.get("/shapes/parcels-page/", headers=PAGE)
        assert response.status_code == 200
        for name in ("crate", "by_code", "crates"):
            assert options(response, name) == [f"of-{client.user.username}"]
        assert options(response, "purchaser") == [client.user.username]


def test_allow_has_options_only_where_the_view_supports_it(ada):
    assert ada.options("/shapes/badges/").status_code == 405
    assert ada.get("/shapes/badges/")["Allow"] == "GET, POST, HEAD"
    assert ada.options("/shapes/badges-page/").status_code == 200
    assert ada.get("/shapes/badges-page/")["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_a_drop_down_is_bounded(ada):
    Crate.objects.bulk_create([Crate(owner=ada.user, code=f"c{number}") for number in range(150)])

    offered = options(ada.get("/shapes/parcels-page/", headers=PAGE), "crate")

    assert len(offered) == 101
    assert offered[-1].startswith("More than 100 items")


def test_a_form_leaves_out_the_object_being_edited(ada):
    parcel, _other = (Parcel.objects.create(title=title) for title in "ab")

    response = ada.get(f"/shapes/parcels-page/{parcel.pk}/", headers=PAGE)

    assert len(options(response, "sibling")) == 1


def test_a_field_that_the_server_sets_is_not_an_input_of_the_form(ada):
    html = ada.get("/shapes/gadgets-page/", headers=PAGE).content.decode()

    assert 'name="serial"' in html
    assert 'name="owner"' not in html


def post_form(client: Client, **fields: str) -> HttpResponse:
    return client.post("/shapes/badges-page/", fields, format="multipart", headers=PAGE)


def test_a_constraint_violation_is_shown_in_the_form(ada):
    Badge.objects.create(number="7")

    response = post_form(ada, badge="7", note="kept")

    html = response.content.decode()
    assert response.status_code == 409
    assert html.count("badge with this number already exists.") == 2  # in the answer, and beside its input
    assert 'value="kept"' in html


def test_a_form_can_be_sent(ada):
    assert post_form(ada, badge="7").status_code == 201
    assert Badge.objects.count() == 1


def test_options_describe_fields_without_listing_rows(ada, bob):
    Crate.objects.create(owner=bob.user, code="of-bob")

    response = ada.options("/shapes/parcels-page/")

    assert response.status_code == 200
    assert response.json()["actions"]["POST"]["crate"]["type"] == "field"
    assert "of-bob" not in response.content.decode()


def test_options_of_an_object_describe_the_fields_of_put(ada):
    parcel = Parcel.objects.create(title="x")

    response = ada.options(f"/shapes/parcels-page/{parcel.pk}/")

    assert response.status_code == 200
    assert response.json()["actions"]["PUT"]["title"]["max_length"] == 20
