"""Registration, the caller's own account, signing in and out, and profiles."""

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in, user_logged_out
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Profile, User
from accounts.passwords import reset, reset_mail
from accounts.serializers import (
    AccountSerializer,
    LoginSerializer,
    PasswordResetConfirmSerializer,
    PasswordResetSerializer,
    ProfileSerializer,
    RegistrationSerializer,
    TokenSerializer,
)
from hardening import events
from hardening.authentication import BearerAuthentication, new_token, revoke_tokens
from hardening.flat import FlatListMixin
from hardening.mail import send_later
from hardening.permissions import Public
from hardening.throttling import EmailAccountThrottle, LoginAccountThrottle, LoginAddressThrottle
from hardening.views import APIView
from hardening.viewsets import DestroyModelMixin, GenericViewSet, ModelViewSet


class RegistrationViewSet(mixins.CreateModelMixin, GenericViewSet):
    """Registration: the only thing beside signing in that needs no token."""

    queryset = User.objects.all()
    serializer_class = RegistrationSerializer
    permission_classes = [Public]
    authentication_classes = []


class AccountViewSet(mixins.RetrieveModelMixin, mixins.UpdateModelMixin, DestroyModelMixin, GenericViewSet):
    """The caller's own account."""

    queryset = User.objects.all()
    serializer_class = AccountSerializer
    http_method_names = ["get", "patch", "delete", "head", "options"]

    def get_object(self) -> User:
        self.kwargs["pk"] = self.request.user.pk
        account: User = super().get_object()
        return account


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
        user = authenticate(request, **self.validated(LoginSerializer))
        if user is None:
            raise AuthenticationFailed("The username or the password is wrong.")
        token, expiry = new_token(user)
        user_logged_in.send(sender=User, request=request, user=user)
        return Response(TokenSerializer({"token": token, "expiry": expiry}).data)


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
        revoke_tokens(request.user)
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
        events.record("password_reset_requested", request, known=user is not None)
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
        user = reset(sent["token"], sent["password"])
        events.record("password_reset", request, user=user.pk)
        return Response(status=204)


class ProfileViewSet(FlatListMixin, ModelViewSet):
    """The caller's profiles."""

    queryset = Profile.objects.all()
    serializer_class = ProfileSerializer
