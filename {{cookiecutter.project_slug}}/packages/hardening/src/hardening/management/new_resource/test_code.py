"""Python code of the factory and of the tests of the new model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

from hardening.management.new_resource.kinds import LARGEST_INTEGER, find_model
from hardening.management.new_resource.model_code import Constraint, get_step, write_number
from hardening.management.new_resource.specification import FieldSpecification

_FEW = 7  # characters of the shortest text that is not only a number
_ENOUGH = 1000  # different values of a unique column
_MANY = 10**6  # more values than a factory makes


@dataclass(frozen=True)
class Factories:
    """The declarations of the new factory, and the factories that it imports."""

    user: str
    imports: Sequence[tuple[str, str]]
    declarations: Sequence[tuple[str, str]]


def write_factory(fields: Sequence[FieldSpecification]) -> Factories:
    """Return the code of the factory; raise `CommandError` if a related model has no factory."""
    user = _find_factory(get_user_model())
    related = {field.name: _find_factory(find_model(field)) for field in fields if field.kind in ("fk", "many")}
    imports = {(factory.__module__, factory.__name__) for factory in (user, *related.values())}
    declarations = [(field.name, _write_value(field, related.get(field.name))) for field in fields]
    return Factories(user.__name__, sorted(imports), [(name, code) for name, code in declarations if code])


def _find_factory(model: Any) -> Any:
    from hardening.testing.factories import MissingFactory, find_factory  # noqa: PLC0415  # a development requirement

    try:
        return find_factory(model)
    except MissingFactory as error:
        raise CommandError(str(error)) from error


def _write_value(field: FieldSpecification, related: Any) -> str:
    """Return the declaration of *field* in a factory."""
    if field.kind == "many":
        return ""
    if field.kind == "fk":
        return f"factory.SubFactory({', '.join([related.__name__, *_write_owners(related)])})"
    if "choices" in field.modifiers:
        value = field.modifiers["choices"][0]
        return str(int(value)) if field.kind == "integer" else repr(value)
    if field.kind in ("integer", "decimal"):
        return _write_numbers(field)
    if field.kind in ("date", "datetime"):
        return _write_days(field)
    if field.kind == "char" and int(field.arguments[0]) < _FEW:
        return "factory.Sequence(lambda number: chr(0x4E00 + number))  # one of 20,000 different characters"
    return _VALUES[field.kind].format(name=field.name.replace("_", "-"), label=_shorten(field))


def _shorten(field: FieldSpecification) -> str:
    """Return the beginning of a text that, with a number of up to 6 digits, fits into the field."""
    limit = int(field.arguments[0]) - 6 if field.kind == "char" else 20
    return f"{field.label.capitalize()[: limit - 1]} " if limit > 1 else ""


_VALUES = {
    "char": 'factory.Sequence(lambda number: f"{label}{{number}}")',
    "text": '"A text."',
    "slug": 'factory.Sequence(lambda number: f"{name}-{{number}}")',
    "email": 'factory.Sequence(lambda number: f"{name}{{number}}@example.com")',
    "url": 'factory.Sequence(lambda number: f"https://example.com/{{number}}")',
    "boolean": "False",
    "uuid": "factory.LazyFunction(uuid4)",
    "json": 'factory.LazyFunction(lambda: {{"key": "value"}})',
    "file": 'factory.django.FileField(filename="{name}.txt", data=b"Text.")',
}


def _write_owners(factory: Any) -> Iterator[str]:
    """Yield the arguments that give the row's owner to the related row, at any depth."""
    from hardening.testing.factories import list_owners  # noqa: PLC0415  # a development requirement

    for path in list_owners(factory):
        dots = "." * (path.count("__") + 2)
        yield f'{path}=factory.SelfAttribute("{dots}owner")'


def _write_numbers(field: FieldSpecification) -> str:
    low, step, count = get_range(field)
    if "unique" not in field.modifiers:
        return write_number(field, max(low, min(Decimal(1), low + (count - 1) * step)))
    number = "number" if count > _MANY else f"number % {count}"
    factor = "" if field.kind == "integer" else f" * {write_number(field, step)}"
    return f"factory.Sequence(lambda number: {write_number(field, low)} + {number}{factor})"


