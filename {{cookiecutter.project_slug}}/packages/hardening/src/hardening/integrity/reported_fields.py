"""Under which field name of the request body a violation is reported, where no row of a serializer tells it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from rest_framework.serializers import BaseSerializer, HiddenField, ListSerializer
from rest_framework.settings import api_settings

from hardening.integrity.candidates import Path
from hardening.integrity.declaring_models import Violation

NON_FIELD_ERRORS = str(api_settings.NON_FIELD_ERRORS_KEY)


@dataclass(frozen=True)
class Leaf:
    """A value of the request body: its place, the serializer's *field* for it, and the model field *name* it fills.

    *model* is None where only the name is known, and *written* the model whose rows a relation to many changes.
    """

    path: Path
    key: str
    name: str
    model: type[Model] | None = None
    written: type[Model] | None = None
    field: Any = None

    def rank_for(self, violation: Violation, names: Collection[str]) -> int:
        """Return how surely this value is among those that *violation* judges, called *names*; 0 if it is not."""
        if self.written is not None and self.written is violation.model:
            return 2
        if self.name not in names:
            return 0
        models = (self.model, violation.model)
        one_object = all(models) and any(issubclass(a, b) for a, b in (models, models[::-1]) if a and b)
        return 3 if one_object else 1


def find_leaves(
    violation: Violation, serializers: Sequence[Any], body: Any, model: type[Model] | None = None
) -> list[Leaf]:
    """Return the values of the body that *violation* judges: by the *serializers* that read it, or by their names.

    *model* is the view's, whose fields are meant where a serializer, or the body without one, has none.
    """
    names = _list_names(violation)
    for serializer in reversed(serializers):
        position = getattr(serializer, "position", None)  # of the object that a list was writing
        path = () if position is None or getattr(violation.constraint, "deferred", False) else (position,)
        if found := _find_best(violation, names, list_leaves(serializer, path, model)):
            return found
    if serializers or not isinstance(body, Mapping):
        return []
    return _find_best(
        violation, names, (Leaf((), str(key), str(key), model, _find_written(model, str(key))) for key in body)
    )


def find_place(leaves: Sequence[Leaf]) -> tuple[Path, str]:
    """Return where the error of *leaves* stands: at the only one, or at the object that holds them all."""
    places = list(dict.fromkeys((leaf.path, leaf.key) for leaf in leaves))
    if len(places) == 1:
        return places[0]
    paths = {path for path, _key in places}
    return (paths.pop() if len(paths) == 1 else ()), NON_FIELD_ERRORS


def _find_best(violation: Violation, names: Collection[str], leaves: Iterator[Leaf]) -> list[Leaf]:
    ranked = [(leaf.rank_for(violation, names), leaf) for leaf in leaves]
    best = max((rank for rank, _leaf in ranked), default=0)
    return [leaf for rank, leaf in ranked if rank == best > 0]


def _list_names(violation: Violation) -> set[str]:
    model: Any = violation.model
    declared = getattr(model, "constraint_fields", {}).get(violation.name)
    fields = [model._meta.get_field(name) for name in ([declared] if declared else violation.fields)]
    return {name for field in fields for name in (field.name, getattr(field, "attname", field.name))}


def list_leaves(serializer: Any, path: Path = (), model: type[Model] | None = None) -> Iterator[Leaf]:
    """Yield a leaf for every value that the client of *serializer* can send, those of nested objects included."""
    serializer = getattr(serializer, "child", serializer)
    model = getattr(getattr(serializer, "Meta", None), "model", model)
    for key, field in getattr(serializer, "fields", {}).items():
        if field.read_only or isinstance(field, HiddenField):
            continue
        for source in getattr(field, "model_fields", (field.source,)):
            *parents, name = source.split(".")
            owner = model
            for parent in parents:
                owner = _get_related_model(owner, parent)
            if isinstance(field, BaseSerializer) and not isinstance(field, ListSerializer):
                yield from list_leaves(field, (*path, key), _get_related_model(owner, name))
            else:
                yield Leaf(path, key, name, owner, _find_written(owner, name), field)


def _get_related_model(model: Any, name: str) -> Any:
    return getattr(_find_relation(model, name), "related_model", None)


def _find_written(model: Any, name: str) -> Any:
    """Return the model of the rows that writing the relation *name* of *model* changes, beside the object's own."""
    relation = _find_relation(model, name)
    if relation is None or relation.many_to_one or (relation.one_to_one and relation.concrete):
        return None
    if relation.many_to_many:
        # The field of a reverse relation has no `through` of its own; `concrete` differs between versions of Django.
        return (relation if hasattr(relation, "through") else relation.remote_field).through
    return relation.related_model


def _find_relation(model: Any, name: str) -> Any:
    if model is None:
        return None
    for relation in model._meta.related_objects:  # by the name of the attribute, which differs from the query's
        if relation.get_accessor_name() == name:
            return relation
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if field.is_relation else None
