import pytest

pytestmark = pytest.mark.django_db


def names(client, search):
    response = client.get("/api/v1/locations/", {"search": search})
    assert response.status_code == 200
    return [each["name"] for each in response.json()["results"]]


@pytest.mark.parametrize(
    ("search", "found"), [("north", ["North gate", "The north"]), ("north gate", ["North gate"]), ("%", []), ("x", [])]
)
def test_a_search_matches_all_terms_in_any_case(ada, search, found):
    for name in ("The north", "North gate", "South gate"):
        ada.post("/api/v1/locations/", {"name": name})

    assert names(ada, search) == found


def test_a_search_does_not_find_other_users_objects(ada, bob):
    bob.post("/api/v1/locations/", {"name": "North"})

    assert names(ada, "north") == []


def test_the_next_page_of_a_search_keeps_the_search_terms(ada):
    for name in ("a 1", "b 1", "a 2"):
        ada.post("/api/v1/locations/", {"name": name})

    first = ada.get("/api/v1/locations/", {"search": "a", "page_size": 1}).json()
    second = ada.get(first["next"]).json()

    assert [each["name"] for page in (first, second) for each in page["results"]] == ["a 2", "a 1"]
    assert second["next"] is None
