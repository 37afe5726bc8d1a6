"""Fields that the database or the server fills."""

import pytest

from shapes.models import Errand

pytestmark = pytest.mark.django_db

ERRANDS = "/shapes/errands/"


def test_a_column_that_the_database_fills_is_not_required_and_is_shown_as_it_is_stored(ada):
    response = ada.post(ERRANDS, {"name": "a"})

    stored = Errand.objects.get()
    assert response.status_code == 201, response.json()
    assert response.json() == ada.get(f"{ERRANDS}{stored.pk}/").json()
    assert (stored.state, stored.count) == ("new", 1)
    assert response.json()["begun"] is not None


def test_a_column_that_the_database_fills_accepts_a_value(ada):
    response = ada.post(ERRANDS, {"name": "a", "state": "done", "count": 7})

    assert (response.json()["state"], response.json()["count"]) == ("done", 7)
    assert ada.post(ERRANDS, {"name": "b", "count": None}).json() == {"count": ["This field may not be null."]}
    assert ada.post(ERRANDS, {"name": "b", "count": 0}).status_code == 400


def test_many_rows_are_filled_by_the_database(ada):
    response = ada.post(ERRANDS, [{"name": "a"}, {"name": "b", "count": 2}])

    assert response.status_code == 201
    assert [(row["state"], row["count"]) for row in response.json()] == [("new", 1), ("new", 2)]


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_change_that_leaves_a_filled_column_out_keeps_its_value(ada, method):
    key = ada.post(ERRANDS, {"name": "a", "count": 7}).json()["id"]

    response = getattr(ada, method)(f"{ERRANDS}{key}/", {"name": "b"})

    assert (response.status_code, response.json()["count"]) == (200, 7)


def test_a_duplicate_with_a_hidden_field_is_reported_under_the_field_that_was_sent(ada, bob):
    assert ada.post(ERRANDS, {"name": "a"}).status_code == 201
    assert bob.post(ERRANDS, {"name": "a"}).status_code == 201

    response = ada.post(ERRANDS, {"name": "a"})

    assert response.status_code == 409
    assert list(response.json()) == ["name"]
    second = ada.post(ERRANDS, {"name": "b"}).json()["id"]
    changed = ada.patch(f"{ERRANDS}{second}/", {"name": "a"})
    assert (changed.status_code, list(changed.json())) == (409, ["name"])


def test_a_hidden_field_is_nothing_that_a_client_sends(ada, bob):
    response = ada.post(ERRANDS, {"name": "a", "owner": bob.user.pk})

    assert (response.status_code, response.json()) == (400, {"owner": ["This field does not exist."]})
