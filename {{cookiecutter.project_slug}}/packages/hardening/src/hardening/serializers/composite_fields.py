"""Serializer fields for confirmations, and for several model fields in one."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.fields import empty, get_error_detail

from hardening.serializers.fields import CharField


class ConfirmField(CharField):
    """Require a second copy of a value: `confirm_password = ConfirmField("password")`. It is then discarded."""

    default_error_messages = {"mismatch": _("The two values do not match.")}

    def __init__(self, confirms: str, **kwargs: Any) -> None:
        self.confirms = confirms
        self.expected: Any = empty
        super().__init__(**{"write_only": True, "source": "*", "trim_whitespace": False, **kwargs})

    def get_value(self, dictionary: Mapping[str, Any]) -> Any:
        """Return the value of the field, and remember that of the field to confirm."""
        self.expected = dictionary.get(self.confirms, empty)
        return super().get_value(dictionary)

    def to_internal_value(self, data: Any) -> dict[str, Any]:  # type: ignore[override]  # adds nothing to validated_data
        """Return an empty dictionary; raise `ValidationError` if the two values differ."""
        if self.expected not in (empty, super().to_internal_value(data)):
            self.fail("mismatch")
        return {}

    def run_validators(self, value: Any) -> None:
        """Run no validators, because the other field validates the same value."""


class JoinedField(CharField):
    """Join several model fields in one text: `name = JoinedField("first_name", "last_name")`.

    Input is split at white space; the last model field receives the rest. Errors of the model fields are reported
    under this field.
    """

    def __init__(self, *model_fields: str, **kwargs: Any) -> None:
        self.model_fields = model_fields
        super().__init__(**{"source": "*", **kwargs})

    def to_internal_value(self, data: Any) -> dict[str, str]:  # type: ignore[override]  # a value for each field
        """Return `{model field: part}`; raise `ValidationError` if a part is not valid for its model field."""
        text = super().to_internal_value(data)
        super().run_validators(text)
        parts = text.split(maxsplit=len(self.model_fields) - 1)
        values = dict(zip(self.model_fields, [*parts, *[""] * len(self.model_fields)], strict=False))
        errors = [detail for name, part in values.items() for detail in self._errors(name, part)]
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def to_representation(self, value: Any) -> str:
        """Return the non-empty model fields of *value*, a model instance, joined by spaces."""
        return " ".join(filter(None, (getattr(value, name) for name in self.model_fields)))

    def run_validators(self, value: Any) -> None:
        """Run no validators, because `to_internal_value()` has validated the text and its parts."""

    def _errors(self, name: str, part: str) -> list[Any]:
        serializer: Any = self.parent
        try:
            serializer.Meta.model._meta.get_field(name).run_validators(part)
        except DjangoValidationError as error:
            return list(get_error_detail(error))
        return []
