"""The objects of a request body with the instances that were made of them, after a write was rejected.

The instances that were saved are found by their values, in linear time.
"""

import dataclasses
import functools
from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from django.db.models import Model
from rest_framework.exceptions import ErrorDetail

from hardening.integrity.candidates import Item, Path, build_candidate, get_names
from hardening.integrity.drivers import Diagnosis
from hardening.integrity.selects import work_out

_MISSING = object()
_WINDOW = 16  # instances that one object is compared with: a body of equal rows must not cost rows times rows

Found = Iterator[tuple[Path, str | int, ErrorDetail]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row(Item):
    """An item with the instance that is made of it.

    *saved* tells whether that reached `Model.save()`, *certain* whether it would have been written as it is.
    """

    instance: Model
    saved: bool = False
    certain: bool = False
    model: type[Model] = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        vars(self)["model"] = type(self.instance)

    def holds(self, names: Iterable[str]) -> bool:
        """Tell whether the values of all the fields *names* are those of the request, or the relation to a parent."""
        fields: list[Any] = [self.model._meta.get_field(name) for name in names]
        return all(
            get_names(field) & self.values.keys() or (field.is_relation and self.instance.__dict__.get(field.attname))
            for field in fields
        )


def build_rows(found: Sequence[Item], saved: Sequence[Model], instance: Model | None, *, certain: bool) -> list[Row]:
    """Return a row for each item in the order of writing; the unsaved ones last, with a candidate each.

    *saved* are the instances that reached `Model.save()`, in order; *instance* is what the first item changes;
    *certain* tells whether the items would have been written as they are.
    """
    values = [(item.serializer.Meta.model, item.values) for item in found] if saved else []
    instances = SavedInstances(saved, values)
    made = []
    for index, item in enumerate(found):
        changes = instance if index == 0 and not item.path else None
        if changes is not None:
            made.append((0, Row(**vars(item), instance=build_candidate(item, changes), saved=True)))
            continue
        listed = bool(item.path) and isinstance(item.path[-1], int)
        place = instances.take(item.serializer.Meta.model, item.values, listed=listed) if saved else None
        if place is None:
            made.append((len(saved), Row(**vars(item), instance=build_candidate(item, None), certain=certain)))
        else:
            made.append((place, Row(**vars(item), instance=saved[place], saved=True)))
    in_order = [row for _place, row in sorted(made, key=lambda pair: pair[0])]
    _relate_to_parents(in_order)
    return in_order


def _relate_to_parents(made: Sequence[Row]) -> None:
    """Set the relation of nested objects that were not saved to the object that they stand in, which was."""
    parents = {row.path: row.instance for row in made if row.saved}
    for row in made:
        if row.saved or not row.path:
            continue
        above = row.path[:-2] if isinstance(row.path[-1], int) else row.path[:-1]
        parent = parents.get(above)
        fields: list[Any] = [each for each in row.model._meta.concrete_fields if each.is_relation]
        related = [each for each in fields if isinstance(parent, each.related_model)]
        if len(related) == 1 and row.instance.__dict__.get(related[0].attname) is None:
            setattr(row.instance, related[0].attname, getattr(parent, related[0].target_field.attname))


def resolve_expressions(found: Sequence[Row], using: str) -> list[Row]:
    """Return the rows with the values of expressions such as `F("stock") - 1`, as far as the database knows them."""
    return [
        dataclasses.replace(row, instance=work_out(row.instance, using)) if has_expressions(row.instance) else row
        for row in found
    ]


def has_expressions(instance: Model) -> bool:
    """Tell whether a column of *instance* holds an expression."""
    return any(hasattr(value, "resolve_expression") for value in instance.__dict__.values())


def is_concerned(row: Row, diagnosis: Diagnosis) -> bool:
    """Tell whether *diagnosis* may be about the table of *row*, or of a model that it derives from."""
    if not diagnosis.table:
        return True
    return (diagnosis.schema, diagnosis.table) in {
        get_table(each, diagnosis.schema) for each in (row.model, *row.model._meta.all_parents)
    }


def get_table(model: type[Model], schema: str) -> tuple[str, str]:
    """Return the schema, *schema* where it names none of its own, and the name of the table of *model*."""
    # The common way to name a schema: db_table = 'other"."table'.
    named_schema, _dot, table = model._meta.db_table.replace('"', "").rpartition(".")
    return named_schema or schema, table


def find_common_path(rows: Sequence[Item]) -> Path:
    """Return the longest path that all *rows* stand below."""
    parts = zip(*(row.path for row in rows), strict=False)
    return tuple(same[0] for same in takewhile(lambda same: len(set(same)) == 1, parts))


class SavedInstances:
    """The instances of one write that reached `Model.save()`; each belongs to one object of the body at most.

    *values* are the validated values of all objects, with the model of each.
    """

    def __init__(self, saved: Sequence[Model], values: Sequence[tuple[type[Model], Mapping[str, Any]]]) -> None:
        self._saved = saved
        self._taken: set[int] = set()
        self._counts: dict[type[Model], int] = defaultdict(int)
        self._names: dict[type[Model], set[str]] = {}
        for model, each in values:
            self._counts[model] += 1
            self._names[model] = self._names.get(model, set(each)) & each.keys()
        self._queues: dict[type[Model], deque[int]] = defaultdict(deque)
        self._alike: dict[tuple[Any, ...], deque[int]] = defaultdict(deque)
        for place, instance in enumerate(saved):
            self._queues[type(instance)].append(place)
            self._alike[self._key(type(instance), _read_columns(instance))].append(place)

    def take(self, model: type[Model], values: Mapping[str, Any], *, listed: bool) -> int | None:
        """Return the place of the instance that was saved for *values*, or None.

        An object of a list (*listed*) whose values were changed before they were saved gets the first instance
        that is left, because lists are saved in order.
        """
        queue = self._queues[model]
        if self._counts[model] == 1 and queue:
            return self._mark(queue[-1])
        place = self._first_that_agrees(self._alike[self._key(model, values)], values)
        if place is None and listed:
            while queue and queue[0] in self._taken:
                queue.popleft()
            place = queue[0] if queue else None
        return self._mark(place)

    def _first_that_agrees(self, places: deque[int], values: Mapping[str, Any]) -> int | None:
        passed: list[int] = []
        found = None
        while places and found is None and len(passed) < _WINDOW:
            place = places.popleft()
            if place in self._taken:
                continue
            if _agrees(self._saved[place], values):
                found = place
            else:
                passed.append(place)
        places.extendleft(reversed(passed))
        return found

    def _mark(self, place: int | None) -> int | None:
        if place is not None:
            self._taken.add(place)
        return place

    def _key(self, model: type[Model], values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return what is equal where values agree: those that every object of *model* has."""
        names = self._names.get(model, set())
        return (model, *(_make_hashable(values[name]) for name in _map_columns(model) if name in names))


@functools.cache
def _map_columns(model: type[Model]) -> dict[str, str]:
    """Return `{name of a field: name of its attribute}`."""
    return {field.name: field.attname for field in model._meta.concrete_fields}


def _read_columns(instance: Model) -> dict[str, Any]:
    """Return the columns of *instance* by field name, without loading those that are deferred."""
    held = instance.__dict__
    return {name: held.get(attribute, _MISSING) for name, attribute in _map_columns(type(instance)).items()}


def _agrees(instance: Model, values: Mapping[str, Any]) -> bool:
    """Tell whether *instance* holds *values*, as far as they are columns of its own."""
    held = _read_columns(instance)
    return all(bool(held[name] == _get_plain_value(value)) for name, value in values.items() if name in held)


def _get_plain_value(value: Any) -> Any:
    return value.pk if isinstance(value, Model) else value


def _make_hashable(value: Any) -> Hashable:
    try:
        hash(_get_plain_value(value))
    except TypeError:  # JSON, an array
        return None
    key: Hashable = _get_plain_value(value)
    return key
