"""Viewsets that show a caller what is theirs, and lock what they change until it is written."""

import copy
import functools
import re
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import router
from django.db.models import CharField, Model, ProtectedError, QuerySet, RestrictedError
from rest_framework import mixins, viewsets
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import SAFE_METHODS

from hardening.integrity.in_use import build_in_use, translate_deletion
from hardening.integrity.transactions import Unit, lock_rows
from hardening.relations.related_fields import may_be_key
from hardening.relations.scopes import select_visible
from hardening.routing.compiled_selects import CompiledSelect
from hardening.routing.filter_sets import Parameter, errors_by_parameter, forms_of, parameters_of
from hardening.routing.lookup_patterns import LookupPattern, model_of, resolve_field
from hardening.serializers.shown_fields import shows_only_fields
from hardening.views import APIView

_Method = TypeVar("_Method", bound=Callable[..., Any])

_TEXT: Any = CharField()  # any column of text

_READ_THE_BODY = ("create", "update", "partial_update")

_WRITE_ONCE: set[Any] = {mixins.CreateModelMixin.create, mixins.CreateModelMixin.perform_create}


def writes_once(method: _Method) -> _Method:
    """Register *method*, a `create()` or `perform_create()`, as one that writes only what `serializer.save()` writes.

    A request that ends in such methods is not one transaction of its own, since `save()` is one. An overridden method
    is not registered, even by a decorator that copies the attributes of the method that it wraps.
    """
    _WRITE_ONCE.add(method)
    return method


class GenericViewSet(APIView, viewsets.GenericViewSet[Any]):
    """DRF's viewset over what the model's queryset says is visible to the caller.

    An unsafe request on one object runs as one transaction that begins with a lock on it, so that nobody's
    change is lost and a violation at COMMIT is translated like any other. So do actions of a viewset's own, and
    overridden `create()` and `perform_create()`, which may write more than one row. Everything that needs no database
    comes before it: negotiation, permissions, headers, and reading and parsing the request body.
    """

    reads_before_it_locks = False
    """Whether the queryset is of a kind whose rows SQL cannot lock, grouped ones say."""

    is_annotated: bool | None = None
    """Whether the queryset that the changed object was found in has annotations; None if none was searched."""

    lookup_value_regex: Any = LookupPattern()
    """The pattern of the key in the URL: of the field that `lookup_field` names, unless a view sets one of its own."""

    def is_one_unit(self) -> bool:
        """Tell whether all that the handler does is one transaction; DRF's own `create()` leaves that to `save()`."""
        if self.in_one_transaction or self.changes_one_object() or not _creates_as_drf_does(type(self), self.action):
            return True
        return super().is_one_unit()

    def get_write_database(self) -> str:
        """Return the alias of the database that the model is written to."""
        queryset: Any = getattr(self, "queryset", None)
        return str(router.db_for_write((self.get_queryset() if queryset is None else queryset).model))

    def read_body(self) -> None:
        """Read and parse the request body, an empty one too where a serializer will read it."""
        if self.action in _READ_THE_BODY:
            self.request.data  # noqa: B018  # the property reads
        else:
            super().read_body()

    def changes_one_object(self) -> bool:
        """Tell whether the request is an unsafe one on a single object."""
        if self.action == "metadata":  # OPTIONS tries PUT for its permissions, and changes nothing
            return False
        return bool(self.detail) and self.request.method not in SAFE_METHODS

    def get_queryset(self) -> Any:
        """Return what the caller may see, with what the serializer shows of it fetched along."""
        queryset: Any = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return queryset
        queryset = select_visible(queryset, self.request.user)
        if self.changes_one_object():
            return queryset.using(router.db_for_write(queryset.model))
        meta = getattr(self.get_serializer_class(), "Meta", None)
        if relations := getattr(meta, "select_related", ()):
            queryset = queryset.select_related(*relations)
        return queryset.prefetch_related(*getattr(meta, "prefetch_related", ()))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filter as DRF does, and lock the rows of an unsafe request on one object."""
        try:
            queryset = super().filter_queryset(queryset)
        except ValidationError as error:
            raise errors_by_parameter(error, forms_of(self)) from error
        if not self.changes_one_object():
            return queryset
        self.is_annotated = bool(queryset.query.annotation_select)
        self.reads_before_it_locks = not _can_be_locked(queryset)
        return queryset if self.reads_before_it_locks else lock_rows(queryset)

    def get_object(self) -> Any:
        """Return the object that the URL names, locked if the request changes it."""
        self.check_keys()
        try:
            instance = self._find_object()
            if self.reads_before_it_locks:
                self.unit.lock(instance)
                instance = self._find_object()  # as it is by now
        except ArithmeticError as error:  # a number beyond what the driver, or the type of the column, can hold
            raise NotFound from error
        if self.changes_one_object():
            self.unit.locked.append(instance)
        return instance

    def _find_object(self) -> Any:
        """Return the object as DRF's `get_object()` does, with a SELECT that is compiled once."""
        rows: Any = self.filter_queryset(self.get_queryset())
        if isinstance(rows, QuerySet):
            rows = CompiledSelect(rows)  # the part of a queryset that is used here
        key = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        instance = get_object_or_404(rows, **{self.lookup_field: key})
        self.check_object_permissions(self.request, instance)
        return instance

    def check_keys(self) -> None:
        """Raise `NotFound` for a key in the URL that no column holds: PostgreSQL would fail on it."""
        if not all(may_be_key(text, _TEXT) for text in self.kwargs.values()):
            raise NotFound
        text = self.kwargs.get(self.lookup_url_kwarg or self.lookup_field)
        field = resolve_field(model_of(self), self.lookup_field)
        if isinstance(text, str) and not (re.fullmatch(self.lookup_value_regex, text) and may_be_key(text, field)):
            raise NotFound

    def get_query_parameters(self) -> set[str]:
        """Return the parameters of a list: the paginator's and the filters'."""
        if self.detail or self.request.method not in SAFE_METHODS:
            return set()
        sources: list[Any] = [backend() for backend in self.filter_backends]
        if self.paginator is not None:
            sources.append(self.paginator)
        documented = [source for source in sources if hasattr(source, "get_schema_operation_parameters")]
        names = {each["name"] for source in documented for each in source.get_schema_operation_parameters(self)}
        return names | {each.name for each in self.filter_parameters}

    def get_repeatable_parameters(self) -> set[str]:
        """Return the parameters that may be there more than once: those of filters for several values."""
        if self.detail or self.request.method not in SAFE_METHODS:
            return set()
        return {each.name for each in self.filter_parameters if each.is_repeatable}

    @functools.cached_property
    def filter_parameters(self) -> list[Parameter]:
        """The parameters of filter sets, such as django-filter's."""
        return [each for form in forms_of(self) for each in parameters_of(form)]


