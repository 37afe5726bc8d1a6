"""Who uses the API."""

from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser, UserManager as DjangoUserManager
from django.db import models

from hardening.canonical import DigestField, canonical_email, canonical_text, digest
from hardening.models import Model, QuerySet


class UserQuerySet(QuerySet):
    """Users see themselves only."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(pk=user.pk)


class UserManager(DjangoUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]  # a class made at run time
    """Finds an account by the canonical form of its name or address, by the index that keeps them unique."""

    def get_by_natural_key(self, username: str | None) -> Any:
        return self.get(username_digest=digest(canonical_text(username or "")))

    async def aget_by_natural_key(self, username: str | None) -> Any:
        return await self.aget(username_digest=digest(canonical_text(username or "")))

    def with_email(self, email: str) -> Any:
        """Return the account with *email*, however it is written, if it can sign in with a password; None otherwise."""
        user = self.filter(email_digest=digest(canonical_email(email)), is_active=True).first()
        return user if user is not None and user.has_usable_password() else None


class User(AbstractUser, Model):
    """An account. Its name and its address are each taken once, however they are written."""

    email = models.EmailField("email address")
    username_digest = DigestField(of="username")
    email_digest = DigestField(of="email", canonical=canonical_email)

    constraint_fields = {"user_username_unique": "username", "user_email_unique": "email"}

    objects: ClassVar[UserManager] = UserManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["username_digest"],
                name="user_username_unique",
                violation_error_message="A user with that username already exists.",
            ),
            models.UniqueConstraint(
                fields=["email_digest"],
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
    username_digest = DigestField(of="username")
    email_digest = DigestField(of="email", canonical=canonical_email)

    immutable_fields = ("owner",)
    constraint_fields = {"profile_username_unique": "username", "profile_email_unique": "email"}

    objects = ProfileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["username_digest"],
                name="profile_username_unique",
                violation_error_message="A profile with this username already exists.",
            ),
            models.UniqueConstraint(
                fields=["email_digest"],
                name="profile_email_unique",
                violation_error_message="A profile with this email already exists.",
            ),
        ]

    def __str__(self) -> str:
        return self.username
