"""Factories of users and profiles; every row is valid by default."""

import factory
from django.contrib.auth.tokens import default_token_generator
from factory.django import DjangoModelFactory, Password

from accounts.models import Profile, User

PASSWORD = "correct horse battery"
# Passwords that the validators reject, each with the error code.
WEAK_PASSWORDS = [
    ("2d8f7a", "password_too_short"),
    ("password1", "password_too_common"),
    ("1357924680135", "password_entirely_numeric"),
]


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda number: f"user{number}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    first_name = "Test"
    last_name = "User"
    password = Password(PASSWORD)


class ProfileFactory(DjangoModelFactory):
    class Meta:
        model = Profile
        skip_postgeneration_save = True

    owner = factory.SubFactory(UserFactory)
    username = factory.Sequence(lambda number: f"profile{number}")
    email = factory.LazyAttribute(lambda profile: f"{profile.username}@example.com")
    bio = "A profile."


def make_reset_token(user: User) -> str:
    """Return the token that the email for a password reset would contain."""
    return f"{user.pk}-{default_token_generator.make_token(user)}"


# Values that no model has, by route.
BODIES = {
    "account-list": {"password": PASSWORD},
    "account-me": {"password": PASSWORD, "current_password": PASSWORD},
    "login": lambda user: {"username": user.username, "password": PASSWORD},
    "password-reset": lambda user: {"email": user.email},
    "password-reset-confirm": lambda user: {"token": make_reset_token(user), "password": PASSWORD},
}
