"""Read the field specifications of `startresource`, such as `number:char(20):unique total:decimal(10,2):positive`."""

import keyword
import re
from collections.abc import Iterator

from django.core.management.base import CommandError

from hardening.management.new_resource.kinds import KIND_NAMES, KINDS, MODIFIERS
from hardening.management.new_resource.specification import FieldSpecification
from hardening.models import Model

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_PART = re.compile(r"([a-z0-9-]+)(?:\((.*)\))?")
_MAX_LENGTH = 40  # characters of a name
# Names that the generated modules use themselves, or that every resource has.
_USED = {"all", "factory", "id", "meta", "models", "objects", "owner", "pk", "self", "settings", "uuid4"}


def parse_fields(text: str) -> list[FieldSpecification]:
    """Return the fields that *text* describes; raise `CommandError` with one sentence for an invalid one."""
    fields = [_parse_field(word) for word in _split(text, " ")]
    if not fields:
        raise CommandError("FIELDS: name at least one field, for example number:char(20):unique.")
    names = [specification.name for specification in fields]
    for specification in fields:
        if names.count(specification.name) > 1:
            raise specification.refuse("this name is used twice.")
        for check in (_check_kind, _check_modifiers):
            check(specification)
        _check_references(specification, {each.name: each for each in fields})
    return fields


def _split(text: str, separator: str) -> list[str]:
    """Split *text* at *separator* outside of parentheses; white space of any kind counts as a space."""
    parts, depth = [""], 0
    for character in re.sub(r"\s", " ", text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
        if depth < 0:
            break
    if depth:
        raise CommandError(f"FIELDS: the parentheses of {text.strip()!r} do not match.")
    return [part for part in parts if part] if separator == " " else parts


def _parse_field(word: str) -> FieldSpecification:
    name, *parts = _split(word, ":")
    check_name("FIELDS", name)
    if not parts:
        raise CommandError(f"FIELDS: {name}: add a kind, for example {name}:char(20).")
    (kind, arguments), *modifiers = (_parse_part(name, part) for part in parts)
    if kind == "choice":
        kind, modifiers = "char", [("choices", arguments), *modifiers]
        arguments = (str(max(map(len, arguments), default=1)),)
    names = [modifier for modifier, _arguments in modifiers]
    for modifier in names:
        if names.count(modifier) > 1:
            raise CommandError(f"FIELDS: {name}: {modifier!r} is used twice.")
    return FieldSpecification(name, kind, arguments, dict(modifiers))


def _parse_part(name: str, part: str) -> tuple[str, tuple[str, ...]]:
    match = _PART.fullmatch(part.strip())
    if match is None:
        raise CommandError(f"FIELDS: {name}: {part!r} is neither a kind nor a modifier.")
    arguments = tuple(argument.strip() for argument in (match[2] or "").split(","))
    return match[1], arguments if match[2] is not None else ()


def check_name(argument: str, name: str) -> None:
    """Raise `CommandError` if *name* is not a name that an app or a field can have."""
    if not name.isidentifier():
        raise CommandError(f"{argument}: {name!r} is not an identifier.")
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise CommandError(f"{argument}: {name!r} is a keyword of Python.")
    if not NAME.fullmatch(name):
        raise CommandError(f"{argument}: {name!r} must consist of lower-case letters, digits and single underscores.")
    if len(name) > _MAX_LENGTH:
        raise CommandError(f"{argument}: {name!r} is longer than {_MAX_LENGTH} characters.")


def _check_kind(specification: FieldSpecification) -> None:
    name = specification.name
    if name in _USED or hasattr(Model, name):
        raise specification.refuse("this name is taken; every resource has an attribute or a variable with it.")
    if specification.kind not in KINDS:
        raise specification.refuse(f"there is no kind {specification.kind!r}; the kinds are {', '.join(KIND_NAMES)}.")
    KINDS[specification.kind].check(specification)


def _check_modifiers(specification: FieldSpecification) -> None:
    kind = KINDS[specification.kind]
    for modifier in specification.modifiers:
        if modifier not in MODIFIERS:
            raise specification.refuse(f"there is no modifier {modifier!r}; the modifiers are {', '.join(MODIFIERS)}.")
        if modifier not in kind.modifiers:
            raise specification.refuse(f"a field of the kind {specification.kind} cannot be {modifier!r}.")
        MODIFIERS[modifier](specification, modifier)


def _check_references(specification: FieldSpecification, fields: dict[str, FieldSpecification]) -> None:
    for modifier, other in list_references(specification):
        if other == specification.name or other not in fields:
            raise specification.refuse(f"{modifier}({other}) must name another field of FIELDS.")
        referred = fields[other]
        if modifier == "after" and referred.kind != specification.kind:
            raise specification.refuse(f"{other!r} is not of the kind {specification.kind}.")
        if modifier == "unique" and ("unique" not in KINDS[referred.kind].modifiers or referred.is_optional):
            raise specification.refuse(f"{other!r} must be a required field that can be unique itself.")
    for suffix, is_added in (
        ("_id", specification.kind == "fk"),
        ("_digest", "case-insensitive" in specification.modifiers),
    ):
        if is_added and (taken := fields.get(f"{specification.name}{suffix}")):
            raise taken.refuse(f"{specification.name} needs this name for a column of its own.")
    _check_cycle(specification, fields)


def _check_cycle(specification: FieldSpecification, fields: dict[str, FieldSpecification]) -> None:
    """Raise `CommandError` if the field would have to be later than itself."""
    visited, current = {specification.name}, specification
    while (other := current.modifiers.get("after", ("",))[0]) in fields:
        if other == specification.name:
            raise specification.refuse("after leads back to this field.")
        if other in visited:
            return  # reported for a field of the circle
        visited.add(other)
        current = fields[other]


def list_references(specification: FieldSpecification) -> Iterator[tuple[str, str]]:
    """Yield (modifier, name of another field) for each field that *specification* refers to."""
    for other in specification.modifiers.get("unique", ()):
        if other != "all":
            yield "unique", other
    for other in specification.modifiers.get("after", ()):
        yield "after", other
