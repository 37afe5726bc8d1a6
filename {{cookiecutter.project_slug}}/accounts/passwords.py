"""Hash passwords, and reset a forgotten password by email."""

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
We received a request to reset the password for the account {username} of {project}.

{link}

This works once, within {minutes} minutes. If this wasn't you, ignore this email; your password is unchanged.
"""


class InvalidToken(ValidationError):
    """The emailed token is invalid, expired or already used."""

    def __init__(self) -> None:
        super().__init__({"token": ["The token is invalid or has expired."]}, "invalid_token")


def hash_password(password: str, user: User) -> str:
    """Return the hash of *password*; raise DRF's `ValidationError` if it is too weak for *user*."""
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        raise ValidationError({"password": get_error_detail(error)}) from error
    return make_password(password)


def reset_email(user: User) -> EmailMessage:
    """Return the password-reset email for *user*, with a link if `PASSWORD_RESET_URL` is set, or else the token."""
    token = f"{user.pk}-{default_token_generator.make_token(user)}"
    text = TEXT.format(
        username=user.get_username(),
        project=settings.SPECTACULAR_SETTINGS["TITLE"],
        link=f"{settings.PASSWORD_RESET_URL}?token={token}" if settings.PASSWORD_RESET_URL else f"Token: {token}",
        minutes=settings.PASSWORD_RESET_TIMEOUT // 60,
    )
    return EmailMessage("Reset your password", text, to=[user.email])


def reset_password(token: str, password: str) -> User:
    """Set *password* for the user of the emailed *token*, revoke all API tokens, and return the user.

    Raise `InvalidToken` if the token is invalid, and DRF's `ValidationError` if the password is too weak.
    """
    key, _dash, secret = token.partition("-")
    user: User | None = User._base_manager.filter(pk=key, is_active=True).first()
    if user is None or not default_token_generator.check_token(user, secret):
        raise InvalidToken
    password_hash = hash_password(password, user)  # before locking the row, because hashing is slow
    try:
        # Checked again under the lock: a new email address or a login also invalidates the token.
        change_password(user, password_hash, lambda account: default_token_generator.check_token(account, secret))
    except AccountChanged:
        raise InvalidToken from None
    return user
