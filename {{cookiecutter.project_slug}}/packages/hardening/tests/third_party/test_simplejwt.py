"""djangorestframework-simplejwt: JSON Web Tokens for the requests of clients."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.urls import path
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.serializers import TokenRefreshSerializer
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView, TokenVerifyView

from hardening import serializers
from hardening.permissions import Public
from hardening.testing.client import Client
from hardening.throttling import LoginAccountThrottle, LoginAddressThrottle
from hardening.views import APIView
from third_party.models import Open, models
from third_party.routed import checked, routes, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Letter(Open):
    name = models.CharField(max_length=20)


class LetterSerializer(serializers.ModelSerializer):
    class Meta:
        model = Letter
        fields = ("id", "name")


class ObtainView(APIView, TokenObtainPairView):
    """What `docs/packages.md` shows, and so are the next two."""

    permission_classes = [Public]
    throttle_classes = [LoginAddressThrottle, LoginAccountThrottle]


class RefreshSerializer(TokenRefreshSerializer):
    def validate(self, attrs: Any) -> Any:
        try:
            return super().validate(attrs)
        except get_user_model().DoesNotExist as error:
            raise InvalidToken from error


class RefreshView(APIView, TokenRefreshView):
    permission_classes = [Public]
    serializer_class = RefreshSerializer


urlpatterns = [
    path("obtain/", ObtainView.as_view()),
    path("refresh/", RefreshView.as_view()),
    *routes(letters=viewset(LetterSerializer, authentication_classes=[JWTAuthentication])),
]
CREDENTIALS = {"username": "ada", "password": "correct horse battery"}
NOT_VALID = {"detail": "Given token not valid for any token type", "code": "token_not_valid"}
REFUSED = {"detail": "Token is invalid or expired", "code": "token_not_valid"}


def with_token(token: Any) -> Client:
    return Client(HTTP_AUTHORIZATION=f"Bearer {token}")


def test_a_token_is_obtained_used_and_refreshed(ada, client):
    pair = client.post("/obtain/", CREDENTIALS).json()
    access = client.post("/refresh/", {"refresh": pair["refresh"]}).json()["access"]

    for token in (pair["access"], access):
        created = with_token(token).post("/letters/", {"name": "a"})
        assert (created.status_code, created.json()) == (201, {"id": created.json()["id"], "name": "a"})


def test_wrong_credentials_are_401(ada, client):
    response = client.post("/obtain/", {**CREDENTIALS, "password": "wrong"})

    assert response.status_code == 401
    assert response.json() == {
        "detail": "No active account found with the given credentials",
        "code": "no_active_account",
    }


@pytest.mark.parametrize("token", ["garbled", "of-another-type"])
def test_a_token_that_is_not_valid_is_401_in_the_project_s_error_document(ada, token):
    token = RefreshToken.for_user(ada.user) if token == "of-another-type" else token

    plain = with_token(token).get("/letters/")
    problem = with_token(token).get("/letters/", headers={"Accept": "application/problem+json"})

    assert (plain.status_code, plain.json()) == (401, NOT_VALID)
    assert plain["WWW-Authenticate"].startswith("Bearer")
    told = problem.json()
    assert (problem.status_code, told["detail"], told["code"]) == (401, NOT_VALID["detail"], NOT_VALID["code"])
    assert (told["type"], "messages" in told) == ("/api/v1/errors/#token_not_valid", False)


def test_the_code_that_the_package_raises_is_the_one_that_is_shown(ada):
    token = AccessToken.for_user(ada.user)
    ada.user.delete()

    response = with_token(token).get("/letters/")

    assert (response.status_code, response.json()) == (401, {"detail": "User not found", "code": "user_not_found"})


def test_a_header_without_a_token_is_401(client):
    response = client.get("/letters/", headers={"Authorization": "Bearer a b"})

    assert (response.status_code, response.json()["code"]) == (401, "bad_authorization_header")


@pytest.mark.parametrize("refresh", ["garbled", "of-a-deleted-account"])
def test_a_refresh_token_that_is_not_valid_is_401(ada, client, refresh):
    token = str(RefreshToken.for_user(ada.user)) if refresh == "of-a-deleted-account" else refresh
    ada.user.delete()

    response = client.post("/refresh/", {"refresh": token})

    assert (response.status_code, response.json()["code"]) == (401, "token_not_valid")


def test_a_new_password_ends_a_token_with_check_revoke_token(ada, monkeypatch):
    monkeypatch.setattr(api_settings, "CHECK_REVOKE_TOKEN", True, raising=False)
    token = AccessToken.for_user(ada.user)
    assert with_token(token).get("/letters/").status_code == 200

    ada.user.set_password("another horse battery")
    ada.user.save()

    response = with_token(token).get("/letters/")
    assert (response.status_code, response.json()["code"]) == (401, "password_changed")


def test_guesses_of_a_password_are_limited(ada, client, monkeypatch):
    monkeypatch.setattr(LoginAccountThrottle, "rate", "2/min", raising=False)
    monkeypatch.setattr(LoginAccountThrottle, "timer", lambda self: 0.0)  # no new minute in between

    statuses = [client.post("/obtain/", {**CREDENTIALS, "password": "wrong"}).status_code for _ in range(3)]

    assert statuses == [401, 401, 429]


@pytest.mark.parametrize(("body", "field"), [({"username": "ada"}, "password"), ({}, "username")])
def test_a_body_without_credentials_is_400_under_its_field(client, body, field):
    response = client.post("/obtain/", body)

    assert response.status_code == 400
    assert response.json()[field] == ["This field is required."]


def test_the_checks_accept_the_views_as_documented(db):
    assert checked(urlpatterns) == []


def test_the_checks_report_views_that_do_not_say_public_or_that_do_not_limit_guesses(db):
    stock = [path("obtain/", TokenObtainPairView.as_view()), path("verify/", TokenVerifyView.as_view())]
    public = [path("obtain/", TokenObtainPairView.as_view(permission_classes=[Public]))]

    assert checked(stock) == ["E011", "W047", "E011"]
    assert checked(public) == ["W047"]
