"""Users and their profiles."""

from typing import Any, ClassVar, Self

from asgiref.sync import sync_to_async
from django.contrib.auth.hashers import make_password, verify_password
from django.contrib.auth.models import AbstractUser, UserManager as DjangoUserManager
from django.db import models, router

from hardening.canonical import DigestField, canonical_email, canonical_text, digest
from hardening.models import Model, QuerySet


class UserQuerySet(QuerySet):
    """Users, of whom each sees only their own account."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(pk=user.pk)


class UserManager(DjangoUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]  # created at run time
    """Find users by the canonical form of their username or email address, which a unique index covers."""

    def get_by_natural_key(self, username: str | None) -> Any:
        return self.get(username_digest=digest(canonical_text(username or "")))

    async def aget_by_natural_key(self, username: str | None) -> Any:
        return await self.aget(username_digest=digest(canonical_text(username or "")))

    def with_email(self, email: str) -> Any:
        """Return the active user with a usable password and any spelling of *email*, or None."""
        user = self.filter(email_digest=digest(canonical_email(email)), is_active=True).first()
        return user if user is not None and user.has_usable_password() else None


class User(AbstractUser, Model):
    """A user account, with a username and an email address that are unique in any spelling."""

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
        """Return whether *raw_password* is correct, and upgrade an outdated hash.

        Django saves the new hash unconditionally, which would restore an old password over one that was set
        concurrently. This method replaces only the hash that it checked.
        """
        correct, outdated = verify_password(raw_password, self.password)
        return self._renew_hash(raw_password) if correct and outdated else correct

    async def acheck_password(self, raw_password: str | None) -> bool:
        """Return the result of `check_password()`."""
        return await sync_to_async(self.check_password)(raw_password)

    def _renew_hash(self, raw_password: str | None) -> bool:
        """Replace the checked hash by a new one; check *raw_password* again if the hash has changed concurrently."""
        checked, self.password = self.password, make_password(raw_password)
        stored = type(self)._base_manager.using(router.db_for_write(type(self), instance=self)).filter(pk=self.pk)
        if self._state.adding or stored.filter(password=checked).update(password=self.password):
            return True
        self.password = stored.values_list("password", flat=True).first() or ""
        return self.check_password(raw_password)


class ProfileQuerySet(QuerySet):
    """Profiles, which only their owner sees."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(owner=user)


class Profile(Model):
    """A public name of a user, who may have several profiles."""

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
