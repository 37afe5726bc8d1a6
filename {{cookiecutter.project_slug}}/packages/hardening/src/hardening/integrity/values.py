"""Explain a value that the database cannot store, or cannot compute with: SQLSTATE class 22 and its like.

A driver does not tell which column it objects to. So, after the rollback, the model's validators are asked first,
then the database itself: about each value of the row alone, and about everything that it computes of them.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import EMPTY_VALUES
from django.db import connections
from django.db.models import BooleanField, F, UniqueConstraint
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ErrorDetail
from rest_framework.settings import api_settings

from hardening.exceptions import Code
from hardening.integrity import drivers
from hardening.integrity.candidates import Path
from hardening.integrity.constraints import find_referenced_fields, get_constraints
from hardening.integrity.drivers import Diagnosis, Kind
from hardening.integrity.reporting import convert_errors, map_fields
from hardening.integrity.rows import Found, Row
from hardening.integrity.selects import compile_select, log_failure, run_select

Computations = Iterator[tuple[tuple[str, ...], Any, int | None]]  # names of fields, expression, longest text

_NON_FIELD = str(api_settings.NON_FIELD_ERRORS_KEY)
_MOST_ROWS = 100  # of a bulk write, about which the database is asked one by one


def find_unfit_values(diagnosis: Diagnosis, rows: Sequence[Row], using: str) -> Found:
    """Yield an error for each value that its column cannot hold; at least one, where anything was written."""
    found = list(validate_values(rows))
    written = [row for row in rows if row.saved] or list(rows)
    if not found:
        found = list(_ask_database(diagnosis, iter(written[: -_MOST_ROWS - 1 : -1]), using))
    if not found and written:
        found = [(*_find_last_resort(written), describe(diagnosis))]
    yield from found


def describe(diagnosis: Diagnosis) -> ErrorDetail:
    """Return the error for a value of which no validator says what is wrong."""
    template, code = {
        "22001": (_("A value is too long."), "max_length"),
        "22012": (_("A value leads to a division by zero."), "invalid"),
    }.get(diagnosis.sqlstate, (_("A value is not valid."), "invalid"))
    if diagnosis.kind is Kind.RANGE:
        template, code = _("A value is too large."), "overflow"
    return ErrorDetail(template, Code(code, status.HTTP_400_BAD_REQUEST))


def validate_values(rows: Sequence[Row]) -> Found:
    """Yield what the model's own validators say of the values that the request set."""
    for row in rows:
        known = _map_fields(row)
        excluded = {each.name for each in row.model._meta.fields if each.name not in known or _is_empty(each, row)}
        try:
            row.instance.clean_fields(exclude=excluded)
        except DjangoValidationError as error:
            for name, errors in error.error_dict.items():
                yield from ((row.path, known.get(name, _NON_FIELD), detail) for detail in convert_errors(errors))


def _is_empty(field: Any, row: Row) -> bool:
    """Tell whether the request set nothing that the validators of *field* can judge; `blank` is not about storing."""
    value = row.values.get(field.name)
    if value in EMPTY_VALUES and (value != "" or field.empty_strings_allowed):
        return True
    return field.is_relation or hasattr(row.instance.__dict__.get(field.attname), "resolve_expression")


def _map_fields(row: Row) -> dict[str, str]:
    """Return the field names of the body by model field, with those that a field for the whole object fills."""
    known = map_fields(row.serializer)
    whole = [key for key, field in row.serializer.fields.items() if field.source == "*" and not field.read_only]
    columns = {field.name for field in row.model._meta.concrete_fields}
    rest = {name: whole[0] for name in row.values if name in columns} if len(whole) == 1 else {}
    return {**rest, **known}


def _ask_database(diagnosis: Diagnosis, rows: Iterator[Row], using: str) -> Found:
    """Yield the error of the first value, or computation, that the database cannot work out by itself."""
    for row in rows:
        known = _map_fields(row)
        values: dict[str, Any] = row.instance._get_field_expression_map(meta=None)  # type: ignore[attr-defined]  # private
        for names, expression, limit in (*_list_columns(row), *_list_computations(row)):
            if _fails(values, expression, limit, using):
                keys = list(dict.fromkeys(known[name] for name in names if name in known))
                yield row.path, keys[0] if len(keys) == 1 else _NON_FIELD, describe(diagnosis)
                return


def _list_columns(row: Row) -> Computations:
    """Yield the values that the request set, each converted to the type of its column."""
    for field in row.model._meta.concrete_fields:
        if field.name in row.values and not field.generated and not field.is_relation:
            yield (field.name,), Cast(F(field.name), field), None


def _list_computations(row: Row) -> Computations:
    """Yield what the database computes of a row: its generated columns and the expressions of its constraints."""
    fields: list[Any] = list(row.model._meta.local_concrete_fields)
    for field in fields:
        if field.generated:
            names = find_referenced_fields(row.model, field.expression)
            yield names, F(field.name), field.output_field.max_length
            yield names, Cast(F(field.name), field.output_field), None
    for constraint in get_constraints(row.model):
        definition: Any = constraint.definition
        if (condition := getattr(definition, "condition", None)) is not None:
            yield constraint.fields, Coalesce(condition, True, output_field=BooleanField()), None
        for each in getattr(definition, "expressions", ()):
            expression = each if isinstance(definition, UniqueConstraint) else each[0]
            expression = F(expression) if isinstance(expression, str) else expression
            bare = getattr(expression, "get_expression_for_validation", lambda bare=expression: bare)()
            yield find_referenced_fields(row.model, expression), bare, None


def _fails(values: dict[str, Any], expression: Any, limit: int | None, using: str) -> bool:
    """Tell whether the database rejects *expression* for its data, or makes a longer text than *limit* of it."""
    try:
        value = run_select(compile_select(values, None, using, expression), using)
    except Exception as error:  # noqa: BLE001  # fields and expressions are the project's code
        diagnosis = drivers.diagnose(error, connections[using])
        if diagnosis is None or diagnosis.kind not in (Kind.DATA, Kind.RANGE):
            log_failure(error)
            return False
        return True
    return limit is not None and isinstance(value, str) and len(value) > limit


def _find_last_resort(rows: Sequence[Row]) -> tuple[Path, str]:
    """Return where an error stands of which the field is unknown: at the only row, or at all of them."""
    saved = [row for row in rows if row.saved]
    return (saved[-1].path if saved else rows[0].path if len(rows) == 1 else ()), _NON_FIELD
