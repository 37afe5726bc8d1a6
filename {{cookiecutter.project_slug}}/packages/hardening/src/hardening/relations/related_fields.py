"""Related fields, one or many, that accept only objects which their scope returns.

An object outside the scope gets the same "does not exist" error as a missing one.
"""

import functools
import itertools
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, TypeVar

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import connections, router
from django.db.models import GenericIPAddressField, IntegerField, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import relations as drf
from rest_framework.exceptions import ValidationError
from rest_framework.fields import get_error_detail
from rest_framework.permissions import SAFE_METHODS

from hardening.json_types import is_strict
from hardening.relations.scopes import AllRelated, Scope, is_scope
from hardening.truncation import shortened

_CHUNK = 1000  # primary keys, or slugs, in one query
MAX_ITEMS = 100  # related objects in one field of one request

_INTEGER = re.compile(r"-?[0-9]{1,100}")  # not \d, which matches the digits of every script
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL and lone surrogates
_NO_KEYS = (bool, float, Mapping, list, tuple, set, bytes, type(None))

_get_range = functools.cache(lambda using, kind: connections[using].ops.integer_field_range(kind))
_Method = TypeVar("_Method", bound=Callable[..., Any])

_FINDS_BY_KEY: set[Any] = {None}  # a field without `get_object()` has no other way


def finds_by_key(method: _Method) -> _Method:
    """Register *method*, a `to_internal_value()` or `get_object()`, as one that finds the object with `key()`.

    A field whose methods are registered may find many objects with one query instead.
    """
    _FINDS_BY_KEY.add(method)
    return method


