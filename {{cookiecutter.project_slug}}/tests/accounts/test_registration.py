import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse

from hardening.testing.client import Client, codes
from tests.accounts.factories import WEAK_PASSWORDS

pytestmark = pytest.mark.django_db


def register(client: Client, **changes: object) -> HttpResponse:
    body = {
        "username": "ada",
        "email": "ada@example.com",
        "name": "Ada Lovelace",
        "password": "correct horse battery",
        "confirm_password": "correct horse battery",
    }
    return client.post("/api/v1/accounts/", body | changes)


def test_a_registration_returns_the_account_without_passwords(client):
    response = register(client)

    assert response.status_code == 201
    assert response.json() == {
        "id": get_user_model().objects.get().pk,
        "username": "ada",
        "email": "ada@example.com",
        "name": "Ada Lovelace",
    }


@pytest.mark.django_db(transaction=True)
def test_a_registration_executes_one_statement(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = register(client)

    assert response.status_code == 201


def test_the_password_is_stored_hashed(client):
    register(client)

    account = get_user_model().objects.get()
    assert account.check_password("correct horse battery")
    assert "correct" not in account.password


def test_a_confirmation_that_differs_is_400_without_a_query(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = register(client, confirm_password="correct horse battery?")

    assert response.status_code == 400
    assert response.json() == {"confirm_password": ["The two values do not match."]}


def test_a_missing_confirmation_is_400(client):
    body = {"username": "ada", "email": "ada@example.com", "name": "Ada", "password": "correct horse battery"}

    response = client.post("/api/v1/accounts/", body)

    assert response.status_code == 400
    assert response.json() == {"confirm_password": ["This field is required."]}


@pytest.mark.parametrize("username", ["ada", "ADA", "Ada"])
def test_a_duplicate_username_is_409_in_any_case(client, username):
    register(client)

    response = register(client, username=username, email="other@example.com")

    assert response.status_code == 409
    assert response.json() == {"username": ["A user with that username already exists."]}


def test_a_duplicate_email_is_409_in_any_case(client):
    register(client)

    response = register(client, username="grace", email="ADA@Example.com")

    assert response.status_code == 409
    assert response.json() == {"email": ["A user with that email address already exists."]}


def test_one_response_reports_all_duplicates(client):
    register(client)

    response = register(client)

    assert response.status_code == 409
    assert response.json() == {
        "username": ["A user with that username already exists."],
        "email": ["A user with that email address already exists."],
    }


@pytest.mark.parametrize(("password", "code"), WEAK_PASSWORDS)
def test_a_weak_password_is_400_with_the_code_of_its_rule(db, client, password, code):
    response = register(client, password=password, confirm_password=password)

    assert response.status_code == 400
    assert list(response.json()) == ["password"]
    assert codes(response.data) == {code}


@pytest.mark.parametrize("password", ["12345678901", "password", "short", "ada-lovelace"])
def test_a_weak_password_is_400_under_password(client, password):
    response = register(client, username="ada-lovelace", password=password, confirm_password=password)

    assert response.status_code == 400
    assert list(response.json()) == ["password"]


def test_the_name_is_stored_as_first_and_last_name(client):
    register(client, name="Augusta Ada King")

    account = get_user_model().objects.get()
    assert (account.first_name, account.last_name) == ("Augusta", "Ada King")


def test_a_first_or_last_name_that_is_too_long_is_400_under_name(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = register(client, name=f"Ada {'x' * 151}")

    assert response.status_code == 400
    assert response.json() == {"name": ["Ensure this value has at most 150 characters (it has 151)."]}


def test_unknown_fields_for_privileges_are_400(client):
    response = register(client, is_superuser=True, is_staff=True)

    assert response.status_code == 400
    assert response.json() == {
        "is_superuser": ["This field does not exist."],
        "is_staff": ["This field does not exist."],
    }
    assert not get_user_model().objects.exists()


LONG = "\ufdfa" * 9  # 18 characters each after normalization


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("\ufb01n", "fin"),
        ("\uff21da", "Ada"),
        ("e\u0301", "\u00e9"),
        ("e\u0301" * 150, "\u00e9" * 150),  # 300 characters, and 150 after normalization
    ],
)
def test_a_username_is_normalized_before_validation_and_logs_in_as_it_was_sent(client, sent, stored):
    response = register(client, username=sent)

    assert response.status_code == 201
    assert response.json()["username"] == stored == get_user_model().objects.get().username
    for name in {sent, stored}:
        body = {"username": name, "password": "correct horse battery"}
        assert client.post("/api/v1/auth/login/", body).status_code == 200


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (LONG, "max_length"),
        ("\ufdfa", "invalid"),  # normalized to words with spaces
        ("\u037aada", "invalid"),  # a letter whose normalized form begins with a space
        ("a\u037ab", "invalid"),
        ("\u00e9" * 151, "max_length"),
        ("e\u0301" * 301, "max_length"),
        ("a" + "\u0300\u0327" * 200_000, "max_length"),
    ],
)
def test_the_normalized_username_is_validated(client, sent, code):
    response = register(client, username=sent)

    assert response.status_code == 400
    assert {each.code for each in response.data["username"]} == {code}


@pytest.mark.parametrize("field", ["username", "email"])
def test_a_value_that_grows_beyond_its_column_is_400(client, field):
    long = "\u0130" * 60
    sent = {"username": "\ufdfa" * 8, "email": f"{'a' * 64}@{long}.{long}.{long}.example"}[field]

    assert register(client, **{field: sent}).status_code == 400


def test_the_domain_of_an_email_address_is_stored_in_lower_case(client, bob):
    assert register(client, email="x@EXAMPLE.com").json()["email"] == "x@example.com"

    response = bob.patch("/api/v1/accounts/me/", {"email": "y@EXAMPLE.com"})

    assert (response.status_code, response.json()["email"]) == (200, "y@example.com")


def test_a_registration_cannot_set_privileges_or_the_primary_key(client, ada):
    body = {
        "username": "new",
        "email": "new@example.com",
        "name": "New",
        "password": "correct horse battery",
        "confirm_password": "correct horse battery",
    }
    for column, value in {"is_staff": True, "is_superuser": True, "groups": [1], "user_permissions": [1]}.items():
        response = client.post("/api/v1/accounts/", body | {column: value})
        assert (response.status_code, list(response.json())) == (400, [column])
    response = client.post("/api/v1/accounts/", body | {"id": ada.user.pk})
    assert response.status_code == 201
    assert response.json()["id"] != ada.user.pk
