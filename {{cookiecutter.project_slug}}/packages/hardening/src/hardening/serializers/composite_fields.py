"""Serializer fields that stand for a rule or for several model fields."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.fields import empty, get_error_detail

from hardening.serializers.fields import CharField


class ConfirmField(CharField):
    """A value to be sent twice: `confirm_password = ConfirmField("password")`. It is compared and dropped."""

    default_error_messages = {"mismatch": _("The two do not match.")}

    def __init__(self, confirms: str, **kwargs: Any) -> None:
        self.confirms = confirms
        self.expected: Any = empty
        super().__init__(**{"write_only": True, "source": "*", "trim_whitespace": False, **kwargs})

    def get_value(self, dictionary: Mapping[str, Any]) -> Any:
        """Return the sent value, and keep what it has to equal."""
        self.expected = dictionary.get(self.confirms, empty)
        return super().get_value(dictionary)

    def to_internal_value(self, data: Any) -> dict[str, Any]:  # type: ignore[override]  # nothing is left of it
        """Return nothing to write; raise `ValidationError` where the two differ."""
        if self.expected not in (empty, super().to_internal_value(data)):
            self.fail("mismatch")
        return {}

    def run_validators(self, value: Any) -> None:
        """Validate nothing: what it equals is validated under its own key."""


class JoinedField(CharField):
    """One text to the client, several model fields to us: `name = JoinedField("first_name", "last_name")`.

    The text is split at spaces, the last field takes what is left. Errors of the model fields are its own.
    """

    def __init__(self, *model_fields: str, **kwargs: Any) -> None:
        self.model_fields = model_fields
        super().__init__(**{"source": "*", **kwargs})

    def to_internal_value(self, data: Any) -> dict[str, str]:  # type: ignore[override]  # a value for each field
        """Return `{model field: part}`; raise `ValidationError` for what a model field does not take."""
        text = super().to_internal_value(data)
        super().run_validators(text)
        parts = text.split(maxsplit=len(self.model_fields) - 1)
        values = dict(zip(self.model_fields, [*parts, *[""] * len(self.model_fields)], strict=False))
        errors = [detail for name, part in values.items() for detail in self._errors(name, part)]
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def to_representation(self, value: Any) -> str:
        """Return the parts that *value*, an instance, has, joined by spaces."""
        return " ".join(filter(None, (getattr(value, name) for name in self.model_fields)))

    def run_validators(self, value: Any) -> None:
        """Validate nothing more: `to_internal_value` validated the text and its parts."""

    def _errors(self, name: str, part: str) -> list[Any]:
        serializer: Any = self.parent
        try:
            serializer.Meta.model._meta.get_field(name).run_validators(part)
        except DjangoValidationError as error:
            return list(get_error_detail(error))
        return []
