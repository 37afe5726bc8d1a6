"""Checks for queries that are slow on a large table: orderings, filters and lookups without an index."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, ObjectDoesNotExist
from django.db import DatabaseError
from django.db.models import F, UniqueConstraint, Value
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import Col, Expression, Func, OrderBy
from django.db.models.functions import Cast, Upper
from rest_framework.filters import OrderingFilter
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.pagination import CursorPagination

from hardening.checks import routes
from hardening.checks.choices import chooses_rows, find_queryset
from hardening.checks.routes import Fault
from hardening.checks.rows import find_conditions, has_visibility, select_all
from hardening.checks.stand_ins import make_user
from hardening.resources.column_lists import FlatListMixin, columns

_HINT = "Add an index to Meta.indexes, remove the option, or silence this check if the table stays small."


def check_indexes(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check every routed view that has a queryset."""
    return routes.faults([_check_queries])


def _check_queries(view: Any) -> Iterator[Fault]:
    queryset = find_queryset(view)
    if issubclass(type(view), GenericAPIView) and queryset is not None:
        for check in (_check_ordering, _check_filters, _check_visibility, _check_searches):
            yield from check(view, queryset)
        yield from _check_column_list(view)


def _check_ordering(view: Any, queryset: Any) -> Iterator[Fault]:
    if not issubclass(type(view), ListModelMixin):
        return
    model, paginator = queryset.model, getattr(view, "pagination_class", None)
    order = queryset.query.order_by or model._meta.ordering
    if paginator is not None and issubclass(paginator, CursorPagination):
        order = paginator.ordering
    names = [order] if isinstance(order, str) else list(order)[:1]
    if any(issubclass(backend, OrderingFilter) for backend in view.filter_backends):
        choices = getattr(view, "ordering_fields", None)
        names += [field.name for field in model._meta.fields] if choices in (None, "__all__") else choices
    for name in names:
        if isinstance(name, str) and not _is_indexed(model, name.removeprefix("-")):
            yield Fault(f"orders by {name!r}, for which {model.__name__} has no index.", _HINT, "W030")
        if isinstance(name, str) and _may_be_null(model, name.removeprefix("-")):
            hint = "Order by a column that cannot be NULL, over relations that cannot be NULL."
            yield Fault(f"orders by {name!r}, which may be NULL: cursor pagination ends there.", hint, "W035")
        if isinstance(name, str) and _repeats_rows(model, name.removeprefix("-")):
            hint = "Order by a column of the model, or of a to-one relation."
            yield Fault(f"orders by {name!r}, which repeats a row for each of its related objects.", hint, "W042")


def _check_filters(view: Any, queryset: Any) -> Iterator[Fault]:
    model = queryset.model
    for name in (*getattr(view, "filterset_fields", ()), view.lookup_field):
        if not _is_indexed(model, name):
            yield Fault(f"filters by {name!r}, for which {model.__name__} has no index.", _HINT, "W031")


def _check_visibility(view: Any, queryset: Any) -> Iterator[Fault]:
    if not has_visibility(queryset):
        return  # hardening.E010
    try:
        rows = select_all(queryset) if chooses_rows(view) else queryset.all()
        visible = rows.visible_to(make_user("user"))
    except (DatabaseError, ObjectDoesNotExist):
        return  # it runs a query, which is only possible in a request
    conditions = list(find_conditions(visible.query.where))
    if conditions and not any(map(_is_covered, conditions)):
        model = queryset.model.__name__
        yield Fault(f"shows rows by {model}.visible_to(), whose conditions no index covers.", _HINT, "W032")


def _check_searches(view: Any, queryset: Any) -> Iterator[Fault]:
    model = queryset.model
    for name in getattr(view, "search_fields", None) or ():
        if name.startswith("=") and not _has_index(model, Upper(name[1:])):
            yield Fault(
                f"searches {name[1:]!r} by __iexact, which is UPPER({name[1:]}) in SQL: no index covers it.",
                "Compare Lower() and add an index of Lower(), or add an index of Upper().",
                "W033",
            )


