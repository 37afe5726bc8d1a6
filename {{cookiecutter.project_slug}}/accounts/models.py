"""Who uses the API."""

from typing import Any, ClassVar, Self

from asgiref.sync import sync_to_async
from django.contrib.auth.hashers import make_password, verify_password
from django.contrib.auth.models import AbstractUser, UserManager as DjangoUserManager
from django.db import models, router

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

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether *raw_password* is correct, and store it in a newer hash where the old one is out of date.

        Django writes the new hash unconditionally, which brings an old password back over one that was chosen
        meanwhile. This replaces nothing but the hash that was checked.
        """
        correct, outdated = verify_password(raw_password, self.password)
        return self._renew_hash(raw_password) if correct and outdated else correct

    async def acheck_password(self, raw_password: str | None) -> bool:
        """Return what `check_password()` returns."""
        return await sync_to_async(self.check_password)(raw_password)

    def _renew_hash(self, raw_password: str | None) -> bool:
        """Store a new hash in place of the one that was checked; check again if that was replaced meanwhile."""
        checked, self.password = self.password, make_password(raw_password)
        stored = type(self)._base_manager.using(router.db_for_write(type(self), instance=self)).filter(pk=self.pk)
        if self._state.adding or stored.filter(password=checked).update(password=self.password):
            return True
        self.password = stored.values_list("password", flat=True).first() or ""
        return self.check_password(raw_password)


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
