"""Whether a serializer shows nothing but fields of its model, so that a response needs no annotation of a queryset."""

import functools
from typing import Any

from django.db.models import Model
from rest_framework.fields import Field
from rest_framework.relations import ManyRelatedField, RelatedField
from rest_framework.serializers import Serializer

# The methods that read the attribute which `source` names, and nothing else of the instance.
_READ_THEIR_SOURCE = {Field.get_attribute, ManyRelatedField.get_attribute, RelatedField.get_attribute}


def shows_only_fields(serializer: Any) -> bool:
    """Return whether the representation of *serializer* reads only fields of the model.

    It is False for a `SerializerMethodField` or a property, which may read an annotation.
    """
    model = getattr(getattr(serializer, "Meta", None), "model", None)
    if model is None or type(serializer).to_representation is not Serializer.to_representation:
        return False
    names = _list_names(model)
    return all(
        type(field).get_attribute in _READ_THEIR_SOURCE and field.source.partition(".")[0] in names
        for field in serializer._readable_fields
    )


@functools.cache
def _list_names(model: type[Model]) -> frozenset[str]:
    """Return the names of the fields of *model*, which Django does not allow an annotation to have."""
    fields: list[Any] = [*model._meta.concrete_fields, *model._meta.many_to_many]
    return frozenset({"pk", *(name for field in fields for name in (field.name, field.attname))})
