"""Bearer tokens: knox's, found by their digest in one statement."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, router, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.crypto import hash_token
from knox.models import get_token_model
from knox.settings import knox_settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from hardening.operations import security_events


class BearerAuthentication(BaseAuthentication):
    """Knox's tokens in `Authorization: Bearer`, without its clean-up on every request; the command `purge` does that.

    How long a token lives is decided when it is made: knox's `AUTO_REFRESH`, a write on every request, is not kept.
    """

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the user and the token; None where the header is of another scheme.

        Raises `AuthenticationFailed` for a token that is unknown, expired or garbled.
        """
        token = self.token(request)
        if token is None:
            return None
        found = find_token(hash_token(token))
        if found is None or not found.user.is_active or (found.expiry is not None and found.expiry <= timezone.now()):
            security_events.record("token_refused", request)
            raise AuthenticationFailed(_("Invalid token."))
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401; it says where a token was sent and is none (RFC 6750, 3.1)."""
        return self.scheme() if self.token(request) is None else f'{self.scheme()} error="invalid_token"'

    def scheme(self) -> str:
        """Return the scheme of the header, `Bearer`."""
        return str(knox_settings.AUTH_HEADER_PREFIX)

    def token(self, request: Request) -> str | None:
        """Return the token that *request* carries; None where its header is of another scheme, or not there."""
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == self.scheme().lower() else None


class AccountChanged(Exception):
    """The account is gone or inactive, or has another password than the one that was checked."""


def lock_account(user: Any) -> Any:
    """Lock the row of *user* until the transaction ends, and return the account as it is now.

    A password is checked before, because hashing takes long and must not hold a lock. So this compares what was
    checked with what is stored: raises `AccountChanged` if the account was deleted or deactivated, or got another
    password, since *user* was read.
    """
    account = get_user_model()._base_manager.select_for_update().filter(pk=user.pk).first()
    if account is None or not account.is_active or account.password != user.password:
        raise AccountChanged
    return account


def new_token(user: Any) -> tuple[str, Any]:
    """Return a new token of *user*, as it is shown this once, and its expiry; the oldest beyond the limit end.

    Raises `AccountChanged` where the account is not as it was when the password of *user* was checked.
    """
    tokens = get_token_model().objects
    with transaction.atomic():
        account = lock_account(user)  # racing sign-ins count one by one
        stored, token = tokens.create(account, prefix=knox_settings.TOKEN_PREFIX)
        kept = tokens.filter(user=account).order_by("-created", "-pk")[: knox_settings.TOKEN_LIMIT_PER_USER]
        revoke_tokens(account, but=kept.values("pk"))
    return token, stored.expiry


def change_password(user: Any, password: str, still_allowed: Callable[[Any], bool] | None = None) -> None:
    """Store *password*, a hash, and end all tokens of *user*.

    Raises `AccountChanged` where the account is not as it was when *user* was read and checked, or where
    *still_allowed*, which gets the locked account, returns False.
    """
    with transaction.atomic():
        account = lock_account(user)
        if still_allowed is not None and not still_allowed(account):
            raise AccountChanged
        account.password = password
        account.save(update_fields=["password"])
        revoke_tokens(account)


def log_out_everywhere(user: Any) -> None:
    """End all tokens of *user*, also one that a racing sign-in has not committed yet."""
    with transaction.atomic():
        get_user_model()._base_manager.select_for_update().filter(pk=user.pk).first()
        revoke_tokens(user)


def revoke_tokens(user: Any, but: Any = ()) -> None:
    """End the tokens of *user*, at once and in every process; *but* are the keys of those that stay."""
    get_token_model().objects.filter(user=user).exclude(pk__in=but).delete()


def record_last_login(user: Any, **kwargs: Any) -> None:
    """Store that *user* signed in, for `user_logged_in`; Django's own receiver fails where the row is gone by now."""
    user.last_login = timezone.now()
    type(user)._base_manager.filter(pk=user.pk).update(last_login=user.last_login)


@dataclass(frozen=True)
class _LookUp:
    """The statement, and how a row of it becomes a token: its columns, the token's first, and their conversions."""

    sql: str
    names: list[str]
    compiler: Any
    converters: Any


def find_token(digest: str) -> Any:
    """Return the token that is stored as *digest*, with its user; None if there is no such token.

    Every request runs this statement. It is compiled once, because compiling it costs more than running it.
    """
    model = get_token_model()
    using = router.db_for_read(model)
    look_up = _look_up(model, using)
    with connections[using].cursor() as cursor:
        cursor.execute(look_up.sql, [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    values = next(look_up.compiler.apply_converters([row], look_up.converters)) if look_up.converters else row
    own = len(model._meta.concrete_fields)
    token = model.from_db(using, look_up.names[:own], values[:own])
    user = model._meta.get_field("user").related_model
    token.user = user.from_db(using, look_up.names[own:], values[own:])
    return token


@functools.cache
def _look_up(model: Any, using: str) -> _LookUp:
    compiler = model.objects.select_related("user").filter(digest="").query.get_compiler(using)
    sql, _parameters = compiler.as_sql()
    columns = [column for column, _sql, _alias in compiler.select]
    return _LookUp(sql, [column.target.attname for column in columns], compiler, compiler.get_converters(columns))
