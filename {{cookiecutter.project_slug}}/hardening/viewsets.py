"""Viewsets that show a caller what is theirs, and lock what they change until it is written."""

import copy
import functools
import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.apps import apps
from django.db import connections, router
from django.db.models import CASCADE, SET_DEFAULT, SET_NULL, CharField, Model, ProtectedError, QuerySet, RestrictedError
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from rest_framework import mixins, viewsets
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from hardening.exceptions import InUse
from hardening.filtersets import Parameter, errors_by_parameter, forms_of, parameters_of
from hardening.integrity import drivers
from hardening.integrity.drivers import DriverError, Kind, Refusal
from hardening.integrity.transactions import Unit, locked, unit
from hardening.keys import may_be_key
from hardening.nested import names_of_parents
from hardening.patterns import LookupPattern, model_of, resolve_field
from hardening.views import APIView
from hardening.visibility import select_visible

_READ_THE_BODY = ("create", "update", "partial_update")


class GenericViewSet(APIView, viewsets.GenericViewSet[Any]):
    """DRF's viewset over what the model's queryset says is visible to the caller.

    An unsafe request on one object runs as one transaction that begins with a lock on it, so that nobody's
    change is lost and a refusal at COMMIT is explained like any other. Everything that needs no database comes
    before it: negotiation, permissions, headers, and reading and parsing the request body.
    """

    in_one_transaction = False
    """Whether every unsafe request is one transaction, from validation on: for related fields whose scopes lock."""

    reads_before_it_locks = False
    """Whether the queryset is of a kind whose rows SQL cannot lock, grouped ones say."""

    names_of_parents: Collection[str] = ()
    """The field names in the body whose values come from the URL and not from the client."""

    lookup_value_regex: Any = LookupPattern()
    """The pattern of the key in the URL: of the field that `lookup_field` names, unless a view sets one of its own."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Prepare the request as DRF does, and put the handler into a transaction where it changes one object."""
        super().initial(request, *args, **kwargs)
        self.names_of_parents = names_of_parents(self)
        method = str(request.method).lower()
        # Only names of methods: a client may also send REQUEST or SETTINGS, which name attributes of a view.
        handler = getattr(self, method, None) if method in self.http_method_names else None
        if handler is not None and self.is_one_unit():
            setattr(self, method, self.in_unit(handler))

    def is_one_unit(self) -> bool:
        """Tell whether all that the handler does is one transaction."""
        return self.changes_one_object() or (self.in_one_transaction and self.request.method not in SAFE_METHODS)

    def changes_one_object(self) -> bool:
        """Tell whether the request is an unsafe one on a single object."""
        if self.action == "metadata":  # OPTIONS tries PUT for its permissions, and changes nothing
            return False
        return bool(self.detail) and self.request.method not in SAFE_METHODS

    def in_unit(self, handler: Callable[..., Response]) -> Callable[..., Response]:
        """Return *handler* run as one transaction on the database that its model is written to."""

        def run(*args: Any, **kwargs: Any) -> Response:
            queryset: Any = getattr(self, "queryset", None)
            model = (self.get_queryset() if queryset is None else queryset).model
            self.read_body()
            with unit(router.db_for_write(model)) as self.unit:
                return self.run(handler, *args, **kwargs)

        return run

    def read_body(self) -> None:
        """Read and parse the request body, since a client that is slow to send it must not hold a transaction open.

        An empty body is left to a handler that asks for it: many clients send `Content-Type` with every DELETE.
        """
        if self.action in _READ_THE_BODY or self.request.META.get("CONTENT_LENGTH") not in (None, "", "0"):
            self.request.data  # noqa: B018  # the property reads

    def run(self, handler: Callable[..., Response], *args: Any, **kwargs: Any) -> Response:
        """Return what *handler* answers; runs within the transaction."""
        return handler(*args, **kwargs)

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
        self.reads_before_it_locks = self.changes_one_object() and not _can_be_locked(queryset)
        return locked(queryset) if self.changes_one_object() and not self.reads_before_it_locks else queryset

    def get_object(self) -> Any:
        """Return the object that the URL names, locked if the request changes it."""
        self.check_keys()
        try:
            instance = super().get_object()
            if self.reads_before_it_locks:
                self.unit.lock(instance)
                instance = super().get_object()  # as it is by now
        except ArithmeticError as error:  # a number beyond what the driver, or the type of the column, can hold
            raise NotFound from error
        if self.changes_one_object():
            self.unit.locked.append(instance)
        return instance

    def check_keys(self) -> None:
        """Raise `NotFound` for a key in the URL that no column holds: PostgreSQL would refuse to look."""
        if not all(may_be_key(text, CharField()) for text in self.kwargs.values()):
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
        running.explanations.append(lambda error: _explained(error, stored, running.using))
        try:
            instance.delete()
        except ProtectedError as error:
            raise _in_use(error.protected_objects) from error
        except RestrictedError as error:
            raise _in_use(error.restricted_objects) from error


class ModelViewSet(
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    DestroyModelMixin,
    mixins.ListModelMixin,
    GenericViewSet,
):
    """All of it: list, create, retrieve, update, partial update and destroy."""

    def perform_create(self, serializer: Any) -> None:
        super().perform_create(serializer)
        self.annotate(serializer.instance)

    def perform_update(self, serializer: Any) -> None:
        super().perform_update(serializer)
        self.annotate(serializer.instance)

    def annotate(self, instance: Any) -> None:
        """Have *instance*, which was just written, show what the queryset annotates: with one query if it does."""
        queryset = self.get_queryset() if isinstance(instance, Model) else None
        if queryset is not None and (names := list(queryset.query.annotation_select)):
            stored = queryset.using(router.db_for_write(queryset.model)).prefetch_related(None)
            vars(instance).update(stored.filter(pk=instance.pk).values(*names).first() or {})


def _can_be_locked(queryset: QuerySet[Any]) -> bool:
    query = queryset.query
    over = any(getattr(each, "contains_over_clause", False) for each in query.annotations.values())
    return not (query.distinct or query.group_by or query.combinator or over)


def _explained(error: DriverError, instance: Model, using: str) -> Exception:
    refusal = drivers.read(error, connections[using])
    if refusal is None or refusal.kind not in (Kind.FOREIGN_KEY, Kind.CHECK, Kind.NOT_NULL, Kind.UNIQUE):
        return error
    return _in_use(_referrers(refusal, instance, using))


def _referrers(refusal: Refusal, instance: Model, using: str) -> Iterable[Any]:
    """Yield the models whose rows stand in the way: of the table that the refusal names, where it names one."""
    if refusal.table:
        yield from (each for each in apps.get_models() if each._meta.db_table == refusal.table)
        return
    for relation in instance._meta.related_objects:
        goes_along = relation.on_delete in (CASCADE, SET_NULL, SET_DEFAULT)
        rows = relation.related_model._base_manager.using(using).filter(**{relation.field.name: instance})
        if not goes_along and rows.exists():
            yield relation.related_model


def _in_use(holders: Iterable[Any]) -> InUse:
    names = sorted({str(each._meta.verbose_name_plural) for each in holders})
    return InUse(_("This is in use by {holders}.").format(holders=get_text_list(names, _("and")))) if names else InUse()
