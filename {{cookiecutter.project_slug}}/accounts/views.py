"""Registration, the caller's own account, signing in and out, and profiles."""

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
from accounts.passwords import InvalidToken, reset, reset_mail
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
    """Registration: the only thing beside signing in that needs no token."""

    queryset = User.objects.all()
    serializer_class = RegistrationSerializer
    permission_classes = [Public]
    authentication_classes = []

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Finish *response*, and record a registration: a `perform_create()` would hash within its transaction."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == HTTPStatus.CREATED:
            security_events.record("account_registered", request, user=response.data["id"])
        return response


class AccountViewSet(mixins.RetrieveModelMixin, mixins.UpdateModelMixin, DestroyModelMixin, GenericViewSet):
    """The caller's own account."""

    queryset = User.objects.all()
    serializer_class = AccountSerializer
    http_method_names = ["get", "patch", "delete", "head", "options"]
    throttle_classes = [*APIView.throttle_classes, CurrentPasswordThrottle]

    def read_body(self) -> None:
        """Read the body, and validate it before the row is locked, because hashing a password takes long."""
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
    """A token for a username, in any spelling of its case, and its password."""

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
    return AuthenticationFailed("The username or the password is wrong.")


class LogoutView(APIView):
    """The end of the token that the request carries."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        request.auth.delete()
        user_logged_out.send(sender=User, request=request, user=request.user)
        return Response(status=204)


class LogoutAllView(APIView):
    """The end of all tokens of the caller."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        log_out_everywhere(request.user)
        user_logged_out.send(sender=User, request=request, user=request.user)
        return Response(status=204)


class PasswordResetView(APIView):
    """A mail that lets its reader choose a new password; the answer never tells whether there is such an address."""

    permission_classes = [Public]
    authentication_classes = []
    throttle_classes = [LoginAddressThrottle, EmailAccountThrottle]

    @extend_schema(request=PasswordResetSerializer, responses={202: None})
    def post(self, request: Request) -> Response:
        user = User.objects.with_email(**self.validated(PasswordResetSerializer))
        security_events.record("password_reset_requested", request, known=user is not None)
        if user is not None:
            send_later(reset_mail(user))
        return Response(status=202)


class PasswordResetConfirmView(APIView):
    """A new password for who has the token of the mail; all tokens of the account end."""

    permission_classes = [Public]
    authentication_classes = []
    throttle_classes = [LoginAddressThrottle]

    @extend_schema(request=PasswordResetConfirmSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        sent = self.validated(PasswordResetConfirmSerializer)
        try:
            user = reset(sent["token"], sent["password"])
        except InvalidToken:
            security_events.record("password_reset_failed", request)
            raise
        security_events.record("password_reset", request, user=user.pk)
        return Response(status=204)


class ProfileViewSet(FlatListMixin, ModelViewSet):
    """The caller's profiles."""

    queryset = Profile.objects.all()
    serializer_class = ProfileSerializer
