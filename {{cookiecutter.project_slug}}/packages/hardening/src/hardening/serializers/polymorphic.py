"""Support serializers that choose another serializer by the type of an object, such as django-rest-polymorphic's.

The package is not imported: its class, and that of django-polymorphic, are recognized by their attributes.
"""

import functools
from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty
from rest_framework.settings import api_settings

from hardening.integrity.drivers import DriverError
from hardening.integrity.transactions import Translator, join_unit
from hardening.integrity.writes import database_of, set_valid_data
from hardening.serializers.plain import Serializer, check_size, note_serializer
from hardening.truncation import shortened


class PolymorphicMixin(Serializer):
    """A mixin for `PolymorphicSerializer`, which makes the chosen serializer validate and save the object.

    The package does not call `save()` of the chosen serializer, so that the transaction, `create_defaults` and the
    translation of constraint violations would be missing. It would also update an object with the serializer of
    another type.
    """

    model_serializer_mapping: Any
    resource_type_field_name: str

    def is_valid(self, *, raise_exception: bool = False) -> bool:
        """Validate once, with the serializer for the type in the request body."""
        return serializers.BaseSerializer.is_valid(self, raise_exception=raise_exception)

    def run_validation(self, data: Any = empty) -> Any:
        """Return the validated data of the serializer for the type in *data*, with the type."""
        chosen = self._choose(data)
        note_serializer(chosen)
        rest = data.copy()
        rest.pop(self.resource_type_field_name, None)
        if self.parent is None:
            chosen.parent = None  # so that it reads the whole body
        check_size(chosen, rest)
        return {**chosen.run_validation(rest), self.resource_type_field_name: self._type_of(chosen.Meta.model)}

    def create(self, validated_data: Any) -> Any:
        """Create the object with the serializer for its type."""
        return self._save(None, validated_data)

    def update(self, instance: Any, validated_data: Any) -> Any:
        """Update *instance* with the serializer for its type."""
        return self._save(instance, validated_data)

    def _save(self, instance: Model | None, values: Mapping[str, Any]) -> Any:
        kind = values[self.resource_type_field_name]
        chosen = next(each for model, each in self.model_serializer_mapping.items() if self._type_of(model) == kind)
        chosen.instance = instance
        set_valid_data(chosen, {key: each for key, each in values.items() if key != self.resource_type_field_name})
        position = getattr(self.parent, "position", None)  # index in the list that is being created
        return chosen.save() if position is None else _save_at(position, chosen)

    def _choose(self, data: Any) -> Any:
        """Return the serializer for *data*; raise `ValidationError` if its type is missing, unknown or changed."""
        name = self.resource_type_field_name
        if not isinstance(data, Mapping):
            message = self.error_messages["invalid"].format(datatype=type(data).__name__)
            raise ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [ErrorDetail(message, "invalid")]})
        stored = self._type_of(self.instance) if isinstance(self.instance, Model) else None
        sent = data.get(name, stored)
        if sent is None:
            raise ValidationError({name: [ErrorDetail(str(self.error_messages["required"]), "required")]})
        known = {self._type_of(model): each for model, each in self.model_serializer_mapping.items()}
        if not isinstance(sent, str) or sent not in known:
            message = str(serializers.ChoiceField.default_error_messages["invalid_choice"])
            raise ValidationError({name: [ErrorDetail(message.format(input=shortened(sent)), "invalid_choice")]})
        if stored not in (None, sent):
            raise ValidationError({name: [ErrorDetail(_("This field cannot be changed."), "immutable")]})
        return known[sent]

    def _type_of(self, model: Any) -> str:
        kind: str = self.to_resource_type(model)  # type: ignore[attr-defined]  # a method of PolymorphicSerializer
        return kind


def _save_at(position: int, serializer: Any) -> Any:
    """Save *serializer*; report its errors under the index *position*, also later ones of the transaction."""
    with join_unit(database_of(serializer)) as unit:
        before = len(unit.translators)
        try:
            return serializer.save()
        except ValidationError as error:
            raise _at(position, error) from error
        finally:
            own = unit.translators[before:]
            unit.translators[before:] = [functools.partial(_explain_at, position, each) for each in own]


def _explain_at(position: int, explain: Translator, error: DriverError) -> Exception:
    return _at(position, explain(error))


def _at(position: int, error: Exception) -> Exception:
    detail: Any = {position: getattr(error, "detail", None)}
    return ValidationError(detail) if isinstance(error, ValidationError) else error


def chosen_by_type(serializer: Any) -> list[Any]:
    """Return the serializers that *serializer* chooses from by type, or an empty list for other serializers."""
    return list((getattr(serializer, "model_serializer_mapping", None) or {}).values())
