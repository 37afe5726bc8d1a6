"""Column lists: list responses built from `QuerySet.values()`, without model instances.

They are for serializers whose fields only show columns of the model, and primary keys or slugs of related objects. Add
the mixin to the viewset:

    class ProfileViewSet(FlatListMixin, ModelViewSet): ...

The response is the same as with the serializer, but no model's `from_db()` is called.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import ForeignObjectRel, ManyToManyField, Prefetch, QuerySet
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query_utils import DeferredAttribute
from rest_framework import relations as drf
from rest_framework.fields import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from hardening.relations.related_fields import ManyRelatedField
from hardening.serializers.fields import DateTimeField

# The model attributes that return a column's value unchanged; those of file fields, for example, do not.
_PLAIN = (DeferredAttribute, ForeignKeyDeferredAttribute)

Row = dict[str, Any]


class Column(NamedTuple):
    """What a field shows: the value under *name* in a row, as *convert* returns it."""

    name: str
    convert: Callable[[Any], Any]


class RelatedColumn(NamedTuple):
    """What a to-many field shows: one column of the related objects, as a list under *name* in a row."""

    name: str
    relation: Any
    column: str
    convert_one: Callable[[Any], Any]

    @staticmethod
    def convert(values: list[Any]) -> list[Any]:
        return values

    def fetch(self, rows: Iterable[Row], queryset: QuerySet[Any]) -> None:
        """Put the lists into the *rows* of a page of *queryset*, with one query that makes no related instances.

        It is the query by which `prefetch_related()` would load the objects: by their default manager, or by the
        queryset of a `Prefetch` in *queryset*, in the same order.
        """
        objects = self._find_queryset(queryset)
        objects = objects if objects.ordered else objects.order_by("pk")
        key = f"{self.relation.remote_field.name}__pk"
        found: dict[Any, list[Any]] = defaultdict(list)
        related = objects.using(queryset.db).filter(**{f"{key}__in": [row["pk"] for row in rows]})
        for pk, value in related.values_list(key, self.column):
            found[pk].append(self.convert_one(value))
        for row in rows:
            row[self.name] = found[row["pk"]]

    def _find_queryset(self, queryset: Any) -> QuerySet[Any]:
        for lookup in queryset._prefetch_related_lookups:
            if isinstance(lookup, Prefetch) and lookup.prefetch_to == self.name and lookup.queryset is not None:
                return lookup.queryset  # type: ignore[no-any-return]  # Django's private attribute is untyped
        return self.relation.related_model._default_manager.all()  # type: ignore[no-any-return]  # relations are untyped


Columns = dict[str, Column | RelatedColumn]


class FlatListMixin:
    """Build list responses from the values of columns.

    Raises `ImproperlyConfigured` if a field of the serializer shows anything but the value of a column, or the primary
    keys or slugs of related objects.
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
        related = [column for column in shown.values() if isinstance(column, RelatedColumn)]
        queryset = self.filter_queryset(self.get_queryset())
        flat = queryset.select_related(None).prefetch_related(None)
        keys = self.paginator.get_ordering(request, flat, self) if hasattr(self.paginator, "get_ordering") else ()
        names = {column.name for column in shown.values() if isinstance(column, Column)}
        page = self.paginate_queryset(flat.values(*names.union(["pk"], (key.removeprefix("-") for key in keys))))
        for column in related:
            column.fetch(page, queryset)
        response: Response = self.get_paginated_response([_represented(row, shown) for row in page])
        return response


def _represented(row: Row, shown: Columns) -> Row:
    return {
        key: None if row[column.name] is None else column.convert(row[column.name]) for key, column in shown.items()
    }


def columns(serializer: Any) -> Columns:
    """Return `{field name: column}` for *serializer*.

    Raises `ImproperlyConfigured` if its representation needs more than the values of columns.
    """
    cls = type(serializer)
    if cls.to_representation is not Serializer.to_representation:
        raise ImproperlyConfigured(f"{cls.__name__} overrides to_representation(); FlatListMixin cannot use it.")
    shown: Columns = {}
    for field in serializer._readable_fields:
        is_many = isinstance(field, ManyRelatedField)
        column = (_find_related_column if is_many else _find_column)(serializer.Meta.model, field)
        if column is None:
            raise ImproperlyConfigured(
                f"{cls.__name__}.{field.field_name} is not a column; FlatListMixin cannot use it."
            )
        shown[field.field_name] = column
    return shown


def _find_column(model: Any, field: Any) -> Column | None:
    stored = _get_stored(model, field.source)
    if stored is None:
        return None
    cls = type(field)
    if cls.to_representation is drf.PrimaryKeyRelatedField.to_representation:
        return Column(stored.attname, _find_conversion(field))
    shows_object = stored.is_relation and field.source == stored.name
    if cls.get_attribute is Field.get_attribute and not shows_object:
        return Column(stored.attname, _find_conversion(field))
    return None


def _find_related_column(model: Any, field: Any) -> RelatedColumn | None:
    """Return the column of the related objects that *field* shows; None for a field of a class of the project's own."""
    child, cls = field.child_relation, type(field.child_relation)
    relation = _get_relation(model, field.source)
    if type(field) is not ManyRelatedField or relation is None:
        return None
    if cls.to_representation is drf.PrimaryKeyRelatedField.to_representation:
        stored, convert = _get_stored(relation.related_model, "pk"), _find_conversion(child)
    elif cls.to_representation is drf.SlugRelatedField.to_representation:
        stored, convert = _get_stored(relation.related_model, child.slug_field), _itself
    else:
        return None
    if stored is None or (stored.is_relation and not stored.primary_key):
        return None
    return RelatedColumn(str(field.source), relation, stored.attname, convert)


def _get_stored(model: Any, name: str) -> Any:
    """Return the field *name* of *model*, if an instance holds the value of its column unchanged."""
    try:
        stored = model._meta.pk if name == "pk" else model._meta.get_field(name)
        return stored if type(getattr(model, stored.attname)) in _PLAIN else None
    except (AttributeError, FieldDoesNotExist):
        return None


def _get_relation(model: Any, name: str) -> Any:
    """Return the to-many relation that an instance of *model* has under *name*; None for a generic one."""
    relations: Sequence[Any] = [*model._meta.many_to_many, *model._meta.related_objects]
    for relation in relations:
        accessor = relation.get_accessor_name() if isinstance(relation, ForeignObjectRel) else relation.name
        if accessor == name and (relation.one_to_many or relation.many_to_many):
            return relation if isinstance(relation, ForeignObjectRel | ManyToManyField) else None
    return None


def _find_conversion(field: Any) -> Any:
    """Return `field.to_representation`, or a function that returns the same for values of this list."""
    shows = type(field).to_representation
    if shows is drf.PrimaryKeyRelatedField.to_representation:
        return field.pk_field.to_representation if field.pk_field else _itself
    if shows is DateTimeField.to_representation and field.shows_utc():
        return field.show_in_utc
    return field.to_representation


def _itself(value: Any) -> Any:
    return value
