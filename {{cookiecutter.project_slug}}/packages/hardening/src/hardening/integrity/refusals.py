"""From the database's refusal to the rule, from the rule to the field, and to the words for it.

Nothing here runs on the way to a success. After a refusal, and after the write was rolled back, `explain`
finds the row that was refused, the promise it broke (`hardening.integrity.constraints`), every other promise that the
rows of this write break, and the key of the body that the client has to change (`hardening.integrity.rows`).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django.db import connections
from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ErrorDetail
from rest_framework.settings import api_settings

from hardening.exceptions import Code, TryAgain
from hardening.integrity import drivers
from hardening.integrity.columns import column_checks, is_meant
from hardening.integrity.constraints import Promise, promises
from hardening.integrity.drivers import DriverError, Kind, Refusal
from hardening.integrity.references import find_missing_references, has_lost_a_default
from hardening.integrity.rows import Found, Path, Row, commonpath, owns, refused, reporting_keys, writable_keys
from hardening.integrity.selects import work_out
from hardening.integrity.values import find_unfit_values, validate_values
from hardening.integrity.violations import find_duplicates, find_violations


def explain(error: DriverError, rows: Sequence[Row], root: Any, using: str) -> Exception:
    """Return what to raise in place of *error*, or *error* itself where it is not the client's doing.

    *rows* are those of the body that serializer *root* read, in the order of their writing. The database
    *using* must be back in the state before the write: it is asked about every other promise.
    """
    connection = connections[using]
    refusal = drivers.read(error, connection)
    if refusal is None:
        return error
    if refusal.kind is Kind.BUSY:
        return TryAgain()
    if refusal.kind is not Kind.UNFIT:
        rows = [replace(row, instance=work_out(row.instance, using)) for row in rows]
    find = _FINDERS[refusal.kind]
    found = list(find(refusal, rows, using))
    if not found and refusal.table:  # a partition or another schema; and names that the database made up
        found = list(find(drivers.completed(refusal, connection), rows, using))
    if not found and refusal.kind is Kind.FOREIGN_KEY and has_lost_a_default(rows, using):
        return TryAgain()  # the caller's account was deleted meanwhile: the next request learns so
    return refused(root, sorted(found, key=_place_in(rows))) if found else error


def _place_in(rows: Sequence[Row]) -> Callable[[tuple[Any, ...]], tuple[int, int]]:
    """Return the sort key that puts errors in the order of the body and of its serializer's fields."""
    places = {
        (row.path, key): (number, place)
        for number, row in enumerate(rows)
        for place, key in enumerate(row.serializer.fields)
    }
    return lambda found: places.get(found[:2], (len(rows), 0))


def _broken_rules(refusal: Refusal, rows: Sequence[Row], using: str) -> Found:
    """Yield the named promise for the row that broke it, and whatever else any row breaks."""
    concerned = [row for row in rows if owns(row, refusal)]
    for row in reversed(concerned):
        promise = _named(refusal, concerned, row.model, using)
        if promise is not None and not promise.internal:
            yield from _all_violations(promise, rows, using)
            return
    for row in concerned:
        yield from _declared_by_hand(refusal, row)
        if refusal.kind is Kind.CHECK:
            yield from validate_values([row])


def _named(refusal: Refusal, rows: Sequence[Row], model: type[Model], using: str) -> Promise | None:
    alike = find_promises(refusal, model)
    if len(alike) > 1:  # SQLite names the columns of a partial index, and several may share them
        instances = [row.instance for row in rows if row.model is model]
        alike.sort(key=lambda each: not any(_violate(each, instances, using)))
    return alike[0] if alike else None


def find_promises(refusal: Refusal, model: type[Model]) -> list[Promise]:
    """Return the constraints of *model* that *refusal* may mean: the one it names, or else those on its columns."""
    known = promises(model)
    named = [each for each in known if refusal.constraint in (each.constraint.name, _cut(each.constraint.name))]
    columns = refusal.columns or refusal.key
    alike = named[:1] or [each for each in known if each.columns and each.columns == columns]
    if alike or refusal.kind is not Kind.CHECK:
        return alike
    return [each for each in column_checks(model) if is_meant(each, refusal.constraint, refusal.columns)]


def _cut(name: str) -> str:
    """Return *name* as PostgreSQL keeps it: 63 bytes of it."""
    return name.encode()[:63].decode(errors="ignore")


