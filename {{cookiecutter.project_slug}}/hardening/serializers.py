"""Serializers that check the shape, and leave integrity to the database.

They stand where DRF's own would: `from hardening import serializers`. Validation issues no query for
uniqueness; a write that the database refuses is rolled back, and comes back as a validation error under the
right key. The order of it all is told in `docs/validation.md`.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.relations import ManyRelatedField as DRFManyRelatedField
from rest_framework.relations import RelatedField as DRFRelatedField
from rest_framework.serializers import (
    LIST_SERIALIZER_KWARGS,
    LIST_SERIALIZER_KWARGS_REMOVE,
)
from rest_framework.serializers import (
    BaseSerializer as BaseSerializer,
)
from rest_framework.serializers import (
    BigIntegerField as BigIntegerField,
)
from rest_framework.serializers import (
    BooleanField as BooleanField,
)
from rest_framework.serializers import (
    CharField as CharField,
)
from rest_framework.serializers import (
    ChoiceField as ChoiceField,
)
from rest_framework.serializers import (
    CreateOnlyDefault as CreateOnlyDefault,
)
from rest_framework.serializers import (
    CurrentUserDefault as CurrentUserDefault,
)
from rest_framework.serializers import (
    DateField as DateField,
)
from rest_framework.serializers import (
    DateTimeField as DateTimeField,
)
from rest_framework.serializers import (
    DecimalField as DecimalField,
)
from rest_framework.serializers import (
    DictField as DictField,
)
from rest_framework.serializers import (
    DurationField as DurationField,
)
from rest_framework.serializers import (
    EmailField as EmailField,
)
from rest_framework.serializers import (
    Field as Field,
)
from rest_framework.serializers import (
    FileField as FileField,
)
from rest_framework.serializers import (
    FilePathField as FilePathField,
)
from rest_framework.serializers import (
    FloatField as FloatField,
)
from rest_framework.serializers import (
    HiddenField as HiddenField,
)
from rest_framework.serializers import (
    HStoreField as HStoreField,
)
from rest_framework.serializers import (  # offered here too, so that one import line serves
    Hyperlink as Hyperlink,
)
from rest_framework.serializers import (
    HyperlinkedIdentityField as HyperlinkedIdentityField,
)
from rest_framework.serializers import (
    ImageField as ImageField,
)
from rest_framework.serializers import (
    IntegerField as IntegerField,
)
from rest_framework.serializers import (
    IPAddressField as IPAddressField,
)
from rest_framework.serializers import (
    JSONField as JSONField,
)
from rest_framework.serializers import (
    ListField as ListField,
)
from rest_framework.serializers import (
    ModelField as ModelField,
)
from rest_framework.serializers import (
    MultipleChoiceField as MultipleChoiceField,
)
from rest_framework.serializers import (
    PKOnlyObject as PKOnlyObject,
)
from rest_framework.serializers import (
    ReadOnlyField as ReadOnlyField,
)
from rest_framework.serializers import (
    RegexField as RegexField,
)
from rest_framework.serializers import (
    SerializerMethodField as SerializerMethodField,
)
from rest_framework.serializers import (
    SkipField as SkipField,
)
from rest_framework.serializers import (
    SlugField as SlugField,
)
from rest_framework.serializers import (
    StringRelatedField as StringRelatedField,
)
from rest_framework.serializers import (
    TimeField as TimeField,
)
from rest_framework.serializers import (
    URLField as URLField,
)
from rest_framework.serializers import (
    UUIDField as UUIDField,
)
from rest_framework.serializers import (
    as_serializer_error as as_serializer_error,
)
from rest_framework.serializers import (
    empty as empty,
)
from rest_framework.serializers import (
    raise_errors_on_nested_writes as raise_errors_on_nested_writes,
)
from rest_framework.utils import html, model_meta
from rest_framework.validators import UniqueValidator

from hardening.relations import (
    HyperlinkedRelatedField,
    PrimaryKeyRelatedField,
    ScopedRelatedField,
    SlugRelatedField,
    fetch_for_rows,
    is_scope,
)
from hardening.relations import (
    ManyRelatedField as ManyRelatedField,
)
from hardening.relations import (
    RelatedField as RelatedField,
)
from hardening.writes import written

MAX_ROWS = 100  # objects in one body


class ListSerializer(serializers.ListSerializer):
    """Many objects, all written or none; their related objects are looked up with one query a field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.max_length = MAX_ROWS if self.max_length is None else self.max_length

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """Return DRF's answer; the first step of validation is also the one that sees all rows."""
        if isinstance(data, list) and len(data) <= self.max_length:
            fetch_for_rows(getattr(self.child, "_writable_fields", ()), data)
        return super().validate_empty_values(data)

    def save(self, **kwargs: Any) -> Any:
        model = getattr(getattr(self.child, "Meta", None), "model", None)
        if model is None or not _is_valid(self):
            return super().save(**kwargs)
        if self.instance is None:
            kwargs = {**_defaults(self.child), **kwargs}
        self._validated_data = [{**attrs, **kwargs} for attrs in self.validated_data]
        with written(self, model, self._validated_data):
            return super().save(**kwargs)


