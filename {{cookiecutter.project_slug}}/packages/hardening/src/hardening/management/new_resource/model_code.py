"""Python code of the model's fields and constraints."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hardening.management.new_resource.kinds import KINDS, find_model, get_member
from hardening.management.new_resource.naming import Naming, get_class_name
from hardening.management.new_resource.specification import FieldSpecification

_LONGEST_NAME = 63  # characters of a name in PostgreSQL
_LONGEST_LINE = 70  # characters of a message in one line
_TEXTS = ("char", "slug", "email", "url")
_TEXT_LENGTH = "10000"


@dataclass(frozen=True)
class Constraint:
    """A constraint of the new model: its code, and what a test of it sends."""

    name: str
    code: str
    message: str
    field: FieldSpecification
    rule: str  # the modifier
    columns: tuple[str, ...]  # the writable fields of a unique constraint
    is_global: bool = False
    is_declared: bool = False  # whether the model has to name the field of its violations
    is_folded: bool = False  # whether it ignores case


@dataclass(frozen=True)
class Choices:
    """The enumeration of a field's choices."""

    name: str
    base: str
    members: Sequence[tuple[str, str]]


def write_choices(fields: Sequence[FieldSpecification]) -> Iterator[Choices]:
    """Yield the enumerations of *fields*."""
    for field in fields:
        if values := field.modifiers.get("choices"):
            base = "IntegerChoices" if field.kind == "integer" else "TextChoices"
            literals = [str(int(value)) if field.kind == "integer" else json.dumps(value) for value in values]
            yield Choices(get_class_name(field.name), base, list(zip(map(get_member, values), literals, strict=True)))


def write_columns(fields: Sequence[FieldSpecification], naming: Naming) -> Iterator[tuple[str, str]]:
    """Yield (name, code) of each field of the model."""
    for field in fields:
        arguments = [*_write_arguments(field, fields, naming), *_write_options(field)]
        yield field.name, f"models.{KINDS[field.kind].field_class}({', '.join(arguments)})"
    for field in fields:
        if "case-insensitive" in field.modifiers:
            canonical = ", canonical=canonical_email" if field.kind == "email" else ""
            yield f"{field.name}_digest", f'DigestField(of="{field.name}"{canonical})'


def _write_arguments(field: FieldSpecification, fields: Sequence[FieldSpecification], naming: Naming) -> Iterator[str]:
    if field.kind in ("char", "text"):
        yield f"max_length={int(field.arguments[0]) if field.arguments else _TEXT_LENGTH}"
    if field.kind == "decimal":
        yield f"max_digits={int(field.arguments[0])}, decimal_places={int(field.arguments[1])}"
    if field.kind == "file":
        yield f'upload_to="{naming.name}/"'
    if field.kind in ("fk", "many"):
        yield f'"{find_model(field)._meta.label}"'
        if field.kind == "fk":
            yield "on_delete=models.RESTRICT"
        yield f'related_name="{_name_relation(field, fields, naming)}"'


def _name_relation(field: FieldSpecification, fields: Sequence[FieldSpecification], naming: Naming) -> str:
    """Return the name of the reverse relation, which must be unique among the attributes of the related model."""
    model = find_model(field)
    first = next(each for each in fields if each.kind in ("fk", "many") and find_model(each) is model)
    return naming.name if first is field and not hasattr(model, naming.name) else f"{naming.name}_by_{field.name}"


def _write_options(field: FieldSpecification) -> Iterator[str]:
    if "choices" in field.modifiers:
        yield f"choices={get_class_name(field.name)}"
    if field.is_optional:
        yield "blank=True" if field.kind in (*_TEXTS, "text", "many", "file") else "null=True, blank=True"
    elif field.kind == "boolean":
        yield "default=False"
    elif field.kind == "json":
        yield "default=dict"
    if "positive" in field.modifiers:
        yield f"validators=[MinValueValidator({write_number(field, get_step(field))})]"
    if bounds := field.modifiers.get("between"):
        low, high = (write_number(field, Decimal(bound)) for bound in bounds)
        yield f"validators=[MinValueValidator({low}), MaxValueValidator({high})]"