def _check_column_list(view: Any) -> Iterator[Fault]:
    if issubclass(type(view), FlatListMixin) and view.serializer_class is not None:
        try:
            columns(view.serializer_class())
        except ImproperlyConfigured as error:
            yield Fault(f"cannot use a column list: {error}", "Remove FlatListMixin.", "W034")


def _is_covered(condition: Any) -> bool:
    """Return whether an index covers *condition*; True for expressions other than columns and functions of them."""
    left = condition.lhs
    if isinstance(left, Col):
        name = str(condition.lookup_name)
        insensitive = name.startswith("i") and name not in ("in", "isnull")
        return _is_indexed(left.target.model, left.target.name, "iexact" if insensitive else "exact")
    columns = list(_columns(left)) if isinstance(left, Func) else []
    return not columns or any(_shape(first) == _shape(left) for first in _firsts(columns[0].target.model))


def _columns(expression: Any) -> Iterator[Col]:
    """Yield the columns in *expression*."""
    if isinstance(expression, Col):
        yield expression
    for source in expression.get_source_expressions() if isinstance(expression, Expression) else ():
        yield from _columns(source)


def _shape(expression: Any) -> Any:
    """Return a value that is equal for equal expressions, whether or not they are bound to a query."""
    if isinstance(expression, Col):
        return expression.target.name
    if isinstance(expression, F | Value):
        return vars(expression).get("name", ("value", vars(expression).get("value")))
    if not isinstance(expression, Func):
        return object()
    options = [vars(expression).get(name) for name in ("extra", "key_name", "lookup_name")]
    target = type(expression.output_field) if isinstance(expression, Cast) else None
    return type(expression), options, target, [_shape(source) for source in expression.get_source_expressions()]


def _may_be_null(model: Any, path: str) -> bool:
    return any(getattr(field, "null", False) for field in _fields_along(model, path))


def _repeats_rows(model: Any, path: str) -> bool:
    return any(field.is_relation and (field.many_to_many or field.one_to_many) for field in _fields_along(model, path))


def _fields_along(model: Any, path: str) -> Iterator[Any]:
    """Yield the fields and relations on the lookup *path*."""
    for name in path.split(LOOKUP_SEP):
        fields = model._meta.get_fields() if model else ()
        field = next((candidate for candidate in fields if name == candidate.name), None)
        if field is None:
            return
        yield field
        model = field.related_model if field.is_relation else None


def _is_indexed(model: Any, path: str, lookup: str = "exact") -> bool:
    """Return whether an index of *model* begins with the column or expression that the lookup *path* compares."""
    name, _separator, rest = path.partition("__")
    if rest == "iexact" or lookup == "iexact":
        return _has_index(model, Upper(name))
    try:
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist:
        return True  # an annotation
    if rest and field.is_relation:
        return _is_indexed(field.related_model, rest)
    indexed = {vars(first)["name"] for first in _firsts(model) if isinstance(first, F)}
    return field.primary_key or field.unique or getattr(field, "db_index", False) or field.name in indexed


def _has_index(model: Any, expression: Func) -> bool:
    """Return whether an index of *model* begins with *expression*."""
    return any(type(first) is type(expression) and _names(first) == _names(expression) for first in _firsts(model))


def _firsts(model: Any) -> Iterator[Any]:
    """Yield the first column or expression of every index of *model* that covers all rows."""
    uniques = [constraint for constraint in model._meta.constraints if isinstance(constraint, UniqueConstraint)]
    for index in (*model._meta.indexes, *uniques):
        first = index.expressions[0] if index.expressions else F(index.fields[0].removeprefix("-"))
        if index.condition is None:
            yield first.expression if isinstance(first, OrderBy) else first
    yield from (F(names[0]) for names in model._meta.unique_together)


def _names(expression: Any) -> list[str]:
    return [vars(source)["name"] for source in expression.get_source_expressions() if isinstance(source, F)]