class ScopedRelatedField(drf.RelatedField[Any, Any, Any]):
    """Base class of the related fields: adds a scope, type checks of the input, and batch loading.

    *scope* is a function that filters *queryset*. A function may also be passed as *queryset*; it then filters all
    objects that the model's field allows.
    """

    wrong_type = "invalid"  # the error code for input of a wrong type
    is_offering = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.scope: Scope | None = kwargs.pop("scope", None)
        self.batch: Mapping[Hashable, Any] | None = None
        if is_scope(kwargs.get("queryset")):
            self.scope = kwargs["queryset"]
            kwargs["queryset"] = AllRelated(self)
        super().__init__(*args, **kwargs)

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> "ManyRelatedField":
        """Return a `ManyRelatedField` of this field, with at most *max_items* items."""
        own = {"max_items": kwargs.pop("max_items")} if "max_items" in kwargs else {}
        shared = {key: kwargs[key] for key in drf.MANY_RELATION_KWARGS if key in kwargs}
        return ManyRelatedField(child_relation=cls(*args, **kwargs), **shared, **own)

    def get_queryset(self) -> Any:
        """Return the objects that the requesting user may refer to.

        Requests with POST, PUT, PATCH or DELETE read them from the database that is written.
        """
        queryset: Any = drf.RelatedField.get_queryset(self)
        if isinstance(queryset, AllRelated):
            queryset = queryset.all()
        if self.scope is not None and queryset is not None:
            queryset = self.scope(queryset, self)
        if self.is_offering and isinstance(queryset, QuerySet) and queryset.query.select_for_update:
            queryset = queryset.all()
            queryset.query.select_for_update = False
        request = self.context.get("request")
        if isinstance(queryset, QuerySet) and (request is None or request.method not in SAFE_METHODS):
            written = router.db_for_write(queryset.model)
            return queryset if queryset.db == written else queryset.using(written)
        return queryset

    def get_choices(self, cutoff: int | None = None) -> Any:
        """Return the choices for the browsable API, without locking rows as a scope may do."""
        self.is_offering = True
        try:
            return super().get_choices(cutoff)
        finally:
            self.is_offering = False

    def get_key_queryset(self) -> QuerySet[Any] | None:
        """Return the queryset for batch loading, or None if a subclass overrides how an object is found."""
        plain = all(getattr(type(self), name, None) in _FINDS_BY_KEY for name in ("to_internal_value", "get_object"))
        queryset = self.get_queryset() if plain else None
        return queryset if isinstance(queryset, QuerySet) else None

    def lookup(self) -> str:
        """Return the lookup path, for `filter()`, of the model field that input is compared with."""
        raise NotImplementedError

    @functools.cached_property
    def key_field(self) -> Any:
        """The model field of `lookup()`, or None if the queryset is not a Django queryset."""
        queryset: Any = getattr(self, "queryset", None)
        queryset = self.get_queryset() if queryset is None else queryset
        model: Any = getattr(queryset, "model", None)
        field: Any = None
        for name in self.lookup().split("__") if model else ():
            field = model._meta.pk if name == "pk" else model._meta.get_field(name)
            model = field.related_model
        while getattr(field, "target_field", None) is not None:  # a primary key that is a foreign key
            field = field.target_field
        return field

    def key(self, data: Any) -> Any:
        """Return *data* converted to a value of `key_field`; raise `ValidationError` if that is not possible.

        It runs no query.
        """
        field = self.key_field
        if field is None:
            return data
        if not may_be_key(data, field):
            self.fail(self.wrong_type, data_type=type(data).__name__)
        try:
            key = field.to_python(data)
            if isinstance(key, datetime) and key.tzinfo is not None:
                key.astimezone(UTC)  # the database compares date-times in UTC
        except TypeError:  # for example a number for a date
            self.fail(self.wrong_type, data_type=type(data).__name__)
        except OverflowError:  # a date-time that is out of range in UTC
            self.missing(data)
        if isinstance(field, IntegerField) and not in_range(key, field):
            self.missing(data)
        return key

    def missing(self, data: Any) -> Any:
        """Raise the error for an object that does not exist, or is outside the scope."""
        self.fail("does_not_exist", pk_value=data)

    def fetch(self, keys: Iterable[Hashable], queryset: QuerySet[Any]) -> dict[Hashable, Any]:
        """Return `{key: object}` for the *keys* found in *queryset*, with one query per 1000 keys."""
        path = self.lookup()
        if "__" in path:
            queryset = queryset.select_related(path.rpartition("__")[0])
        key_of = attrgetter(path.replace("__", "."))
        found: dict[Hashable, Any] = {}
        wanted = iter(set(keys))
        while chunk := list(itertools.islice(wanted, _CHUNK)):
            for each in queryset.filter(**{f"{path}__in": chunk}):
                other = found.setdefault(key_of(each), each)
                if other is not each and other != each:  # a join may return a row twice
                    raise queryset.model.MultipleObjectsReturned(f"{path}={key_of(each)!r} is not unique.")
        return found

    def from_batch(self, data: Any) -> Any:
        """Return the object for *data* from `batch`, which was loaded for all objects of the request body."""
        found = (self.batch or {}).get(self.key(data))
        return self.missing(data) if found is None else found

    def fail(self, key: str, **kwargs: Any) -> Any:
        """Raise the error with the code *key*; long input is shortened in the message."""
        super().fail(key, **{name: shortened(value) for name, value in kwargs.items()})


RelatedField = ScopedRelatedField  # DRF's name for the base class of custom related fields


class PrimaryKeyRelatedField(ScopedRelatedField, drf.PrimaryKeyRelatedField[Any]):
    """DRF's `PrimaryKeyRelatedField` with a scope: `PrimaryKeyRelatedField(queryset=visible_to_caller)`."""

    wrong_type = "incorrect_type"

    def lookup(self) -> str:
        return "pk"

    def key(self, data: Any) -> Any:
        if self.pk_field is not None:
            return self.pk_field.to_internal_value(data)
        if isinstance(data, str) and isinstance(self.key_field, IntegerField) and is_strict(self):
            self.fail("incorrect_type", data_type=type(data).__name__)
        return super().key(data)

    @finds_by_key
    def to_internal_value(self, data: Any) -> Any:
        if self.batch is not None:
            return self.from_batch(data)
        self.key(data)
        return super().to_internal_value(data)


