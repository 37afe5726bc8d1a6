"""Derive the invalid values of a serializer field from its type, its bounds and its validators."""

from collections.abc import Callable, Iterator
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import IntegerField
from rest_framework import relations, serializers
from rest_framework.serializers import BaseSerializer, ListSerializer

from hardening.json_types import is_checked
from hardening.serializers import JSONField
from hardening.testing import values
from hardening.testing.example_values import make_value
from hardening.testing.invalid_texts import list_invalid_texts
from hardening.testing.requests import list_writable_fields, name_of, related_model
from hardening.testing.values import MISSING, WRONG_TYPE, Invalid, Refused, with_codes

Related = Callable[[Any], Any]

_RELATED: Any = (
    relations.PrimaryKeyRelatedField,
    relations.SlugRelatedField,
    relations.HyperlinkedRelatedField,
)


def list_invalid(field: Any, valid: Any, others: Related) -> Iterator[Invalid]:
    """Yield the values that *field* rejects; *valid* is one that it accepts.

    *others* is a function that returns another user's object of a model, or None if all users see its objects.
    """
    if field.required and not getattr(field.root, "partial", False):
        yield Invalid(MISSING, ("required",))
    if not field.allow_null:
        yield Invalid(None, ("null",))
    if not _is_known(field):
        yield from with_codes(values.UNSTORABLE if isinstance(field, serializers.CharField) else [])
        return
    for kind, derive in _DERIVATIONS:
        if isinstance(field, kind):
            yield from derive(field, valid, others)
            return


def _is_known(field: Any) -> bool:
    """Return whether the field accepts the JSON type of its base class only; a subclass by others may accept more."""
    return is_checked(field) or isinstance(field, (BaseSerializer, relations.ManyRelatedField, JSONField, *_RELATED))


def _integer(field: Any, _valid: Any, _others: Related) -> Iterator[Invalid]:
    lowest, highest = _bounds(field)
    unlimited = {code for code, bound in (("min_value", lowest), ("max_value", highest)) if bound is None}
    yield from with_codes([(value, code) for value, code in values.NO_INTEGERS if code not in unlimited])
    if lowest is not None:
        yield from with_codes([(lowest - step, "min_value") for step in (1, 2, 10**6)])
    if highest is not None:
        yield from with_codes([(highest + step, "max_value") for step in (1, 2, 10**6)])


def _bounds(field: Any) -> tuple[Any, Any]:
    """Return the strictest lower and upper bound of *field*, from its arguments and its validators."""
    lowest = [each.limit_value for each in field.validators if isinstance(each, MinValueValidator)]
    highest = [each.limit_value for each in field.validators if isinstance(each, MaxValueValidator)]
    bounds = (max(lowest, default=field.min_value), min(highest, default=field.max_value))
    return tuple(bound() if callable(bound) else bound for bound in bounds)


def _float(field: Any, _valid: Any, _others: Related) -> Iterator[Invalid]:
    yield from with_codes(values.NO_FLOATS)
    yield from _outside(field)


def _outside(field: Any) -> Iterator[Invalid]:
    lowest, highest = _bounds(field)
    if lowest is not None:
        yield Invalid(float(lowest) - 1, ("min_value",))
    if highest is not None:
        yield Invalid(float(highest) + 1, ("max_value", "max_digits", "max_whole_digits"))


def _decimal(field: Any, _valid: Any, _others: Related) -> Iterator[Invalid]:
    yield from with_codes(values.NO_DECIMALS)
    if field.max_digits is not None and field.decimal_places is not None:
        whole = field.max_digits - field.decimal_places
        yield Invalid("1" + "0" * whole, ("max_whole_digits", "max_value"))
        yield Invalid(10 ** (field.max_digits + 1), ("max_digits", "max_value"))
        yield Invalid(f"0.{'0' * field.decimal_places}1", ("max_decimal_places", "max_digits"))
        yield Invalid("1e-50", ("max_digits", "max_decimal_places"))
    yield from _outside(field)


def _choice(field: Any, _valid: Any, _others: Related) -> Iterator[Invalid]:
    texts = {str(choice) for choice in field.choices}
    numbers = [] if any(isinstance(choice, int) for choice in field.choices) else [5, 0, -1]
    yield from with_codes([(value, code) for value, code in values.NO_CHOICES if str(value) not in texts])
    yield from with_codes([(number, "invalid_choice") for number in numbers])
    if not field.allow_blank and "" not in texts:
        yield Invalid("", ("invalid_choice",))
    for choice in list(field.choices)[:1]:
        for text in (str(choice).upper(), f" {choice}", f"{choice}\0"):
            if text not in texts:
                yield Invalid(text, ("invalid_choice",))
        if isinstance(choice, int):
            yield Invalid(str(choice), (WRONG_TYPE,))


def _choices(field: Any, _valid: Any, _others: Related) -> Iterator[Invalid]:
    yield from with_codes([(value, code) for value, code in values.NO_LISTS if not isinstance(value, dict)])
    yield Invalid(["?"], ("invalid_choice",))
    yield Invalid([*field.choices, "?"], ("invalid_choice",))
    if not field.allow_empty:
        yield Invalid([], ("empty",))


def _constant(refused: Refused) -> Callable[..., Iterator[Invalid]]:
    """Return a derivation that yields *refused* for every field of a type."""
    return lambda _field, _valid, _others: with_codes(refused)


def _boolean(field: Any, _valid: Any, _others: Related) -> Iterator[Invalid]:
    yield from with_codes(values.NO_BOOLEANS)
    yield Invalid("", (WRONG_TYPE if field.allow_null else "invalid",))  # DRF reads "" as null if that is allowed


