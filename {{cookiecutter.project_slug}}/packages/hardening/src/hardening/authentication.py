"""Authentication by knox's tokens in `Authorization: Bearer`, with one query for a token and its user."""

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

from hardening.canonical import digest_fields
from hardening.models import Model
from hardening.operations import security_events


class BearerAuthentication(BaseAuthentication):
    """Authenticate by a knox token in `Authorization: Bearer`.

    Unlike knox's own class, it does not delete expired tokens on every request (`manage.py purge` does), and it
    ignores `AUTO_REFRESH`, which writes on every request: the expiry of a token is fixed when the token is created.
    """

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the user and the token; None if the request has no `Authorization` header of this scheme.

        Raises `AuthenticationFailed` if the token is unknown or expired, or if its user is inactive.
        """
        sent = self.token(request)
        if sent is None:
            return None
        token = find_token(hash_token(sent))
        if token is None or not token.user.is_active or (token.expiry is not None and token.expiry <= timezone.now()):
            security_events.record("token_refused", request)
            raise AuthenticationFailed(_("Invalid token."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401, with `invalid_token` only if a token was sent (RFC 6750, 3.1)."""
        return self.scheme() if self.token(request) is None else f'{self.scheme()} error="invalid_token"'

    def scheme(self) -> str:
        """Return the authentication scheme, `Bearer`."""
        return str(knox_settings.AUTH_HEADER_PREFIX)

    def token(self, request: Request) -> str | None:
        """Return the token in the header of *request*; None if the header is missing or has another scheme."""
        scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == self.scheme().lower() else None


class AccountChanged(Exception):
    """The account was deleted or deactivated, or its password changed, after its password was checked."""


def lock_account(user: Any) -> Any:
    """Lock the row of *user* until the transaction ends, and return the account as it is stored now.

    The password is checked before the lock, because hashing is slow and must not hold it. Raises `AccountChanged` if
    the account was deleted or deactivated, or if its password changed, after *user* was read.
    """
    account = get_user_model()._base_manager.select_for_update().filter(pk=user.pk).first()
    if account is None or not account.is_active or account.password != user.password:
        raise AccountChanged
    return account


def new_token(user: Any) -> tuple[str, Any]:
    """Create a token for *user*, and revoke the oldest tokens beyond `TOKEN_LIMIT_PER_USER`.

    Return the token in plain text, which is not stored, and its expiry. Raises `AccountChanged` if the account changed
    after the password of *user* was checked.
    """
    tokens = get_token_model().objects
    with transaction.atomic():
        account = lock_account(user)  # so that concurrent log-ins count each other's tokens
        stored, token = tokens.create(account, prefix=knox_settings.TOKEN_PREFIX)
        kept = tokens.filter(user=account).order_by("-created", "-pk")[: knox_settings.TOKEN_LIMIT_PER_USER]
        revoke_tokens(account, but=kept.values("pk"))
    return token, stored.expiry


def change_password(user: Any, password: str, still_allowed: Callable[[Any], bool] | None = None) -> None:
    """Store the password hash *password*, and revoke all tokens of *user*.

    Raises `AccountChanged` if the account changed after the password of *user* was checked, or if *still_allowed*,
    which is called with the locked account, returns False.
    """
    with transaction.atomic():
        account = lock_account(user)
        if still_allowed is not None and not still_allowed(account):
            raise AccountChanged
        account.password = password
        account.save(update_fields=["password"])
        revoke_tokens(account)


def log_out_everywhere(user: Any) -> None:
    """Revoke all tokens of *user*, including those of log-ins that are being committed at the same time."""
    with transaction.atomic():
        get_user_model()._base_manager.select_for_update().filter(pk=user.pk).first()
        revoke_tokens(user)


def revoke_tokens(user: Any, but: Any = ()) -> None:
    """Delete the tokens of *user*, except for those with the primary keys in *but*."""
    get_token_model().objects.filter(user=user).exclude(pk__in=but).delete()


def record_last_login(user: Any, **kwargs: Any) -> None:
    """Store the time of the log-in, as a receiver of `user_logged_in`.

    Unlike Django's own receiver, it does not fail if the row of *user* was deleted at the same time.
    """
    user.last_login = timezone.now()
    type(user)._base_manager.filter(pk=user.pk).update(last_login=user.last_login)


@dataclass(frozen=True)
class _TokenQuery:
    """The compiled query for a token: its SQL, and the columns (the token's first) with their converters."""

    sql: str
    names: list[str]
    compiler: Any
    converters: Any


def find_token(digest: str) -> Any:
    """Return the token with the given *digest*, and its user; None if there is no such token.

    Every request runs this query. It is compiled only once, because compiling it costs more than running it.
    """
    model = get_token_model()
    using = router.db_for_read(model)
    query = _compile_query(model, using)
    with connections[using].cursor() as cursor:
        cursor.execute(query.sql, [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    values = next(query.compiler.apply_converters([row], query.converters)) if query.converters else row
    own = len(model._meta.concrete_fields)
    token = model.from_db(using, query.names[:own], values[:own])
    user = model._meta.get_field("user").related_model
    token.user = user.from_db(using, query.names[own:], values[own:])
    return token


@functools.cache
def _compile_query(model: Any, using: str) -> _TokenQuery:
    user = model._meta.get_field("user").related_model
    # No request reads a digest: it is computed from its source when somebody asks for it, and saved with it.
    unread = [f"user__{field.name}" for field in digest_fields(user)] if issubclass(user, Model) else []
    tokens = model.objects.select_related("user").defer(*unread).filter(digest="")
    compiler = tokens.query.get_compiler(using)
    sql, _parameters = compiler.as_sql()
    columns = [column for column, _sql, _alias in compiler.select]
    return _TokenQuery(sql, [column.target.attname for column in columns], compiler, compiler.get_converters(columns))