class Serializer(serializers.Serializer[Any]):
    """DRF's serializer; one that a strict view uses refuses keys it does not know."""

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> Any:
        """Return DRF's list serializer, ours where `Meta` names no other."""
        for_list = {key: kwargs.pop(key) for key in LIST_SERIALIZER_KWARGS_REMOVE if key in kwargs}
        for_list |= {key: value for key, value in kwargs.items() if key in LIST_SERIALIZER_KWARGS}
        chosen = getattr(getattr(cls, "Meta", None), "list_serializer_class", ListSerializer)
        return chosen(*args, child=cls(*args, **kwargs), **for_list)

    def to_internal_value(self, data: Any) -> Any:
        errors = self.refused_keys(data) if isinstance(data, Mapping) else {}
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**errors, **_lifted(error.detail, self.fields)}) from error
        if errors:
            raise ValidationError(errors)
        return values

    def refused_keys(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        """Return the errors of keys that the body must not have."""
        if html.is_html_input(data) or not getattr(self.context.get("view"), "strict_input", False):
            return {}
        unknown = [key for key in data if key not in self.fields]
        return {key: [ErrorDetail(_("This field does not exist."), "unknown_field")] for key in unknown}


class ModelSerializer(Serializer, serializers.ModelSerializer[Any]):
    """DRF's model serializer without its look-ups before the write, and with the database's answer after it.

    `Meta` takes four options beside DRF's:

    - `related_querysets = {"location": visible_to_caller}`: scopes, see `hardening.relations`;
    - `create_defaults = {"owner": current_user}`: what the server fills on create, a value or a function of
      the serializer; such a field is read-only, and another value in the body is refused;
    - `immutable_fields = ("owner",)`: fields that only a create may set; the model's own are included;
    - `constraint_fields = {"name of a constraint": "field"}`: where a broken rule is reported.
    """

    serializer_related_field = PrimaryKeyRelatedField
    serializer_related_to_field = SlugRelatedField

    def save(self, **kwargs: Any) -> Any:
        """Write in one transaction; raise `ValidationError` for what the model or the database refuses."""
        if not _is_valid(self):
            return super().save(**kwargs)  # DRF's own assertions say what was forgotten
        given = kwargs if self.instance is not None else {**_defaults(self), **kwargs}
        data = {**self.validated_data, **given}
        with written(self, self.Meta.model, data):
            return super().save(**data)

    def create(self, validated_data: Any) -> Any:
        """Create the object, and relate it to what was named; a new object has no relation to look up first."""
        info = model_meta.get_field_info(self.Meta.model)
        related = {
            name: validated_data.pop(name)
            for name, relation in info.forward_relations.items()
            if relation.to_many and _are_objects(validated_data.get(name))
        }
        instance = super().create(validated_data)
        for name, objects in related.items():
            getattr(instance, name).add(*objects)
        return instance

    def refused_keys(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        errors = super().refused_keys(data)
        for key in self._fixed_keys():
            if key in data and not self._is_unchanged(self.fields[key], data[key]):
                errors[key] = [ErrorDetail(_("This field cannot be changed."), "immutable")]
        return errors

    def get_fields(self) -> dict[str, Field]:
        fields = super().get_fields()
        for name, scope in self._option("related_querysets").items():
            _narrow(self, fields, name, scope)
        if isinstance(self.instance, Model):
            for key in _immutable_keys(self, fields):
                fields[key].read_only, fields[key].required = True, False
        return fields

    def get_extra_kwargs(self) -> dict[str, Any]:
        """Return DRF's, with what the server fills read-only and with functions given as querysets as scopes."""
        extra = super().get_extra_kwargs()
        for name in self._option("create_defaults"):
            extra.setdefault(name, {})["read_only"] = True
        for kwargs in extra.values():
            if is_scope(kwargs.get("queryset")):
                kwargs["scope"] = kwargs.pop("queryset")
        return extra

    # Uniqueness asks nothing of a field: it is no reason for a validator, for `required`, or for a default.

    def get_uniqueness_extra_kwargs(self, field_names: Any, declared_fields: Any, extra_kwargs: Any) -> Any:
        return extra_kwargs, {}

    def get_unique_together_validators(self) -> list[Any]:
        return []

    def get_unique_for_date_validators(self) -> list[Any]:
        return []

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        return field_class, _without_unique_validators(kwargs)

    def build_relational_field(self, field_name: str, relation_info: Any) -> Any:
        field_class, kwargs = super().build_relational_field(field_name, relation_info)
        return field_class, _without_unique_validators(kwargs)

    def _option(self, name: str) -> dict[str, Any]:
        return getattr(self.Meta, name, {})

    def _fixed_keys(self) -> list[str]:
        """Return the keys that this request cannot write: filled by the server, or immutable by now."""
        filled = [key for key in self._option("create_defaults") if key in self.fields]
        return filled + (_immutable_keys(self, self.fields) if isinstance(self.instance, Model) else [])

    def _is_unchanged(self, field: Any, sent: Any) -> bool:
        """Tell whether *sent* is what *field* shows already, so that GET, edit, PUT works."""
        if isinstance(self.instance, Model):
            value = field.get_attribute(self.instance)
        else:
            value = _default(self, self._option("create_defaults")[field.field_name])
        shown = None if getattr(value, "pk", value) is None else field.to_representation(value)
        return _same(field, sent, shown)


class HyperlinkedModelSerializer(ModelSerializer, serializers.HyperlinkedModelSerializer[Any]):
    """The same with hyperlinks for relations."""

    serializer_related_field = HyperlinkedRelatedField


def current_user(serializer: Any) -> Any:
    """The value for `create_defaults` that is the user of the request."""
    return serializer.context["request"].user


def _is_valid(serializer: Any) -> bool:
    return hasattr(serializer, "_validated_data") and not serializer._errors


def _default(serializer: Any, value: Any) -> Any:
    return value(serializer) if callable(value) else value


def _defaults(serializer: Any) -> dict[str, Any]:
    declared = getattr(serializer.Meta, "create_defaults", {})
    return {name: _default(serializer, value) for name, value in declared.items()}


def _immutable_keys(serializer: Any, fields: Mapping[str, Any]) -> list[str]:
    names = {*getattr(serializer.Meta, "immutable_fields", ()), *getattr(serializer.Meta.model, "immutable_fields", ())}
    return [key for key, field in fields.items() if key in names or field.source in names]


def _same(field: Any, sent: Any, shown: Any) -> bool:
    if isinstance(sent, bool) or isinstance(shown, bool):
        return sent is shown
    if sent == shown or str(sent) == str(shown):
        return True
    if isinstance(field, DRFRelatedField | DRFManyRelatedField):
        return False
    try:  # the same moment in another notation
        return bool(field.to_internal_value(sent) == field.to_internal_value(shown))
    except (ValidationError, TypeError, ValueError, AttributeError, NotImplementedError):
        return False


def _narrow(serializer: Any, fields: Mapping[str, Any], name: str, scope: Any) -> None:
    if name not in fields:
        raise ImproperlyConfigured(f"{type(serializer).__name__}.Meta.related_querysets: there is no field {name!r}.")
    field = getattr(fields[name], "child_relation", fields[name])
    if not isinstance(field, ScopedRelatedField):
        raise ImproperlyConfigured(
            f"{type(serializer).__name__}.Meta.related_querysets: {name!r} is no related field of hardening.relations, "
            "so its scope would stay open."
        )
    field.scope = scope


def _without_unique_validators(kwargs: dict[str, Any]) -> dict[str, Any]:
    validators = [each for each in kwargs.pop("validators", ()) if not isinstance(each, UniqueValidator)]
    return {**kwargs, "validators": validators} if validators else kwargs


def _are_objects(value: Any) -> bool:
    return isinstance(value, list | tuple | set) and all(isinstance(each, Model) for each in value)


def _lifted(detail: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return *detail* with errors that a plain field raised for its neighbours by name put beside its own."""
    lifted: dict[str, Any] = {}
    for key, errors in detail.items():
        composite = isinstance(fields.get(key), BaseSerializer | DictField)
        if composite or not isinstance(errors, Mapping) or not errors.keys() <= fields.keys():
            errors = {key: errors}
        for name, listed in errors.items():
            known = lifted.get(name)
            lifted[name] = [*known, *listed] if isinstance(known, list) and isinstance(listed, list) else listed
    return lifted