def _all_violations(named: Promise, rows: Sequence[Row], using: str) -> Found:
    """Yield an error for each row that violates the constraint *named*, and for whatever else any row violates."""
    # A change that replaces nested objects has deleted what is back by now: those are compared with each other only.
    replaced = any(not row.path and not row.instance._state.adding for row in rows)
    models = list(dict.fromkeys(row.model for row in rows))
    for model in models:
        written = [row for row in rows if row.model is model]
        for promise in (*promises(model), *column_checks(model)):
            guilty = _last_written(promise, written) if promise == named else None
            known = [row for row in _find_rows(promise, written, named) if row is not guilty]
            found = _find_guilty(promise, known, using, replaced=replaced)
            found += [] if guilty is None else [guilty]
            yield from (row.error(promise) for row in found)
            if promise == named and not found:
                yield _error_of_all(promise, written)


def _find_guilty(promise: Promise, rows: Sequence[Row], using: str, *, replaced: bool) -> list[Row]:
    """Return those of *rows* that clash with a stored row, or with one before them."""
    instances = [row.instance for row in rows]
    stored, repeated = find_violations(promise, instances, using), find_duplicates(promise, instances, using)
    return [
        row
        for row, clashes, repeats in zip(rows, stored, repeated, strict=True)
        if repeats or (clashes and not (replaced and row.path))
    ]


def _find_rows(promise: Promise, rows: Sequence[Row], named: Promise) -> list[Row]:
    """Return the rows of which it is known what would have been written, as far as *promise* judges it.

    Where `create()` is the project's own, those are the rows that were saved, and the values that the client sent.
    The constraint that the database *named* is violated for certain, so that every row is worth asking about.
    """
    known = [row for row in rows if row.saved or row.certain or promise == named or row.holds(promise.fields)]
    return known[:_MOST_ROWS]


def _last_written(promise: Promise, rows: Sequence[Row]) -> Row | None:
    """Return the row that the database rejected: the only one, or the last that was saved before it was judged."""
    saved = [row for row in rows if row.saved]
    if len(rows) == 1:
        return rows[0]
    return saved[-1] if saved and not promise.deferred else None


def _error_of_all(promise: Promise, rows: Sequence[Row]) -> tuple[Path, str, ErrorDetail]:
    """Return the error for rows that were written by one statement, where nobody knows which one violates it."""
    _path, _key, error = rows[-1].error(promise)
    return commonpath(rows), str(api_settings.NON_FIELD_ERRORS_KEY), error


def _violate(promise: Promise, instances: Sequence[Model], using: str) -> list[bool]:
    stored, repeated = find_violations(promise, instances, using), find_duplicates(promise, instances, using)
    return [clashes or repeats for clashes, repeats in zip(stored, repeated, strict=True)]


def _declared_by_hand(refusal: Refusal, row: Row) -> Found:
    """Yield the error of a rule that only the database has and that `constraint_fields` names."""
    key = reporting_keys(row.serializer).get(refusal.constraint)
    if key is None:
        return
    if refusal.kind is Kind.CHECK:
        yield row.path, key, ErrorDetail(_("Invalid input."), Code("invalid", status.HTTP_400_BAD_REQUEST))
    else:
        yield row.path, key, ErrorDetail(_("This field must be unique."), Code("unique", status.HTTP_409_CONFLICT))


def _nulls(refusal: Refusal, rows: Sequence[Row], using: str) -> Found:
    """Yield the fields of the body that were written as NULL; a column of the server's own stays a 500."""
    for row in rows:
        if not owns(row, refusal):
            continue
        for name, key in writable_keys(row.serializer).items():
            field: Any = row.model._meta.get_field(name)
            if getattr(field, "column", None) in refusal.columns and getattr(row.instance, field.attname) is None:
                yield row.path, key, ErrorDetail(row.serializer.fields[key].error_messages["null"], "null")


_MOST_ROWS = 1000  # of one model, which are asked about after a violation

_FINDERS: dict[Kind, Callable[[Refusal, Sequence[Row], str], Found]] = {
    Kind.UNIQUE: _broken_rules,
    Kind.EXCLUSION: _broken_rules,
    Kind.CHECK: _broken_rules,
    Kind.NOT_NULL: _nulls,
    Kind.FOREIGN_KEY: find_missing_references,
    Kind.DATA: find_unfit_values,
    Kind.RANGE: find_unfit_values,
    Kind.UNFIT: lambda _refusal, rows, _using: validate_values(rows),
}
