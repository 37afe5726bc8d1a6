"""The kinds and modifiers of fields that `startresource` accepts, each with the check of its arguments."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model

from hardening.management.new_resource.specification import FieldSpecification
from hardening.models import QuerySet

LARGEST_INTEGER = 2147483647
_MAX_DIGITS = 100
_MAX_CHARACTERS = 100_000
_MAX_INDEXED = 600  # characters of a unique column; an entry in an index of PostgreSQL has at most 2,704 bytes
_CHOICE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,38}[A-Za-z0-9])?")


@dataclass(frozen=True)
class Kind:
    """A kind of field: its class in `django.db.models`, its modifiers, and the check of its arguments."""

    field_class: str
    modifiers: tuple[str, ...]
    check: Callable[[FieldSpecification], None]


def _check_nothing(specification: FieldSpecification) -> None:
    if specification.arguments:
        raise specification.refuse(f"{specification.kind} has no arguments.")


def _check_char(specification: FieldSpecification) -> None:
    if len(specification.arguments) != 1 or not specification.arguments[0]:
        raise specification.refuse("char needs a length, for example char(100).")
    _check_length(specification)


def _check_text(specification: FieldSpecification) -> None:
    if specification.arguments:
        _check_length(specification)


def _check_length(specification: FieldSpecification) -> None:
    length = read_natural(specification.arguments[0]) if len(specification.arguments) == 1 else None
    if length is None or not 1 <= length <= _MAX_CHARACTERS:
        raise specification.refuse(f"the length must be a whole number from 1 to {_MAX_CHARACTERS}.")


def _check_decimal(specification: FieldSpecification) -> None:
    digits, places = [*map(read_natural, specification.arguments), None, None][:2]
    if len(specification.arguments) != 2 or digits is None or places is None:
        raise specification.refuse("decimal needs its digits and decimal places, for example decimal(10,2).")
    if not (1 <= digits <= _MAX_DIGITS and places <= digits):
        raise specification.refuse(f"decimal has 1 to {_MAX_DIGITS} digits, and no more decimal places than digits.")


def _check_relation(specification: FieldSpecification) -> None:
    model = find_model(specification)
    if model is get_user_model():
        raise specification.refuse("a user sees only their own account, to which owner refers already.")
    if not issubclass(type(model._default_manager.all()), QuerySet):
        raise specification.refuse(
            f"the manager of {specification.arguments[0]} has no visible_to(user), so that every row could be named."
        )


def find_model(specification: FieldSpecification) -> Any:
    """Return the model that a relation refers to."""
    if len(specification.arguments) != 1 or specification.arguments[0].count(".") != 1:
        raise specification.refuse(f"{specification.kind} needs a model, for example {specification.kind}(app.Model).")
    try:
        return apps.get_model(specification.arguments[0])
    except LookupError:
        raise specification.refuse(f"there is no model {specification.arguments[0]!r}.") from None


def read_natural(text: str) -> int | None:
    """Return *text* as a number, or None if it is not a sequence of a few ASCII digits."""
    return int(text) if re.fullmatch("[0-9]{1,10}", text) else None


_TEXT = ("unique", "case-insensitive", "optional")
_NUMBER = ("unique", "optional", "positive", "between")
_DAY = ("unique", "optional", "after")

KINDS = {
    "char": Kind("CharField", (*_TEXT, "choices"), _check_char),
    "text": Kind("TextField", ("optional",), _check_text),
    "slug": Kind("SlugField", _TEXT, _check_nothing),
    "email": Kind("EmailField", _TEXT, _check_nothing),
    "url": Kind("URLField", ("unique", "optional"), _check_nothing),
    "integer": Kind("IntegerField", (*_NUMBER, "choices"), _check_nothing),
    "decimal": Kind("DecimalField", _NUMBER, _check_decimal),
    "boolean": Kind("BooleanField", ("optional",), _check_nothing),
    "date": Kind("DateField", _DAY, _check_nothing),
    "datetime": Kind("DateTimeField", _DAY, _check_nothing),
    "uuid": Kind("UUIDField", ("unique", "optional"), _check_nothing),
    "json": Kind("JSONField", ("optional",), _check_nothing),
    "fk": Kind("ForeignKey", ("unique", "optional"), _check_relation),
    "many": Kind("ManyToManyField", ("optional",), _check_relation),
    "file": Kind("FileField", ("optional",), _check_nothing),
}
KIND_NAMES = (*KINDS, "choice")  # `choice(a,b)` is char with `choices(a,b)`


def _check_flag(specification: FieldSpecification, modifier: str) -> None:
    if specification.modifiers[modifier]:
        raise specification.refuse(f"{modifier} has no arguments.")


def _check_unique(specification: FieldSpecification, modifier: str) -> None:
    others = specification.modifiers[modifier]
    if len(set(others)) < len(others):
        raise specification.refuse("unique names a field twice.")
    length = read_natural(specification.arguments[0]) if specification.kind == "char" else None
    if length and length > _MAX_INDEXED and "case-insensitive" not in specification.modifiers:
        raise specification.refuse(f"a unique char has at most {_MAX_INDEXED} characters.")


def _check_case_insensitive(specification: FieldSpecification, modifier: str) -> None:
    _check_flag(specification, modifier)
    if "unique" not in specification.modifiers:
        raise specification.refuse("case-insensitive is about a unique field; add unique.")


def _check_positive(specification: FieldSpecification, modifier: str) -> None:
    _check_flag(specification, modifier)
    if "between" in specification.modifiers:
        raise specification.refuse("positive and between exclude each other.")


def _check_between(specification: FieldSpecification, modifier: str) -> None:
    bounds = [_read_bound(specification, text) for text in specification.modifiers[modifier]]
    if len(bounds) != 2 or None in bounds or bounds[0] >= bounds[1]:  # type: ignore[operator]  # None is excluded
        raise specification.refuse(
            "between needs two numbers that the field can store, the lower one first, for example between(1,10)."
        )


def _read_bound(specification: FieldSpecification, text: str) -> Decimal | None:
    try:
        number = Decimal(text) if re.fullmatch(r"-?[0-9]{1,100}(\.[0-9]{1,100})?", text) else None
    except InvalidOperation:
        return None
    if number is None:
        return None
    if specification.kind == "integer":
        return number if "." not in text and abs(number) <= LARGEST_INTEGER else None
    digits, places = map(int, specification.arguments)
    before, _point, after = text.removeprefix("-").partition(".")
    return number if len(after) <= places and len(before.lstrip("0")) <= digits - places else None


def _check_after(specification: FieldSpecification, modifier: str) -> None:
    if len(specification.modifiers[modifier]) != 1 or not specification.modifiers[modifier][0]:
        raise specification.refuse("after needs another field, for example after(issued).")


def _check_choices(specification: FieldSpecification, modifier: str) -> None:
    values = specification.modifiers[modifier]
    if not values or not values[0]:
        raise specification.refuse("choices needs values, for example choices(draft,sent).")
    if {"positive", "between"} & specification.modifiers.keys():
        raise specification.refuse("choices excludes positive and between.")
    for value in values:
        is_valid = read_natural(value) is not None if specification.kind == "integer" else _CHOICE.fullmatch(value)
        if not is_valid or (specification.kind == "integer" and int(value) > LARGEST_INTEGER):
            raise specification.refuse(f"{value!r} cannot be a choice of a field of the kind {specification.kind}.")
    if specification.kind == "char" and max(map(len, values)) > int(specification.arguments[0]):
        raise specification.refuse("a choice is longer than the field.")
    if len(set(map(get_member, values))) < len(values):
        raise specification.refuse("two choices are equal except for case, hyphens and leading zeros.")


def get_member(value: str) -> str:
    """Return the name of the member of an enumeration that has *value*."""
    name = value.upper().replace("-", "_")
    return f"VALUE_{name.lstrip('0') or '0'}" if name[0].isdigit() else name


MODIFIERS: dict[str, Callable[[FieldSpecification, str], None]] = {
    "unique": _check_unique,
    "case-insensitive": _check_case_insensitive,
    "optional": _check_flag,
    "positive": _check_positive,
    "between": _check_between,
    "after": _check_after,
    "choices": _check_choices,
}
