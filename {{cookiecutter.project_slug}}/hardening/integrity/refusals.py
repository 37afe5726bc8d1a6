"""From the database's refusal to the rule, from the rule to the field, and to the words for it.

Nothing here runs on the way to a success. After a refusal, and after the write was rolled back, `explain`
finds the row that was refused, the promise it broke (`hardening.integrity.constraints`), every other promise that the
rows of this write break, and the key of the body that the client has to change (`hardening.integrity.rows`).
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import EMPTY_VALUES
from django.db import connections
from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ErrorDetail
from rest_framework.settings import api_settings

from hardening.exceptions import Code, InUse, TryAgain
from hardening.integrity import drivers
from hardening.integrity.constraints import Promise, promises
from hardening.integrity.drivers import DriverError, Kind, Refusal
from hardening.integrity.rows import Found, Row, error_details, refused, reporting_keys, writable_keys


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
    find = _FINDERS[refusal.kind]
    found = list(find(refusal, rows, using))
    if not found:  # a partition or another schema; and names that the database made up
        found = list(find(drivers.completed(refusal, connection), rows, using))
    if not found and refusal.kind is Kind.FOREIGN_KEY and any(_lost_what_it_was_given(row, using) for row in rows):
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
    concerned = [row for row in rows if _owns(row, refusal)]
    for row in reversed(concerned):
        promise = _named(refusal, row, using)
        if promise is not None:
            guilty = _guilty(promise, concerned, using)
            yield guilty.error(promise)
            yield from _others(promise, guilty, rows, using)
            return
    for row in concerned:
        yield from _declared_by_hand(refusal, row)
        if refusal.kind is Kind.CHECK:
            yield from _unfit_values(refusal, [row], using)


def _owns(row: Row, refusal: Refusal) -> bool:
    if refusal.table:
        return (refusal.schema, refusal.table) in _tables(row.model, refusal.schema)
    return True


def _tables(model: type[Model], schema: str) -> set[tuple[str, str]]:
    tables = set()
    for each in (model, *model._meta.all_parents):
        # The common way to name a schema: db_table = 'other"."table'.
        named_schema, _dot, table = each._meta.db_table.replace('"', "").rpartition(".")
        tables.add((named_schema or schema, table))
    return tables


def _named(refusal: Refusal, row: Row, using: str) -> Promise | None:
    alike = find_promises(refusal, row.model)
    if len(alike) > 1:  # SQLite names the columns of a partial index, and several may share them
        alike.sort(key=lambda each: not each.broken_by(row.instance, using))
    return alike[0] if alike else None


def find_promises(refusal: Refusal, model: type[Model]) -> list[Promise]:
    """Return the constraints of *model* that *refusal* may mean: the one it names, or else those on its columns."""
    known = promises(model)
    named = [each for each in known if refusal.constraint in (each.constraint.name, _cut(each.constraint.name))]
    columns = refusal.columns or refusal.key
    return named[:1] or [each for each in known if each.columns and each.columns == columns]


def _cut(name: str) -> str:
    """Return *name* as PostgreSQL keeps it: 63 bytes of it."""
    return name.encode()[:63].decode(errors="ignore")


def _guilty(promise: Promise, rows: Sequence[Row], using: str) -> Row:
    """Return the row that broke *promise*: the last that was saved, or else the first that clashes."""
    rows = [row for row in rows if promise in promises(row.model)]
    saved = [row for row in rows if row.saved]
    if len(rows) == 1:
        return rows[0]
    if saved and not promise.deferred:
        return saved[-1]
    earlier: list[tuple[Any, ...]] = []
    for row in rows:
        if promise.broken_by(row.instance, using):
            return row
        if promise.unique and promise.compares(row.instance, using):
            values = promise.values(row.instance)
            if values in earlier:
                return row
            earlier.append(values)
    return rows[-1]


def _others(named: Promise, guilty: Row, rows: Sequence[Row], using: str) -> Found:
    """Yield what else is broken, by rows of which it is known what would have been written."""
    # A change that replaces nested objects has deleted what is back by now: only the refusal itself is certain.
    replaced = any(not row.path and not row.instance._state.adding for row in rows)
    asked = [row for row in rows if (row is guilty or row.saved or row.certain) and not (replaced and row.path)]
    for row in asked[:_MOST_ROWS]:
        for promise in promises(row.model):
            if (row is guilty and promise is named) or not promise.broken_by(row.instance, using):
                continue
            yield row.error(promise)


def _declared_by_hand(refusal: Refusal, row: Row) -> Found:
    """Yield the error of a rule that only the database has and that `constraint_fields` names."""
    key = reporting_keys(row.serializer).get(refusal.constraint)
    if key is None:
        return
    if refusal.kind is Kind.CHECK:
        yield row.path, key, ErrorDetail(_("Invalid input."), Code("invalid", status.HTTP_400_BAD_REQUEST))
    else:
        yield row.path, key, ErrorDetail(_("This field must be unique."), Code("unique", status.HTTP_409_CONFLICT))


def _unfit_values(refusal: Refusal, rows: Sequence[Row], using: str) -> Found:
    """Yield what the model's own validators say of values that a column could not hold."""
    for row in rows:
        known = writable_keys(row.serializer)
        sent = {name for name, value in row.values.items() if value not in EMPTY_VALUES} & known.keys()
        excluded = {each.name for each in row.model._meta.fields if each.is_relation or each.name not in sent}
        try:
            row.instance.clean_fields(exclude=excluded)
        except DjangoValidationError as error:
            for name, errors in error.error_dict.items():
                yield from ((row.path, known[name], detail) for detail in error_details(errors))


