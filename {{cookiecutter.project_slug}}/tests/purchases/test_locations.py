import pytest
from django.http import HttpResponse

from hardening.testing.client import Client
from purchases.models import Location

LIST = "/api/v1/locations/"


def create(client: Client, name: str = "Home") -> HttpResponse:
    return client.post(LIST, {"name": name})


def url(response: HttpResponse) -> str:
    return f"{LIST}{response.json()['id']}/"


def test_a_created_location_belongs_to_the_user(ada):
    response = create(ada)

    assert response.status_code == 201
    assert response.json() == {"id": Location.objects.get().pk, "owner": ada.user.pk, "name": "Home", "closed": False}


def test_a_duplicate_name_is_409_for_the_same_owner(ada, bob):
    create(ada)

    response = create(ada)

    assert response.status_code == 409
    assert response.json() == {"name": ["You already have a location with this name."]}
    assert create(bob).status_code == 201


def test_a_patch_to_an_existing_name_is_409(ada):
    create(ada)
    other = create(ada, "Office")

    response = ada.patch(url(other), {"name": "Home"})

    assert response.status_code == 409
    assert list(response.json()) == ["name"]


def test_saving_an_unchanged_location_is_200(ada):
    created = create(ada)

    assert ada.put(url(created), created.json()).status_code == 200


def test_deleting_a_location_in_use_is_409(ada, buy):
    purchase = buy(ada).json()

    response = ada.delete(f"{LIST}{purchase['location']}/")

    assert response.status_code == 409
    assert response.json() == {"detail": "This is in use by purchases.", "code": "in_use"}


def test_deleting_an_unused_location_is_204(ada):
    assert ada.delete(url(create(ada))).status_code == 204


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_another_users_location_is_404(ada, bob, method):
    response = getattr(bob, method)(url(create(ada)), {})

    assert response.status_code == 404
    assert response.json() == {"detail": "Not found.", "code": "not_found"}
