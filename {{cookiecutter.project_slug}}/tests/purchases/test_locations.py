import pytest
from django.http import HttpResponse

from hardening.testing.client import Client
from purchases.models import Location

LIST = "/api/v1/locations/"


def create(client: Client, name: str = "Home") -> HttpResponse:
    return client.post(LIST, {"name": name})


def url(response: HttpResponse) -> str:
    return f"{LIST}{response.json()['id']}/"


def test_a_location_belongs_to_the_caller(ada):
    response = create(ada)

    assert response.status_code == 201
    assert response.json() == {"id": Location.objects.get().pk, "owner": ada.user.pk, "name": "Home", "closed": False}


def test_a_name_is_taken_once_per_owner(ada, bob):
    create(ada)

    response = create(ada)

    assert response.status_code == 409
    assert response.json() == {"name": ["You already have a location with this name."]}
    assert create(bob).status_code == 201


def test_a_rename_to_a_taken_name_conflicts(ada):
    create(ada)
    other = create(ada, "Office")

    response = ada.patch(url(other), {"name": "Home"})

    assert response.status_code == 409
    assert list(response.json()) == ["name"]


def test_an_unchanged_location_is_no_duplicate_of_itself(ada):
    created = create(ada)

    assert ada.put(url(created), created.json()).status_code == 200


def test_a_location_in_use_cannot_be_deleted(ada, buy):
    purchase = buy(ada).json()

    response = ada.delete(f"{LIST}{purchase['location']}/")

    assert response.status_code == 409
    assert response.json() == {"detail": "This is in use by purchases.", "code": "in_use"}


def test_a_location_that_nobody_uses_can_be_deleted(ada):
    assert ada.delete(url(create(ada))).status_code == 204


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_what_is_not_the_callers_does_not_exist(ada, bob, method):
    response = getattr(bob, method)(url(create(ada)), {})

    assert response.status_code == 404
    assert response.json() == {"detail": "Not found.", "code": "not_found"}
