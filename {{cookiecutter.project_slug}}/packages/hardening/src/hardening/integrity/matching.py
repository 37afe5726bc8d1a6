"""Match the objects of a request body with the instances that were saved for them, in linear time."""

import functools
from collections import defaultdict, deque
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from django.db.models import Model

_MISSING = object()
_WINDOW = 16  # instances that one object is compared with: a body of equal rows must not cost rows times rows


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
            self._alike[self._key(type(instance), _attributes(instance))].append(place)

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
        return (model, *(_hashable(values[name]) for name in _columns(model) if name in names))


@functools.cache
def _columns(model: type[Model]) -> dict[str, str]:
    """Return `{name of a field: name of its attribute}`."""
    return {field.name: field.attname for field in model._meta.concrete_fields}


def _attributes(instance: Model) -> dict[str, Any]:
    """Return the columns of *instance* by field name, without loading those that are deferred."""
    held = instance.__dict__
    return {name: held.get(attribute, _MISSING) for name, attribute in _columns(type(instance)).items()}


def _agrees(instance: Model, values: Mapping[str, Any]) -> bool:
    """Tell whether *instance* holds *values*, as far as they are columns of its own."""
    held = _attributes(instance)
    return all(bool(held[name] == _plain(value)) for name, value in values.items() if name in held)


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, Model) else value


def _hashable(value: Any) -> Hashable:
    try:
        hash(_plain(value))
    except TypeError:  # JSON, an array
        return None
    key: Hashable = _plain(value)
    return key
