"""dj-rest-auth: views for logging in with JSON Web Tokens."""

import pytest
from dj_rest_auth.urls import urlpatterns as all_views
from dj_rest_auth.views import LoginView, PasswordChangeView, UserDetailsView
from django.urls import path
from rest_framework_simplejwt.authentication import JWTAuthentication

from hardening.permissions import Public
from hardening.testing.client import Client
from hardening.throttling import EmailAccountThrottle, LoginAccountThrottle, LoginAddressThrottle
from hardening.views import APIView
from third_party.routed import checked

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class JWTLoginView(APIView, LoginView):
    """What `docs/packages.md` shows, and so is the next one."""

    permission_classes = [Public]
    authentication_classes = []
    throttle_classes = [LoginAddressThrottle, LoginAccountThrottle, EmailAccountThrottle]


class DetailsView(APIView, UserDetailsView):
    authentication_classes = [JWTAuthentication]
    in_one_transaction = True


DOCUMENTED = [path("login/", JWTLoginView.as_view()), path("user/", DetailsView.as_view())]
urlpatterns = [*DOCUMENTED, path("password/", PasswordChangeView.as_view())]
CREDENTIALS = {"username": "ada", "password": "correct horse battery"}


@pytest.fixture
def signed_in(ada, client):
    token = client.post("/login/", CREDENTIALS).json()["access"]
    return Client(HTTP_AUTHORIZATION=f"Bearer {token}")


def test_a_log_in_returns_tokens_and_the_user(ada, client):
    response = client.post("/login/", CREDENTIALS)

    assert (response.status_code, set(response.json())) == (200, {"access", "refresh", "user"})
    assert response.json()["user"] == {"username": "ada"}
    assert not response.cookies


def test_the_user_is_shown_and_changed(signed_in):
    shown = signed_in.get("/user/")

    assert (shown.status_code, shown.json()) == (200, {"username": "ada"})
    assert signed_in.put("/user/", shown.json()).json() == shown.json()
    assert signed_in.patch("/user/", {"username": "eda"}).json() == {"username": "eda"}


def test_a_name_that_is_taken_is_409_and_an_unknown_field_400(signed_in, bob):
    taken, unknown = signed_in.patch("/user/", {"username": "bob"}), signed_in.patch("/user/", {"is_staff": True})

    assert (taken.status_code, list(taken.json())) == (409, ["username"])
    assert (unknown.status_code, unknown.json()) == (400, {"is_staff": ["This field does not exist."]})


def test_the_user_of_no_token_is_401(client):
    response = client.get("/user/")

    assert (response.status_code, set(response.json())) == (401, {"detail", "code"})


@pytest.mark.parametrize("change", [{"password": "wrong"}, {"username": "eve"}])
def test_wrong_credentials_are_400_whichever_half_is_wrong(ada, client, change):
    response = client.post("/login/", {**CREDENTIALS, **change})

    assert response.status_code == 400
    assert response.json() == {"non_field_errors": ["Unable to log in with provided credentials."]}


@pytest.mark.parametrize("name", ["username", "email"])
def test_guesses_of_a_password_are_limited_by_either_name(ada, client, monkeypatch, name):
    monkeypatch.setattr(LoginAccountThrottle, "rate", "2/min", raising=False)
    monkeypatch.setattr(LoginAccountThrottle, "timer", lambda self: 0.0)  # no new minute in between
    body = {name: {"username": "ada", "email": "ada@example.com"}[name], "password": "wrong"}

    assert [client.post("/login/", body).status_code for _ in range(3)] == [400, 400, 429]


def test_a_password_that_the_package_changes_leaves_the_tokens_of_the_project_valid(ada, client):
    new = "another horse battery"

    changed = ada.post("/password/", {"new_password1": new, "new_password2": new})

    assert changed.status_code == 200
    assert client.post("/login/", {**CREDENTIALS, "password": new}).status_code == 200
    assert ada.post("/password/", {}).status_code == 400  # and not 401


def test_the_checks_accept_the_views_as_documented(db):
    assert checked(DOCUMENTED) == []


def test_the_checks_report_the_views_of_the_package_as_they_are(db):
    assert set(checked(all_views)) == {"E011", "W046", "W047"}
