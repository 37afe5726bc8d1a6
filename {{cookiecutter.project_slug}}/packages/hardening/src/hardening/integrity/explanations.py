"""From the error of a database to errors under field names of the request body.

Nothing here runs on the way to a success. After the write was rolled back, `find_errors()` finds the row that was
rejected, the constraint that it violates (`hardening.integrity.constraints`), all other violations of this write
(`hardening.integrity.violations`), and the field that the client has to change (`hardening.integrity.reporting`).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import connections
from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.settings import api_settings

from hardening.exceptions import Code, TryAgain
from hardening.integrity import drivers
from hardening.integrity.candidates import Item, Path
from hardening.integrity.constraints import ModelConstraint, find_constraints, get_column_checks, get_constraints
from hardening.integrity.drivers import Diagnosis, DriverError, Kind
from hardening.integrity.references import find_missing_references, has_lost_a_default
from hardening.integrity.reporting import find_field_name, map_constraints, map_fields, nest, report
from hardening.integrity.rows import Found, Row, find_common_path, is_concerned, resolve_expressions
from hardening.integrity.unavailable import build_try_again
from hardening.integrity.values import describe, find_unfit_values, validate_values
from hardening.integrity.violations import find_duplicates, judge_all, violate

_NON_FIELD = str(api_settings.NON_FIELD_ERRORS_KEY)
_MOST_ROWS = 1000  # of one model, which are asked about after a violation


def find_errors(error: DriverError, rows: Sequence[Row], using: str) -> list[tuple[Path, str | int, ErrorDetail]]:
    """Return the errors of the request body that *error* stands for; none if it is not the client's doing.

    *rows* are those of the body, in the order of their writing. The database *using* must be back in the state before
    the write: it is asked about every other constraint. Raises `TryAgain` if the request may be sent again.
    """
    connection = connections[using]
    diagnosis = drivers.diagnose(error, connection)
    if diagnosis is None:
        return []
    if diagnosis.kind is Kind.BUSY:
        raise build_try_again(diagnosis, connection)
    if diagnosis.kind is not Kind.UNFIT:
        rows = resolve_expressions(rows, using)
    find = _FINDERS[diagnosis.kind]
    found = list(find(diagnosis, rows, using))
    if not found and diagnosis.table:  # a partition or another schema; and names that the database made up
        found = list(find(drivers.complete(diagnosis, connection), rows, using))
    if not found and diagnosis.kind is Kind.FOREIGN_KEY and has_lost_a_default(rows, using):
        raise TryAgain  # the user's account was deleted meanwhile: the next request learns so
    return sorted(found, key=_place_in(rows))


def _place_in(rows: Sequence[Row]) -> Callable[[tuple[Any, ...]], tuple[int, int]]:
    """Return the sort key that puts errors in the order of the body and of its serializer's fields."""
    places = {
        (row.path, name): (number, place)
        for number, row in enumerate(rows)
        for place, name in enumerate(row.serializer.fields)
    }
    return lambda found: places.get(found[:2], (len(rows), 0))


def _find_violations(diagnosis: Diagnosis, rows: Sequence[Row], using: str) -> Found:
    """Return the violation of the constraint that the database names, and all others of any row."""
    concerned = [row for row in rows if is_concerned(row, diagnosis)]
    for row in reversed(concerned):
        constraint = _find_named(diagnosis, concerned, row.model, using)
        if constraint is not None and not constraint.internal:
            return _find_all_violations(constraint, rows, using)
    return _find_unnamed(diagnosis, concerned)


def _find_all_violations(named: ModelConstraint, rows: Sequence[Row], using: str) -> Found:
    """Yield an error for each row that violates the constraint *named*, and for whatever else any row violates."""
    # A change that replaces nested objects has deleted what is back by now: those are compared with each other only.
    replaced = any(not row.path and not row.instance._state.adding for row in rows)
    models = list(dict.fromkeys(row.model for row in rows))
    judged = []
    for model in models:
        written = [row for row in rows if row.model is model]
        for constraint in (*get_constraints(model), *get_column_checks(model)):
            rejected = _find_last_written(constraint, written) if constraint == named else None
            known = [row for row in _find_rows(constraint, written, named) if row is not rejected]
            judged.append((constraint, written, rejected, known))
    questions = [(constraint, [row.instance for row in known]) for constraint, _written, _rejected, known in judged]
    clashes = judge_all(questions, using)
    repeats = [find_duplicates(constraint, instances, using) for constraint, instances in questions]
    for (constraint, written, rejected, known), *answers in zip(judged, clashes, repeats, strict=True):
        found = [
            row
            for row, is_clash, is_repeated in zip(known, *answers, strict=True)
            if is_repeated or (is_clash and not (replaced and row.path))
        ]
        found += [] if rejected is None else [rejected]
        yield from (report(row, constraint) for row in found)
        if constraint == named and not found:
            yield _report_all(constraint, written)


def _find_rows(constraint: ModelConstraint, rows: Sequence[Row], named: ModelConstraint) -> list[Row]:
    """Return the rows of which it is known what would have been written, as far as *constraint* judges it.

    Where `create()` is the project's own, those are the rows that were saved, and the values that the client sent.
    The constraint that the database *named* is violated for certain, so that every row is worth asking about.
    """
    known = [row for row in rows if row.saved or row.certain or constraint == named or row.holds(constraint.fields)]
    return known[:_MOST_ROWS]


