"""Scopes: functions that limit the objects which a related field accepts, and lists in the browsable API.

A scope is `fn(queryset, field) -> queryset`. It runs for every request: `field.context["request"].user` is the
requesting user, and `field.root.instance` is the object that the request changes.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist, ValidationError
from django.db.models import Manager, Model, QuerySet
from rest_framework.exceptions import NotAuthenticated
from rest_framework.relations import ManyRelatedField

Scope = Callable[[QuerySet[Any], Any], QuerySet[Any]]

# Raised where `visible_to()` compares an anonymous user with a column, or reads an attribute that only users have.
_NEEDS_A_USER = (AttributeError, ObjectDoesNotExist, TypeError, ValidationError, ValueError)


def is_scope(queryset: Any) -> bool:
    """Return True if *queryset* is a scope: a function, and not a queryset or manager."""
    return callable(queryset) and not isinstance(queryset, QuerySet | Manager)


def select_visible(queryset: Any, user: Any) -> Any:
    """Return the rows of *queryset* that are visible to *user*.

    Raise `NotAuthenticated`, a 401, if *user* is anonymous and `visible_to()` works with users of the database only.
    """
    if getattr(user, "is_authenticated", False):
        return queryset.visible_to(user)
    try:
        return queryset.visible_to(user)
    except _NEEDS_A_USER as error:
        raise NotAuthenticated from error


def visible_to_caller(queryset: QuerySet[Any], field: Any) -> QuerySet[Any]:
    """Return the objects visible to the requesting user; a scope for models with `visible_to(user)`.

    Raises `ImproperlyConfigured` if the serializer's context has no request.
    """
    request = field.context.get("request")
    if request is None:
        raise ImproperlyConfigured("visible_to_caller needs a serializer with context={'request': request}.")
    return select_visible(queryset, request.user)  # type: ignore[no-any-return]  # the type of *queryset*


def locked(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Lock the rows that *queryset* returns, for a scope whose condition must still be true when the request writes.

    Without a lock, another transaction can change a related row between validation and the INSERT, so that the row
    is outside the scope by then. The lock lasts until the transaction ends; the viewset therefore needs
    `in_one_transaction = True`, or Django raises `TransactionManagementError`. Requests that refer to the same row
    wait for each other.
    """
    return queryset.select_for_update(of=("self",), no_key=True)


class AllRelated:
    """A placeholder for the queryset of a field that has only a scope: all objects that the model's field allows."""

    def __init__(self, field: Any) -> None:
        self.field = field

    @property
    def model(self) -> type[Model]:
        return self._relation().related_model  # type: ignore[no-any-return]  # Django's relations are untyped

    def all(self) -> QuerySet[Any]:
        limit: Any = getattr(self._relation(), "get_limit_choices_to", dict)()
        return self.model._default_manager.complex_filter(limit)

    def _relation(self) -> Any:
        is_one_of_many = isinstance(self.field.parent, ManyRelatedField)
        field = self.field.parent if is_one_of_many else self.field
        return field.parent.Meta.model._meta.get_field(field.source)
