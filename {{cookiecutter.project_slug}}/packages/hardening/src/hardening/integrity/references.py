"""Find the related fields whose object is not there: it was deleted meanwhile, or others still refer to its old value.

A database that rejects a foreign key may name it, and SQLite does not, so every relation of every row is looked up:
with one statement for each relation and 500 rows.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail

from hardening.integrity.drivers import Diagnosis
from hardening.integrity.in_use import build_in_use_detail
from hardening.integrity.reporting import map_constraints, map_fields
from hardening.integrity.rows import Found, Row, is_concerned

_VALUES = 500  # in one statement; old builds of SQLite take 999


def find_missing_references(diagnosis: Diagnosis, rows: Sequence[Row], using: str) -> Found:
    """Yield the related fields whose object vanished between validation and commit, or is none for this row."""
    for row in [each for each in rows if is_concerned(each, diagnosis)]:
        key = map_constraints(row.serializer).get(diagnosis.constraint)
        if key is not None:  # a composite key that a migration wrote by hand
            yield (
                row.path,
                key,
                _describe_missing(row.serializer.fields[key], row.values.get(_find_source(row, key))),
            )
            return
    to_one = [(row, field, key) for row in rows for field, key in _list_relations(row) if not field.many_to_many]
    yield from _find_missing_objects(to_one, using)
    yield from _find_missing_members(rows, using)
    yield from _find_in_use(rows, using)


def _list_relations(row: Row) -> Iterator[tuple[Any, str]]:
    """Yield the relations of *row* that the client can write, with their field names in the body."""
    for name, key in map_fields(row.serializer).items():
        field: Any = row.model._meta.get_field(name)
        if field.is_relation and field.concrete:
            yield field, key


def _find_missing_objects(found: Sequence[tuple[Row, Any, str]], using: str) -> Found:
    wanted: dict[Any, set[Any]] = defaultdict(set)
    for row, field, _key in found:
        value = row.instance.__dict__.get(field.attname)
        if value is not None and not hasattr(value, "resolve_expression"):
            wanted[field].add(field.target_field.to_python(value))
    stored = {
        field: _find_stored(field.related_model, field.target_field.name, each, using) for field, each in wanted.items()
    }
    for row, field, key in found:
        value = row.instance.__dict__.get(field.attname)
        if value is None or hasattr(value, "resolve_expression"):
            continue
        if field.target_field.to_python(value) not in stored[field]:
            yield row.path, key, _describe_missing(row.serializer.fields[key], row.values.get(field.name, value))


def _find_missing_members(rows: Sequence[Row], using: str) -> Found:
    """Yield the errors of lists of related objects, in the shape that DRF gives them: {index: [...]}."""
    lists = []
    for row in rows:
        for name, key in map_fields(row.serializer).items():
            objects = row.values.get(name)
            if row.model._meta.get_field(name).is_relation and isinstance(objects, list | tuple):
                lists.append((row, key, [each for each in objects if isinstance(each, Model)]))
    wanted: dict[type[Model], set[Any]] = defaultdict(set)
    for each in (each for _row, _key, objects in lists for each in objects):
        wanted[type(each)].add(each.pk)
    stored = {model: _find_stored(model, "pk", keys, using) for model, keys in wanted.items()}
    for row, key, objects in lists:
        child = getattr(row.serializer.fields[key], "child_relation", row.serializer.fields[key])
        for index, each in enumerate(objects):
            if each.pk not in stored[type(each)]:
                yield (*row.path, key), index, _describe_missing(child, each)


def _find_stored(model: type[Model], name: str, values: Collection[Any], using: str) -> set[Any]:
    """Return those of *values* that a row has in its column *name*."""
    listed = list(values)
    stored: set[Any] = set()
    for start in range(0, len(listed), _VALUES):
        rows = model._base_manager.using(using).filter(**{f"{name}__in": listed[start : start + _VALUES]})
        stored.update(rows.values_list(name, flat=True))
    return stored


def _find_in_use(rows: Sequence[Row], using: str) -> Found:
    """Yield the fields whose old value others refer to by `to_field`."""
    for row in rows:
        relations = list(_list_referring_relations(row))
        if not relations or row.instance._state.adding:
            continue
        stored = row.model._base_manager.using(using).filter(pk=row.instance.pk).first()
        for relation, target, key in relations if stored is not None else ():
            before = getattr(stored, target.attname)
            referrers = relation.related_model._base_manager.using(using).filter(**{relation.field.attname: before})
            if before != getattr(row.instance, target.attname) and referrers.exists():
                yield row.path, key, build_in_use_detail()


def _list_referring_relations(row: Row) -> Iterator[tuple[Any, Any, str]]:
    """Yield the relations that refer to a field of *row* that the client can write, with that field and its name."""
    known = map_fields(row.serializer)
    for relation in row.model._meta.related_objects:
        target: Any = None if relation.many_to_many else relation.field.target_field
        if target is not None and target.name in known:
            yield relation, target, known[target.name]


def has_lost_a_default(rows: Sequence[Row], using: str) -> bool:
    """Tell whether an object that the server filled in, such as the user's account, is gone by now."""
    filled: dict[type[Model], set[Any]] = defaultdict(set)
    for row in rows:
        for name in getattr(row.serializer.Meta, "create_defaults", ()):
            if isinstance(row.values.get(name), Model):
                filled[type(row.values[name])].add(row.values[name].pk)
    return any(keys - _find_stored(model, "pk", keys, using) for model, keys in filled.items())


def _find_source(row: Row, key: str) -> str:
    return next((name for name, known in map_fields(row.serializer).items() if known == key), key)


def _describe_missing(field: Any, value: Any) -> ErrorDetail:
    shown = field.to_representation(value) if isinstance(value, Model) else value
    message = str(field.error_messages.get("does_not_exist", _("Object does not exist.")))
    slug = getattr(field, "slug_field", "")
    return ErrorDetail(message.format(pk_value=shown, slug_name=slug, value=shown), "does_not_exist")
