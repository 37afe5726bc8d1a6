"""Registration, the user's own account, login and logout, password resets, and profiles."""

from functools import partial
from http import HTTPStatus
from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Profile, User
from accounts.passwords import InvalidToken, reset_email, reset_password
from accounts.serializers import (
    AccountSerializer,
    LoginSerializer,
    PasswordResetConfirmSerializer,
    PasswordResetSerializer,
    ProfileSerializer,
    RegistrationSerializer,
    TokenSerializer,
)
from hardening.authentication import AccountChanged, BearerAuthentication, log_out_everywhere, new_token
from hardening.operations import security_events
from hardening.operations.email import send_later
from hardening.permissions import Public
from hardening.resources.column_lists import FlatListMixin
from hardening.throttling import (
    CurrentPasswordThrottle,
    EmailAccountThrottle,
    LoginAccountThrottle,
    LoginAddressThrottle,
)
from hardening.views import APIView
from hardening.viewsets import DestroyModelMixin, GenericViewSet, ModelViewSet


class RegistrationViewSet(mixins.CreateModelMixin, GenericViewSet):
    """Register a new account. Requires no authentication."""

    queryset = User.objects.all()
    serializer_class = RegistrationSerializer
    permission_classes = [Public]
    authentication_classes = []

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Log a registration; `perform_create()` is not overridden, because it would hash in a transaction."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == HTTPStatus.CREATED:
            security_events.record("account_registered", request, user=response.data["id"])
        return response


class AccountViewSet(mixins.RetrieveModelMixin, mixins.UpdateModelMixin, DestroyModelMixin, GenericViewSet):
    """The user's own account. Changing the password requires `current_password` and revokes all other tokens."""

    queryset = User.objects.all()
    serializer_class = AccountSerializer
    http_method_names = ["get", "patch", "delete", "head", "options"]
    throttle_classes = [*APIView.throttle_classes, CurrentPasswordThrottle]

    def read_body(self) -> None:
        """Read and validate the request body before the row is locked, because hashing a password is slow."""
        super().read_body()
        if self.action == "partial_update":
            self.serializer = self.get_serializer(self.request.user, data=self.request.data, partial=True)
            self.serializer.is_valid(raise_exception=True)

    def get_object(self) -> User:
        self.kwargs["pk"] = self.request.user.pk
        account: User = super().get_object()
        return account

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.serializer.instance = self.get_object()
        self.perform_update(self.serializer)
        return Response(self.serializer.data)

    def perform_destroy(self, instance: Any) -> None:
        pk = instance.pk
        super().perform_destroy(instance)
        transaction.on_commit(partial(security_events.record, "account_deleted", self.request, user=pk))


class LoginView(APIView):
    """Exchange a username (case-insensitive) and password for a token."""

    permission_classes = [Public]
    authentication_classes = []
    throttle_classes = [LoginAddressThrottle, LoginAccountThrottle]
    error_statuses = {401}

    def get_authenticate_header(self, request: Request) -> str:
        return BearerAuthentication().scheme()

    @extend_schema(request=LoginSerializer, responses=TokenSerializer)
    def post(self, request: Request) -> Response:
        credentials = self.validated(LoginSerializer)
        user = authenticate(request, **credentials)
        if user is None:
            raise _wrong_credentials()
        try:
            token, expiry = new_token(user)
        except AccountChanged:
            user_login_failed.send(sender=User, request=request, credentials={"username": credentials["username"]})
            raise _wrong_credentials() from None
        user_logged_in.send(sender=User, request=request, user=user)
        return Response(TokenSerializer({"token": token, "expiry": expiry}).data)


def _wrong_credentials() -> AuthenticationFailed:
    return AuthenticationFailed("The username or the password is incorrect.")


class LogoutView(APIView):
    """Revoke the token used for this request."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        request.auth.delete()
        user_logged_out.send(sender=User, request=request, user=request.user)
        return Response(status=204)


class LogoutAllView(APIView):
    """Revoke all of the user's tokens."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        log_out_everywhere(request.user)
        user_logged_out.send(sender=User, request=request, user=request.user)
        return Response(status=204)


class PasswordResetView(APIView):
    """Email a password-reset link. The response is the same whether or not the account exists."""

    permission_classes = [Public]
    authentication_classes = []
    throttle_classes = [LoginAddressThrottle, EmailAccountThrottle]

    @extend_schema(request=PasswordResetSerializer, responses={202: None})
    def post(self, request: Request) -> Response:
        user = User.objects.with_email(**self.validated(PasswordResetSerializer))
        security_events.record("password_reset_requested", request, known=user is not None)
        if user is not None:
            send_later(reset_email(user))
        return Response(status=202)


class PasswordResetConfirmView(APIView):
    """Set a new password using the emailed token. Revokes all of the account's tokens."""

    permission_classes = [Public]
    authentication_classes = []
    throttle_classes = [LoginAddressThrottle]

    @extend_schema(request=PasswordResetConfirmSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        sent = self.validated(PasswordResetConfirmSerializer)
        try:
            user = reset_password(sent["token"], sent["password"])
        except InvalidToken:
            security_events.record("password_reset_failed", request)
            raise
        security_events.record("password_reset", request, user=user.pk)
        return Response(status=204)


class ProfileViewSet(FlatListMixin, ModelViewSet):
    """The user's profiles. Usernames and email addresses of profiles are unique across all users."""

    queryset = Profile.objects.all()
    serializer_class = ProfileSerializer
