"""What the `Meta` options of our model serializers mean."""

import functools
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from rest_framework.exceptions import ValidationError
from rest_framework.relations import ManyRelatedField, RelatedField

from hardening.relations import ScopedRelatedField


def is_valid(serializer: Any) -> bool:
    """Tell whether *serializer* validated its data and found nothing wrong; what a write before met is forgotten."""
    if vars(serializer).pop("_was_refused", False):
        serializer._errors = {}
    return hasattr(serializer, "_validated_data") and not serializer._errors


def default(serializer: Any, name: str) -> Any:
    """Return what the server fills into the field *name*."""
    value = serializer.Meta.create_defaults[name]
    return value(serializer) if callable(value) else value


def defaults(serializer: Any) -> dict[str, Any]:
    """Return all that the server fills on create."""
    return {name: default(serializer, name) for name in getattr(serializer.Meta, "create_defaults", {})}


def immutable_keys(serializer: Any, fields: Mapping[str, Any]) -> list[str]:
    """Return the keys among *fields* that are set on create and never again, by the model or by `Meta`.

    In a list the primary key stays writable: it says which object a row changes.
    """
    names = {*getattr(serializer.Meta, "immutable_fields", ()), *getattr(serializer.Meta.model, "immutable_fields", ())}
    own = _primary_keys(serializer.Meta.model) if isinstance(serializer.instance, Model) else frozenset()
    return [
        key
        for key, field in fields.items()
        if key in names or field.source in names or ((field.source or key) in own and not field.read_only)
    ]


@functools.cache
def _primary_keys(model: type[Model]) -> frozenset[str]:
    """Return the names of the primary key, parents' included: saving another one writes to another row."""
    fields = [field for each in (model, *model._meta.all_parents) for field in each._meta.pk_fields]
    return frozenset(name for field in fields for name in (field.name, field.attname))


def same(field: Any, sent: Any, shown: Any) -> bool:
    """Tell whether *sent* means what *field* shows as *shown*."""
    if isinstance(sent, bool) or isinstance(shown, bool):
        return sent is shown
    if sent == shown or str(sent) == str(shown):
        return True
    if isinstance(field, RelatedField | ManyRelatedField):
        return False
    try:  # the same moment in another notation
        return bool(field.to_internal_value(sent) == field.to_internal_value(shown))
    except (ValidationError, TypeError, ValueError, AttributeError, NotImplementedError):
        return False


def narrow(serializer: Any, fields: Mapping[str, Any], name: str, scope: Any) -> None:
    """Give the field *name* its *scope*; raise `ImproperlyConfigured` where that would leave it open."""
    if name not in fields:
        raise ImproperlyConfigured(f"{type(serializer).__name__}.Meta.related_querysets: there is no field {name!r}.")
    field = getattr(fields[name], "child_relation", fields[name])
    if not isinstance(field, ScopedRelatedField):
        raise ImproperlyConfigured(
            f"{type(serializer).__name__}.Meta.related_querysets: {name!r} is no related field of hardening.relations, "
            "so its scope would stay open."
        )
    field.scope = scope