class DestroyModelMixin(mixins.DestroyModelMixin):
    """DRF's, with 409 for what others refer to: they are named by their kind, never by their ids."""

    def perform_destroy(self, instance: Model) -> None:
        """Delete *instance*; raise `InUse` where the models protect it, or the database alone does."""
        running: Unit = self.unit  # type: ignore[attr-defined]  # of GenericViewSet
        stored = copy.copy(instance)  # deleting takes the key away
        running.translators.append(lambda error: translate_deletion(error, stored, running.using))
        try:
            instance.delete()
        except ProtectedError as error:
            raise build_in_use(error.protected_objects) from error
        except RestrictedError as error:
            raise build_in_use(error.restricted_objects) from error


class ModelViewSet(
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    DestroyModelMixin,
    mixins.ListModelMixin,
    GenericViewSet,
):
    """All of it: list, create, retrieve, update, partial update and destroy."""

    @writes_once
    def perform_create(self, serializer: Any) -> None:
        super().perform_create(serializer)
        if not (_responds_as_drf_does(type(self)) and shows_only_fields(serializer)):
            self.annotate(serializer.instance)

    def perform_update(self, serializer: Any) -> None:
        super().perform_update(serializer)
        if self.is_annotated is not False:
            self.annotate(serializer.instance)

    def annotate(self, instance: Any) -> None:
        """Have *instance*, which was just written, show what the queryset annotates: with one query if it does."""
        queryset = self.get_queryset() if isinstance(instance, Model) else None
        if queryset is not None and (names := list(queryset.query.annotation_select)):
            stored = queryset.using(router.db_for_write(queryset.model)).prefetch_related(None)
            vars(instance).update(stored.filter(pk=instance.pk).values(*names).first() or {})


@functools.cache
def _creates_as_drf_does(viewset: type[GenericViewSet], action: str | None) -> bool:
    """Tell whether *action* is `create()` and writes nothing but what the serializer's `save()` writes."""
    create, perform_create = (getattr(viewset, name, None) for name in ("create", "perform_create"))
    return action == "create" and create in _WRITE_ONCE and perform_create in _WRITE_ONCE


@functools.cache
def _responds_as_drf_does(viewset: type[GenericViewSet]) -> bool:
    """Tell whether `create()` shows the created object by the serializer that wrote it, and by no other."""
    chosen = viewset.get_serializer_class is viewsets.GenericViewSet.get_serializer_class
    return chosen and getattr(viewset, "create", None) in _WRITE_ONCE


def _can_be_locked(queryset: QuerySet[Any]) -> bool:
    query = queryset.query
    over = any(getattr(each, "contains_over_clause", False) for each in query.annotations.values())
    return not (query.distinct or query.group_by or query.combinator or over)
