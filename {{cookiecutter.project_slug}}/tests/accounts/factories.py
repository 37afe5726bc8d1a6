"""Factories of users and profiles; every row is valid by default."""

import factory
from factory.django import DjangoModelFactory, Password

from accounts.models import Profile, User

PASSWORD = "correct horse battery"


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