def get_step(field: FieldSpecification) -> Decimal:
    """Return the difference between two neighbouring numbers of *field*."""
    return Decimal(1).scaleb(-int(field.arguments[1])) if field.kind == "decimal" else Decimal(1)


def write_number(field: FieldSpecification, number: Decimal) -> str:
    """Return the literal of *number* in a field of this kind."""
    if field.kind != "decimal":
        return str(int(number))
    return f'Decimal("{number:f}")' if number % 1 else f"Decimal({int(number)})"


def write_constraints(fields: Sequence[FieldSpecification], naming: Naming) -> list[Constraint]:
    """Return the constraints of *fields*; raise `CommandError` if the name of one is too long for a database."""
    constraints = [constraint for field in fields for constraint in _list_constraints(field, naming)]
    for constraint in constraints:
        if len(constraint.name) > _LONGEST_NAME:
            raise constraint.field.refuse(
                f"the name of its constraint, {constraint.name}, is longer than {_LONGEST_NAME} characters."
            )
    return constraints


def _list_constraints(field: FieldSpecification, naming: Naming) -> Iterator[Constraint]:
    name = f"{naming.singular}_{field.name}"
    if "unique" in field.modifiers:
        yield _write_unique(field, naming)
    if "positive" in field.modifiers:
        message = "Enter a number greater than 0."
        yield _write_check(field, "positive", f"Q({field.name}__gt=0)", f"{name}_is_positive", message)
    if bounds := field.modifiers.get("between"):
        low, high = (write_number(field, Decimal(bound)) for bound in bounds)
        message = f"Enter a number from {bounds[0]} to {bounds[1]}."
        condition = f"Q({field.name}__gte={low}, {field.name}__lte={high})"
        yield _write_check(field, "between", condition, f"{name}_is_in_range", message)
    for other in field.modifiers.get("after", ()):
        message = f"Enter a value later than {other.replace('_', ' ')}."
        condition = f'Q({field.name}__gt=F("{other}"))'
        yield _write_check(field, "after", condition, f"{name}_is_after_{other}", message)


def _write_check(field: FieldSpecification, rule: str, condition: str, name: str, message: str) -> Constraint:
    code = (
        f'models.CheckConstraint(condition={condition}, name="{name}", violation_error_message={_write_text(message)})'
    )
    return Constraint(name, code, message, field, rule, (field.name,), is_declared=rule == "after")


def _write_unique(field: FieldSpecification, naming: Naming) -> Constraint:
    arguments = field.modifiers["unique"]
    others = [argument for argument in arguments if argument != "all"]
    is_global, is_digest = "all" in arguments, "case-insensitive" in field.modifiers
    columns = (field.name, *others)
    stored = [*([] if is_global else ["owner"]), f"{field.name}_digest" if is_digest else field.name, *others]
    name = f"{naming.singular}_{'_'.join(columns)}_unique{'' if is_global else '_per_owner'}"
    labels = " and ".join(column.replace("_", " ") for column in columns)
    message = f"You already have {naming.with_article} with this {labels}."
    if is_global:
        message = f"{naming.label.capitalize()} with this {labels} already exists."
    condition = f', condition=~Q({field.name}="")' if field.is_optional and field.kind in _TEXTS else ""
    code = (
        f'models.UniqueConstraint(fields={json.dumps(stored)}{condition}, name="{name}", '
        f"violation_error_message={_write_text(message)})"
    )
    return Constraint(name, code, message, field, "unique", columns, is_global, is_digest or bool(others), is_digest)


def _write_text(text: str) -> str:
    """Return the literal of *text*, in two parts if it is too long for a line."""
    if len(text) <= _LONGEST_LINE:
        return json.dumps(text)
    half = text.rindex(" ", 0, _LONGEST_LINE) + 1
    return f"({json.dumps(text[:half])} {json.dumps(text[half:])})"