def get_range(field: FieldSpecification) -> tuple[Decimal, Decimal, int]:
    """Return the lowest value that a factory uses, the difference to the next one, and the number of values."""
    step = get_step(field)
    largest = Decimal(LARGEST_INTEGER)
    if field.kind == "decimal":
        largest = step * (10 ** int(field.arguments[0]) - 1)
    low, high = (Decimal(bound) for bound in field.modifiers.get("between", (str(step), f"{largest:f}")))
    return low, step, int((high - low) / step) + 1


def check_values(fields: Sequence[FieldSpecification]) -> None:
    """Raise `CommandError` for a unique field that can hardly differ from row to row."""
    for field in fields:
        others = [name for name in field.modifiers.get("unique", ("all",)) if name != "all"]
        if "unique" not in field.modifiers or others:
            continue
        if "choices" in field.modifiers:
            raise field.refuse("choices leave a unique field too few values; use unique with another field.")
        if field.kind in ("integer", "decimal") and get_range(field)[2] < _ENOUGH:
            raise field.refuse(f"a unique field needs at least {_ENOUGH} different values.")


def _write_days(field: FieldSpecification) -> str:
    unit, is_unique = "days" if field.kind == "date" else "hours", "unique" in field.modifiers
    if other := field.modifiers.get("after"):
        if is_unique:
            return f"factory.LazyAttributeSequence(lambda row, number: row.{other[0]} + timedelta({unit}=1 + number))"
        return f"factory.LazyAttribute(lambda row: row.{other[0]} + timedelta({unit}=1))"
    first = "date(2026, 1, 1)" if field.kind == "date" else "datetime(2026, 1, 1, tzinfo=UTC)"
    if is_unique:
        return f"factory.Sequence(lambda number: {first} + timedelta({unit}=number))"
    return f"factory.LazyFunction(lambda: {first})"  # evaluated outside of the class, which may have a field `date`


@dataclass(frozen=True)
class ConstraintTest:
    """What the test of one constraint sends."""

    constraint: Constraint
    sentence: str  # the name of the test
    values: Sequence[tuple[str, str]]  # the fields of another row that are sent, and what is done with their values
    value: str  # the expression of a value that violates a check constraint
    is_shared: bool  # whether another owner may use the same values


def write_tests(
    constraints: Sequence[Constraint], fields: Sequence[FieldSpecification], label: str
) -> list[ConstraintTest]:
    """Return the tests of *constraints*."""
    relations = {field.name for field in fields if field.kind == "fk"}
    return [_write_test(constraint, relations, label) for constraint in constraints]


def _write_test(constraint: Constraint, relations: set[str], label: str) -> ConstraintTest:
    field, columns = constraint.field, constraint.columns
    words = "_and_".join(columns)
    sentence = {
        "unique": f"a_second_{label.replace(' ', '_')}_with_the_same_{words}_is_409",
        "positive": f"a_{field.name}_of_zero_is_400",
        "between": f"a_{field.name}_out_of_range_is_400",
        "after": f"a_{field.name}_equal_to_{field.modifiers.get('after', ('',))[0]}_is_400",
    }[constraint.rule]
    shared = not constraint.is_global and not relations & set(columns)
    values = [(name, ".swapcase()" if constraint.is_folded and name == field.name else "") for name in columns]
    return ConstraintTest(constraint, sentence, values, _write_wrong(field), shared)


def _write_wrong(field: FieldSpecification) -> str:
    """Return the expression of a value that violates the check constraint of *field*."""
    if other := field.modifiers.get("after"):
        return f'row["{other[0]}"]'
    if "between" in field.modifiers or "positive" in field.modifiers:
        low, step, _count = get_range(field)
        wrong = low - step if "between" in field.modifiers else Decimal(0)
        return str(int(wrong)) if field.kind == "integer" else f'"{wrong:f}"'
    return ""