def _too_large(refusal: Refusal, rows: Sequence[Row], using: str) -> Found:
    """Yield the same, or that something in the row that was written is too large, where no field is by itself."""
    found = list(_unfit_values(refusal, rows, using))
    yield from found
    written = [row for row in rows if row.saved] or (rows if len(rows) == 1 else [])
    if written and not found:
        key = str(api_settings.NON_FIELD_ERRORS_KEY)
        yield written[-1].path, key, ErrorDetail(_("A value is too large."), "overflow")


def _nulls(refusal: Refusal, rows: Sequence[Row], using: str) -> Found:
    """Yield the fields of the body that were written as NULL; a column of the server's own stays a 500."""
    for row in rows:
        if not _owns(row, refusal):
            continue
        for name, key in writable_keys(row.serializer).items():
            field: Any = row.model._meta.get_field(name)
            if getattr(field, "column", None) in refusal.columns and getattr(row.instance, field.attname) is None:
                yield row.path, key, ErrorDetail(row.serializer.fields[key].error_messages["null"], "null")


def _missing_references(refusal: Refusal, rows: Sequence[Row], using: str) -> Found:
    """Yield the related fields whose object vanished between validation and commit, or is none for this row."""
    for row in [each for each in rows if _owns(each, refusal)]:
        key = reporting_keys(row.serializer).get(refusal.constraint)
        if key is not None:  # a composite key that a migration wrote by hand
            yield row.path, key, _does_not_exist(row.serializer.fields[key], row.values.get(_source(row, key)))
            return
    for row in rows:
        for name, key in writable_keys(row.serializer).items():
            field: Any = row.model._meta.get_field(name)
            if field.is_relation and field.concrete and not field.many_to_many:
                yield from _missing_one(row, field, key, using)
            elif field.is_relation and isinstance(row.values.get(name), list | tuple):
                yield from _missing_many(row, row.values[name], key, using)
    yield from _still_in_use(refusal, rows, using)


def _still_in_use(refusal: Refusal, rows: Sequence[Row], using: str) -> Found:
    """Yield the fields whose old value others refer to by `to_field`."""
    for row in rows:
        stored = row.model._base_manager.using(using).filter(pk=row.instance.pk).first()
        known = writable_keys(row.serializer)
        for relation in row.model._meta.related_objects if stored is not None else ():
            target = None if relation.many_to_many else relation.field.target_field
            if target is None or target.name not in known:
                continue
            before = getattr(stored, target.attname)
            referrers = relation.related_model._base_manager.using(using).filter(**{relation.field.attname: before})
            if before != getattr(row.instance, target.attname) and referrers.exists():
                yield (
                    row.path,
                    known[target.name],
                    ErrorDetail(str(InUse.default_detail), Code("in_use", InUse.status_code)),
                )


def _lost_what_it_was_given(row: Row, using: str) -> bool:
    """Tell whether an object that the server filled in is gone by now."""
    for name in getattr(row.serializer.Meta, "create_defaults", ()):
        given = row.values.get(name)
        if isinstance(given, Model) and not type(given)._base_manager.using(using).filter(pk=given.pk).exists():
            return True
    return False


def _source(row: Row, key: str) -> str:
    return next((name for name, known in writable_keys(row.serializer).items() if known == key), key)


def _missing_one(row: Row, field: Any, key: str, using: str) -> Found:
    value = getattr(row.instance, field.attname)
    stored = field.related_model._base_manager.using(using).filter(**{field.target_field.name: value})
    if value is not None and not stored.exists():
        yield row.path, key, _does_not_exist(row.serializer.fields[key], row.values.get(field.name, value))


def _missing_many(row: Row, objects: Sequence[Any], key: str, using: str) -> Found:
    objects = [each for each in objects if isinstance(each, Model)]
    if not objects:
        return
    wanted = {each.pk: index for index, each in enumerate(objects)}
    stored = type(objects[0])._base_manager.using(using).filter(pk__in=wanted).values_list("pk", flat=True)
    child = getattr(row.serializer.fields[key], "child_relation", row.serializer.fields[key])
    for pk in wanted.keys() - set(stored):
        # The shape of errors in a list of related objects: {index: [...]}.
        yield (*row.path, key), wanted[pk], _does_not_exist(child, objects[wanted[pk]])


def _does_not_exist(field: Any, value: Any) -> ErrorDetail:
    shown = field.to_representation(value) if isinstance(value, Model) else value
    words = str(field.error_messages.get("does_not_exist", _("Object does not exist.")))
    slug = getattr(field, "slug_field", "")
    return ErrorDetail(words.format(pk_value=shown, slug_name=slug, value=shown), "does_not_exist")


_MOST_ROWS = 100  # of a bulk write, asked about one by one after its refusal

_FINDERS: dict[Kind, Callable[[Refusal, Sequence[Row], str], Found]] = {
    Kind.UNIQUE: _broken_rules,
    Kind.EXCLUSION: _broken_rules,
    Kind.CHECK: _broken_rules,
    Kind.NOT_NULL: _nulls,
    Kind.FOREIGN_KEY: _missing_references,
    Kind.DATA: _unfit_values,
    Kind.RANGE: _too_large,
}
