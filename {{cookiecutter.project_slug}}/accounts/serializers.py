"""Serializers of accounts, login, password resets and profiles."""

from functools import partial
from typing import Any

from django.db import transaction

from accounts.models import Profile, User
from accounts.passwords import hash_password
from hardening import serializers
from hardening.authentication import revoke_tokens
from hardening.operations import security_events
from hardening.serializers.composite_fields import ConfirmField, JoinedField


class UsernameField(serializers.NormalizedCharField):
    """A username, normalized as Django does before saving, so that a login compares the stored form."""

    def normalize(self, text: str) -> str:
        return str(User.normalize_username(text))


class AddressField(serializers.EmailField):
    """An email address, normalized as Django does before saving.

    It is normalized before validation, because lower case may be longer: `İ` becomes two characters.
    """

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        return str(User.objects.normalize_email(text))


class RegistrationSerializer(serializers.ModelSerializer):
    username = UsernameField(
        max_length=150, help_text=User._meta.get_field("username").help_text, validators=[User.username_validator]
    )
    email = AddressField(max_length=254, label="Email address")
    name = JoinedField("first_name", "last_name")
    password = serializers.CharField(write_only=True, trim_whitespace=False, max_length=128)
    confirm_password = ConfirmField("password")

    class Meta:
        model = User
        fields = ("id", "username", "email", "name", "password", "confirm_password")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        password = attrs.pop("password")
        return {**attrs, "password": hash_password(password, User(**attrs))}


class AccountSerializer(serializers.ModelSerializer):
    email = AddressField(max_length=254, label="Email address")
    name = JoinedField("first_name", "last_name")
    password = serializers.CharField(write_only=True, trim_whitespace=False, max_length=128, required=False)
    current_password = serializers.CharField(write_only=True, trim_whitespace=False, max_length=128, required=False)

    class Meta:
        model = User
        fields = ("id", "username", "email", "name", "password", "current_password")
        read_only_fields = ("username",)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        current = attrs.pop("current_password", None)
        if "password" not in attrs:
            return attrs
        if current is None:
            raise serializers.ValidationError({"current_password": "This field is required."}, "required")
        account: Any = self.instance
        if not account.check_password(current):
            raise self._wrong_password()
        self.checked_hash = account.password
        return {**attrs, "password": hash_password(attrs["password"], account)}

    def update(self, instance: User, validated_data: dict[str, Any]) -> User:
        """Update *instance*, the locked row; raise `ValidationError` if its password has changed since validation."""
        if "password" in validated_data and instance.password != self.checked_hash:
            raise self._wrong_password()
        address = instance.email
        account: User = super().update(instance, validated_data)
        if "password" in validated_data:
            self._record("password_changed", account)
            token = self.context["request"].auth
            revoke_tokens(account, but=[] if token is None else [token.pk])
        if account.email != address:
            self._record("email_changed", account)
        return account

    def _record(self, event: str, account: User) -> None:
        transaction.on_commit(partial(security_events.record, event, self.context["request"], user=account.pk))

    def _wrong_password(self) -> serializers.ValidationError:
        request = self.context["request"]
        security_events.record("wrong_password", request, user=request.user.pk)
        return serializers.ValidationError({"current_password": "The current password is incorrect."}, "wrong_password")


class LoginSerializer(serializers.Serializer):
    username = UsernameField(max_length=150)
    password = serializers.CharField(max_length=128, trim_whitespace=False, write_only=True)


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField(read_only=True)
    expiry = serializers.DateTimeField(read_only=True)


class PasswordResetSerializer(serializers.Serializer):
    email = serializers.EmailField(max_length=254)


class PasswordResetConfirmSerializer(serializers.Serializer):
    token = serializers.RegexField("^[0-9]{1,18}-[0-9a-z]{1,13}-[0-9a-f]{1,64}$", max_length=100, trim_whitespace=False)
    password = serializers.CharField(write_only=True, trim_whitespace=False, max_length=128)
    confirm_password = ConfirmField("password")


class ProfileSerializer(serializers.ModelSerializer):
    class Meta:
        model = Profile
        fields = ("id", "owner", "username", "email", "bio")
        create_defaults = {"owner": serializers.current_user}