class ManyRelatedField(drf.ManyRelatedField):
    """Load a list of related objects with one query.

    Errors are reported by the index of the item, and repeated objects are returned once.
    """

    default_error_messages = {"max_items": _("Ensure this field has no more than {max_items} items.")}

    def __init__(self, child_relation: Any = None, *args: Any, **kwargs: Any) -> None:
        self.max_items: int | None = kwargs.pop("max_items", MAX_ITEMS)
        super().__init__(child_relation, *args, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, str | Mapping) or not hasattr(data, "__iter__"):
            self.fail("not_a_list", input_type=type(data).__name__)
        if not self.allow_empty and len(data) == 0:
            self.fail("empty")
        if self.max_items is not None and len(data) > self.max_items:
            self.fail("max_items", max_items=self.max_items)
        child: Any = self.child_relation
        queryset = getattr(child, "get_key_queryset", lambda: None)()
        if queryset is None:
            found, errors = collect(child.to_internal_value, list(data))
            objects = list(found.values())
        else:
            objects, errors = find_all(child, list(data), queryset)
        if errors:
            ordered: Any = {index: errors[index] for index in sorted(errors)}
            raise ValidationError(ordered)
        return list(dict.fromkeys(objects))

    def to_representation(self, iterable: Any) -> list[Any]:
        return super().to_representation(in_order(iterable))


def find_all(field: Any, data: list[Any], queryset: QuerySet[Any]) -> tuple[list[Any], dict[int, Any]]:
    """Return the objects of *queryset* with the primary keys, slugs or URLs in *data*, and the errors by index."""
    keys, errors = collect(field.key, data)
    found = field.batch if field.batch is not None else field.fetch(keys.values(), queryset)
    absent = {index: data[index] for index, key in keys.items() if key not in found}
    _none, missing = collect(field.missing, absent)
    return [found[key] for key in keys.values() if key in found], errors | missing


def in_order(rows: Any) -> Any:
    """Return *rows*, sorted by primary key if they are an unordered queryset, so that the order is always the same."""
    return sorted(rows, key=attrgetter("pk")) if isinstance(rows, QuerySet) and not _is_ordered(rows) else rows


def _is_ordered(rows: Any) -> bool:
    """Return `rows.ordered` without its cost: for a prefetched relation, it would build the query that nobody runs."""
    query = rows._query
    by_default = query.default_ordering and query.get_meta().ordering and not query.group_by
    return bool(query.order_by or query.extra_order_by or by_default)


def collect(function: Callable[[Any], Any], data: Any) -> tuple[dict[int, Any], dict[int, Any]]:
    """Return what *function* returns for each item of *data*, a list or a mapping, and its errors, both by index."""
    results: dict[int, Any] = {}
    errors: dict[int, Any] = {}
    for index, item in data.items() if isinstance(data, Mapping) else enumerate(data):
        try:
            results[index] = function(item)
        except ValidationError as error:
            errors[index] = error.detail
        except DjangoValidationError as error:
            errors[index] = get_error_detail(error)
    return results, errors


def may_be_key(data: Any, field: Any) -> bool:
    """Return True if *data*, a value of the request body, can be a value of the model field *field*."""
    if isinstance(field, GenericIPAddressField):
        return isinstance(data, str) and _is_address(data, field)
    if isinstance(data, str):
        return bool(_INTEGER.fullmatch(data)) if isinstance(field, IntegerField) else not _UNSTORABLE.search(data)
    # Booleans and floats are rejected because True, and 1.5 when converted to an integer, would match the key 1.
    return not isinstance(data, _NO_KEYS)


def _is_address(text: str, field: Any) -> bool:
    """Return True if *text* is an IP address; PostgreSQL raises an error if another text is compared with one."""
    try:
        for validate in field.default_validators:
            validate(text)
    except DjangoValidationError:
        return False
    return True


def is_storable(text: str) -> bool:
    """Return True if every database can store *text*: it has no NUL and no lone surrogate."""
    return not _UNSTORABLE.search(text)


def in_range(key: int, field: Any) -> bool:
    """Return True if *key* is in the range of the column of *field*; drivers may raise an error for larger numbers."""
    lowest, highest = _get_range(router.db_for_write(field.model), field.get_internal_type())
    return (lowest is None or key >= lowest) and (highest is None or key <= highest)
