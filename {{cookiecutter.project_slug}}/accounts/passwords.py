"""Passwords: how they are stored, and how a forgotten one is replaced by mail."""

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.mail import EmailMessage
from rest_framework.exceptions import ValidationError
from rest_framework.fields import get_error_detail

from accounts.models import User
from hardening.authentication import AccountChanged, change_password

TEXT = """\
Somebody, you we hope, asked for a new password for the account {username} of {project}.

{link}

This works once, within {minutes} minutes. If it was not you, there is nothing to do: the password stays as it is.
"""


class InvalidToken(ValidationError):
    """The token of an email is wrong, too old or used."""

    def __init__(self) -> None:
        super().__init__({"token": ["This token is wrong, too old or used."]}, "invalid_token")


def hashed(password: str, user: User) -> str:
    """Return *password* as it is stored; raise DRF's `ValidationError` where it is too weak for *user*."""
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        raise ValidationError({"password": get_error_detail(error)}) from error
    return make_password(password)


def reset_mail(user: User) -> EmailMessage:
    """Return the mail that lets *user* choose a new password: a link, or the token where there is no page for it."""
    token = f"{user.pk}-{default_token_generator.make_token(user)}"
    text = TEXT.format(
        username=user.get_username(),
        project=settings.SPECTACULAR_SETTINGS["TITLE"],
        link=f"{settings.PASSWORD_RESET_URL}?token={token}" if settings.PASSWORD_RESET_URL else f"Token: {token}",
        minutes=settings.PASSWORD_RESET_TIMEOUT // 60,
    )
    return EmailMessage("A new password", text, to=[user.email])


def reset(token: str, password: str) -> User:
    """Give the user whom *token* of a mail was made for a new *password*, end all tokens, and return the user.

    Raises `InvalidToken`, and DRF's `ValidationError` for a weak password.
    """
    key, _dash, secret = token.partition("-")
    user: User | None = User._base_manager.filter(pk=key, is_active=True).first()
    if user is None or not default_token_generator.check_token(user, secret):
        raise InvalidToken
    password_hash = hashed(password, user)  # before the lock, because hashing takes long
    try:
        # A new address, or signing in, has ended the token too by now.
        change_password(user, password_hash, lambda account: default_token_generator.check_token(account, secret))
    except AccountChanged:
        raise InvalidToken from None
    return user