def _find_last_written(constraint: ModelConstraint, rows: Sequence[Row]) -> Row | None:
    """Return the row that the database rejected: the only one, or the last that was saved before it was judged."""
    saved = [row for row in rows if row.saved]
    if len(rows) == 1:
        return rows[0]
    return saved[-1] if saved and not constraint.deferred else None


def _report_all(constraint: ModelConstraint, rows: Sequence[Row]) -> tuple[Path, str, ErrorDetail]:
    """Return the error for rows that were written by one statement, where nobody knows which one violates it."""
    _path, _key, error = report(rows[-1], constraint)
    return find_common_path(rows), _NON_FIELD, error


def _find_unnamed(diagnosis: Diagnosis, concerned: Sequence[Row]) -> Found:
    for row in concerned:
        yield from _report_declared(diagnosis, row)
        if diagnosis.kind is Kind.CHECK:
            yield from validate_values([row])


def _find_named(diagnosis: Diagnosis, rows: Sequence[Row], model: type[Model], using: str) -> ModelConstraint | None:
    alike = find_constraints(diagnosis, model)
    if len(alike) > 1:  # SQLite names the columns of a partial index, and several may share them
        instances = [row.instance for row in rows if row.model is model]
        alike.sort(key=lambda each: not any(violate(each, instances, using)))
    return alike[0] if alike else None


def _report_declared(diagnosis: Diagnosis, row: Row) -> Found:
    """Yield the error of a constraint that only the database has and that `constraint_fields` names."""
    name = map_constraints(row.serializer).get(diagnosis.constraint)
    if name is None:
        return
    if diagnosis.kind is Kind.CHECK:
        yield row.path, name, ErrorDetail(_("Invalid input."), Code("invalid", status.HTTP_400_BAD_REQUEST))
    else:
        yield row.path, name, ErrorDetail(_("This field must be unique."), Code("unique", status.HTTP_409_CONFLICT))


def _find_nulls(diagnosis: Diagnosis, rows: Sequence[Row], using: str) -> Found:
    """Yield the fields of the body that were written as NULL; a column that the server fills stays a 500."""
    for row in rows:
        if not is_concerned(row, diagnosis):
            continue
        for name, own in map_fields(row.serializer).items():
            field: Any = row.model._meta.get_field(name)
            if getattr(field, "column", None) in diagnosis.columns and getattr(row.instance, field.attname) is None:
                yield row.path, own, ErrorDetail(row.serializer.fields[own].error_messages["null"], "null")


_FINDERS: dict[Kind, Callable[[Diagnosis, Sequence[Row], str], Found]] = {
    Kind.UNIQUE: _find_violations,
    Kind.EXCLUSION: _find_violations,
    Kind.CHECK: _find_violations,
    Kind.NOT_NULL: _find_nulls,
    Kind.FOREIGN_KEY: find_missing_references,
    Kind.DATA: find_unfit_values,
    Kind.RANGE: find_unfit_values,
    Kind.UNFIT: lambda _diagnosis, rows, _using: validate_values(rows),
}


def translate_by_driver(error: DriverError, items: Sequence[Item], using: str) -> Exception:
    """Return what to raise in place of *error*, by the driver's diagnosis alone, or *error* itself.

    `find_errors()` reads instances, compares rows and calls the project's own code: `clean_fields()`, managers,
    fields, messages. If any of that raises, the client still gets a response of 4xx.
    """
    diagnosis = drivers.diagnose(error, connections[using])
    if diagnosis is None or diagnosis.kind is Kind.UNFIT:
        return error
    if diagnosis.kind is Kind.BUSY:
        return build_try_again(diagnosis, connections[using])
    path, name, detail = next(_find_by_driver(diagnosis, items), (find_common_path(items), _NON_FIELD, None))
    if detail is None and diagnosis.kind in (Kind.DATA, Kind.RANGE):
        detail = describe(diagnosis)
    return error if detail is None else ValidationError(nest([(path, name, detail)]))


def _find_by_driver(diagnosis: Diagnosis, items: Sequence[Item]) -> Iterator[tuple[Path, str, ErrorDetail]]:
    for item in items:
        alike = [each for each in items if each.serializer is item.serializer]
        path = find_common_path(alike)
        if diagnosis.kind in (Kind.UNIQUE, Kind.EXCLUSION, Kind.CHECK):
            for constraint in find_constraints(diagnosis, item.serializer.Meta.model):
                name = find_field_name(item.serializer, constraint) if len(alike) == 1 else _NON_FIELD
                yield path, name, _describe_violation(diagnosis.kind)
        for name, own in map_fields(item.serializer).items() if diagnosis.kind is Kind.NOT_NULL else ():
            if getattr(item.serializer.Meta.model._meta.get_field(name), "column", None) in diagnosis.columns:
                message = _("This field may not be null.")
                yield path, own if len(alike) == 1 else _NON_FIELD, ErrorDetail(message, "null")


def _describe_violation(kind: Kind) -> ErrorDetail:
    if kind is Kind.CHECK:
        return ErrorDetail(_("Invalid input."), Code("invalid", status.HTTP_400_BAD_REQUEST))
    if kind is Kind.EXCLUSION:
        return ErrorDetail(_("This conflicts with another object."), Code("unique", status.HTTP_409_CONFLICT))
    return ErrorDetail(_("This field must be unique."), Code("unique", status.HTTP_409_CONFLICT))