def _duration(field: Any, _valid: Any, _others: Related) -> Iterator[Invalid]:
    yield from with_codes(values.NO_DURATIONS)
    lowest, highest = _bounds(field)
    if highest is not None:
        yield Invalid("999999999 00:00:00", ("max_value",))
    if lowest is not None:
        yield Invalid("-999999999 00:00:00", ("min_value",))


def _list(field: Any, valid: Any, others: Related) -> Iterator[Invalid]:
    yield from with_codes(values.NO_LISTS)
    child = valid[0] if valid else make_value(field.child)
    if field.max_length is not None:
        yield Invalid([child] * (field.max_length + 1), ("max_length",))
        yield Invalid([child] * 20_000, ("max_length",))
    if not field.allow_empty:
        yield Invalid([], ("empty",))
    for bad in list_invalid(field.child, child, others):
        if bad.value is not MISSING:
            yield Invalid([bad.value], bad.codes, f"/0{bad.at}", bad.queries)


def _dict(field: Any, valid: Any, others: Related) -> Iterator[Invalid]:
    yield from with_codes(values.NO_DICTS)
    child = next(iter((valid or {}).values()), make_value(field.child))
    yield from with_codes([({text: child}, code) for text, code in values.UNSTORABLE])
    for bad in list_invalid(field.child, child, others):
        if bad.value is not MISSING:
            yield Invalid({"key": bad.value}, bad.codes, f"/key{bad.at}", bad.queries)


def _nested(field: Any, valid: Any, others: Related) -> Iterator[Invalid]:
    yield from with_codes(values.NO_OBJECTS)
    yield Invalid({**valid, "nothing": 1}, ("unknown_field",), "/nothing")
    for name, inner in list_writable_fields(field):
        for bad in list_invalid(inner, valid.get(name), others):
            rest = {key: value for key, value in valid.items() if key != name}
            sent = rest if bad.value is MISSING else rest | {name: bad.value}
            yield Invalid(sent, bad.codes, f"/{name}{bad.at}", bad.queries)


def _nested_list(field: Any, valid: Any, others: Related) -> Iterator[Invalid]:
    yield from with_codes(values.NO_LISTS)
    if field.max_length is not None:
        yield Invalid(valid * (field.max_length + 1), ("max_length",))
    if not field.allow_empty:
        yield Invalid([], ("empty",))
    for bad in _nested(field.child, valid[0], others):
        yield Invalid([bad.value], bad.codes, f"/0{bad.at}", bad.queries)


def _related(field: Any, _valid: Any, others: Related) -> Iterator[Invalid]:
    yield from _no_keys(field)
    model = related_model(field)
    theirs = others(model)
    if theirs is not None:
        yield Invalid(name_of(theirs, field), ("does_not_exist",), "", queries=True)


def _no_keys(field: Any) -> Iterator[Invalid]:
    if isinstance(field, relations.HyperlinkedRelatedField):
        yield from with_codes(values.NO_LINKS)
    elif isinstance(field, relations.SlugRelatedField):
        yield from with_codes(values.NO_SLUG_KEYS)
        yield Invalid("nothing", ("does_not_exist",), "", queries=True)
    elif isinstance(field, relations.PrimaryKeyRelatedField):
        integers = isinstance(related_model(field)._meta.pk, IntegerField)
        for value, code in values.NO_KEYS:
            is_key = code == "does_not_exist"
            if integers:
                yield Invalid(value, (code,), "", queries=is_key and abs(value) < 2**63)
            elif not isinstance(value, str | int) or isinstance(value, bool):
                yield Invalid(value, (code,))


def _many_related(field: Any, valid: Any, others: Related) -> Iterator[Invalid]:
    yield from with_codes(values.NO_LISTS)
    limit = getattr(field, "max_items", None)
    if limit is not None:
        yield Invalid((valid or [1]) * (limit + 1), ("max_items",))
        yield Invalid(list(range(20_000)), ("max_items",))
    if not field.allow_empty:
        yield Invalid([], ("empty",))
    for bad in _related(field.child_relation, None, others):
        yield Invalid([bad.value], bad.codes, "/0", bad.queries)


# The first class that matches decides, so that a subclass stands before its base class.
_DERIVATIONS: list[tuple[Any, Any]] = [
    (ListSerializer, _nested_list),
    (BaseSerializer, _nested),
    (relations.ManyRelatedField, _many_related),
    (relations.RelatedField, _related),
    (serializers.MultipleChoiceField, _choices),
    (serializers.FilePathField, _choice),
    (serializers.ChoiceField, _choice),
    (serializers.IPAddressField, _constant(values.NO_IP_ADDRESSES + values.BLANK[:1])),
    (serializers.CharField, list_invalid_texts),
    (serializers.BooleanField, _boolean),
    (serializers.IntegerField, _integer),
    (serializers.FloatField, _float),
    (serializers.DecimalField, _decimal),
    (serializers.DateTimeField, _constant(values.NO_MOMENTS)),
    (serializers.DateField, _constant(values.NO_DATES)),
    (serializers.TimeField, _constant(values.NO_TIMES)),
    (serializers.DurationField, _duration),
    (serializers.UUIDField, _constant(values.NO_UUIDS)),
    (serializers.JSONField, _constant(values.NO_JSON)),
    (serializers.ListField, _list),
    (serializers.DictField, _dict),
    (serializers.FileField, _constant(values.NO_FILES)),
]
