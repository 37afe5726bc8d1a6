"""Column lists: list responses built from `QuerySet.values()`, without model instances.

They are for serializers whose fields only show columns of the model. Add the mixin to the viewset:

    class ProfileViewSet(FlatListMixin, ModelViewSet): ...

The response is the same as with the serializer, but the model's `from_db()` is not called.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query_utils import DeferredAttribute
from rest_framework.fields import Field
from rest_framework.relations import PrimaryKeyRelatedField
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

# The model attributes that return a column's value unchanged; those of file fields, for example, do not.
_PLAIN = (DeferredAttribute, ForeignKeyDeferredAttribute)

Columns = dict[str, tuple[str, Callable[[Any], Any]]]


class FlatListMixin:
    """Build list responses from the values of columns.

    Raises `ImproperlyConfigured` if a field of the serializer shows anything but the value of a column.
    """

    paginator: Any
    filter_queryset: Any
    get_queryset: Any
    get_serializer: Any
    paginate_queryset: Any
    get_paginated_response: Any

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        # Without a docstring, because it would become the description of every such list in the schema.
        shown = columns(self.get_serializer())
        queryset = self.filter_queryset(self.get_queryset()).select_related(None).prefetch_related(None)
        keys = self.paginator.get_ordering(request, queryset, self) if hasattr(self.paginator, "get_ordering") else ()
        names = {"pk", *(key.removeprefix("-") for key in keys), *(name for name, _convert in shown.values())}
        page = self.paginate_queryset(queryset.values(*names))
        response: Response = self.get_paginated_response([_represented(row, shown) for row in page])
        return response


def _represented(row: dict[str, Any], shown: Columns) -> dict[str, Any]:
    return {key: None if row[name] is None else convert(row[name]) for key, (name, convert) in shown.items()}


def columns(serializer: Any) -> Columns:
    """Return `{field name: (name of the column, function that converts its values)}` for *serializer*.

    Raises `ImproperlyConfigured` if its representation needs more than the values of columns.
    """
    cls = type(serializer)
    if cls.to_representation is not Serializer.to_representation:
        raise ImproperlyConfigured(f"{cls.__name__} overrides to_representation(); FlatListMixin cannot use it.")
    shown = {}
    for field in serializer._readable_fields:
        column = _column(serializer.Meta.model, field)
        if column is None:
            raise ImproperlyConfigured(
                f"{cls.__name__}.{field.field_name} is not a column; FlatListMixin cannot use it."
            )
        shown[field.field_name] = column
    return shown


def _column(model: Any, field: Any) -> tuple[str, Callable[[Any], Any]] | None:
    try:
        stored = model._meta.pk if field.source == "pk" else model._meta.get_field(field.source)
        plain = type(getattr(model, stored.attname)) in _PLAIN
    except (AttributeError, FieldDoesNotExist):
        return None
    cls = type(field)
    if plain and cls.to_representation is PrimaryKeyRelatedField.to_representation:
        return stored.attname, field.pk_field.to_representation if field.pk_field else _itself
    shows_object = stored.is_relation and field.source == stored.name
    if plain and cls.get_attribute is Field.get_attribute and not shows_object:
        return stored.attname, field.to_representation
    return None


def _itself(value: Any) -> Any:
    return value
