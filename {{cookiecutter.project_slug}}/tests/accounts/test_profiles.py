from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.http import HttpResponse

from accounts.models import Profile
from hardening.testing.client import Client

LIST = "/api/v1/profiles/"
USERNAME_TAKEN = {"username": ["A profile with this username already exists."]}


def create(client: Client, **changes: object) -> HttpResponse:
    return client.post(LIST, {"username": "ada", "email": "ada@example.com", "bio": "Mathematician"} | changes)


def url(response: HttpResponse) -> str:
    return f"{LIST}{response.json()['id']}/"


def test_a_created_profile_belongs_to_the_user(ada):
    response = create(ada)

    assert response.status_code == 201
    assert response.json() == {
        "id": Profile.objects.get().pk,
        "owner": ada.user.pk,
        "username": "ada",
        "email": "ada@example.com",
        "bio": "Mathematician",
    }


def test_the_bio_is_optional(ada):
    response = ada.post(LIST, {"username": "ada", "email": "ada@example.com"})

    assert response.status_code == 201
    assert response.json()["bio"] == ""


@pytest.mark.parametrize("missing", ["username", "email"])
def test_username_and_email_are_required(ada, missing):
    body = {"username": "ada", "email": "ada@example.com"}
    del body[missing]

    response = ada.post(LIST, body)

    assert response.status_code == 400
    assert response.json() == {missing: ["This field is required."]}


def test_a_user_may_have_several_profiles(ada):
    create(ada)

    assert create(ada, username="countess", email="countess@example.com").status_code == 201


@pytest.mark.parametrize("username", ["ada", "ADA"])
def test_a_duplicate_username_is_409_across_all_users(ada, bob, username):
    create(ada)

    response = create(bob, username=username, email="bob@example.com")

    assert response.status_code == 409
    assert response.json() == USERNAME_TAKEN


def test_a_duplicate_username_is_409_on_put_and_patch(ada):
    create(ada)
    other = create(ada, username="countess", email="countess@example.com")

    put = ada.put(url(other), {"username": "ada", "email": "countess@example.com", "bio": ""})
    patch = ada.patch(url(other), {"username": "Ada"})

    assert (put.status_code, put.json()) == (409, USERNAME_TAKEN)
    assert (patch.status_code, patch.json()) == (409, USERNAME_TAKEN)
    assert ada.get(url(other)).json()["username"] == "countess"


def test_saving_an_unchanged_profile_is_200(ada):
    created = create(ada)

    assert ada.put(url(created), created.json()).status_code == 200
    assert ada.patch(url(created), {"username": "ada"}).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_another_owner_is_400(ada, bob, method):
    target = LIST if method == "post" else url(create(ada))

    response = getattr(ada, method)(target, {"owner": bob.user.pk, "username": "x", "email": "x@example.com"})

    assert response.status_code == 400
    assert response.json() == {"owner": ["This field cannot be changed."]}


def test_another_users_profile_is_404(ada, bob):
    target = url(create(ada))

    answers = [getattr(bob, method)(target, {}) for method in ("get", "put", "patch", "delete")]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert all(answer.json() == {"detail": "Not found.", "code": "not_found"} for answer in answers)
    assert bob.get(LIST).json()["results"] == []
    assert Profile.objects.count() == 1


def test_a_deleted_profile_is_404(ada):
    target = url(create(ada))

    assert ada.delete(target).status_code == 204
    assert ada.get(target).status_code == 404


def test_lists_are_newest_first_with_cursor_pagination(ada):
    ids = [create(ada, username=f"u{number}", email=f"u{number}@example.com").json()["id"] for number in range(5)]

    first = ada.get(f"{LIST}?page_size=2").json()
    second = ada.get(first["next"]).json()
    third = ada.get(second["next"]).json()

    pages = [[row["id"] for row in page["results"]] for page in (first, second, third)]
    assert pages == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]]
    assert (first["previous"], third["next"]) == (None, None)
    assert ada.get(third["previous"]).json()["results"] == second["results"]


@pytest.mark.parametrize("size", ["0", "101", "-1", "x", "", "1.5", "1e2", "\u0665"])
def test_a_page_size_outside_of_1_to_100_is_400(ada, size):
    response = ada.get(LIST, {"page_size": size})

    assert response.status_code == 400
    assert list(response.json()) == ["page_size"]


def test_of_32_simultaneous_posts_one_is_201_and_the_others_are_409(transactional_db, sign_in):
    clients = [sign_in(f"user{number}") for number in range(32)]
    barrier = Barrier(32)

    def post(number: int) -> tuple[int, object]:
        barrier.wait()
        try:
            response = create(clients[number], username="wanted", email=f"user{number}@example.com")
            return response.status_code, response.json()
        finally:
            connection.close()

    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(post, range(32)))

    assert sorted(status for status, _body in answers) == [201] + [409] * 31
    assert all(body == USERNAME_TAKEN for status, body in answers if status == 409)
    assert Profile.objects.filter(username="wanted").count() == 1
