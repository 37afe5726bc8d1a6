"""Who uses the API."""

from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser, UserManager as DjangoUserManager
from django.db import models
from django.db.models.functions import Lower

from hardening.models import Model, QuerySet


class UserQuerySet(QuerySet):
    """Users see themselves only."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(pk=user.pk)


class UserManager(DjangoUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]  # a class made at run time
    """Finds an account without regard to case, by the index that keeps names unique."""

    def get_by_natural_key(self, username: str | None) -> Any:
        return self.alias(folded=Lower("username")).get(folded=Lower(models.Value(username)))

    def with_email(self, email: str) -> Any:
        """Return the account with *email*, in any case, that can sign in with a password; None if there is none."""
        user = self.alias(folded=Lower("email")).filter(folded=Lower(models.Value(email)), is_active=True).first()
        return user if user is not None and user.has_usable_password() else None


class User(AbstractUser, Model):
    """An account. Its name and its address are each taken once, however they are written."""

    email = models.EmailField("email address")

    objects: ClassVar[UserManager] = UserManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_unique",
                violation_error_message="A user with that username already exists.",
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique",
                violation_error_message="A user with that email address already exists.",
            ),
        ]


class ProfileQuerySet(QuerySet):
    """Profiles belong to their owner."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(owner=user)


class Profile(Model):
    """How a user appears to others; one user may own several."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="profiles")
    username = models.CharField(max_length=150)
    email = models.EmailField()
    bio = models.TextField(max_length=2000, blank=True)

    immutable_fields = ("owner",)

    objects = ProfileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="profile_username_unique",
                violation_error_message="A profile with this username already exists.",
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="profile_email_unique",
                violation_error_message="A profile with this email already exists.",
            ),
        ]

    def __str__(self) -> str:
        return self.username
