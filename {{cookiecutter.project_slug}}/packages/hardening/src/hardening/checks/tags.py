"""Check of serializers with tags of django-taggit."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from hardening.serializers import ModelSerializer


class Fault(NamedTuple):
    """A problem with the tags of a serializer, and how to solve it."""

    text: str
    hint: str


def find_faults(serializer: Any) -> Iterator[Fault]:
    """Yield the problems of the tag fields of *serializer*."""
    managers = {field.name for field in serializer.Meta.model._meta.get_fields() if _is_of_taggit(type(field))}
    for name, field in serializer.fields.items():
        if not any(map(_is_of_taggit, type(field).__mro__)):
            if field.source in managers:
                yield Fault(f"renders {name!r}, which is a manager and not JSON.", _FIELD)
            continue
        if _is_of_taggit(type(field)):
            yield Fault(f"parses {name!r} as JSON within a string, which fails if it is nested too deeply.", _FIELD)
        if not field.read_only and not _stores_tags(type(serializer)):
            hint = "Put taggit.serializers.TaggitSerializer before ModelSerializer in the bases."
            yield Fault(f"does not store {name!r}.", hint)


_FIELD = "Declare the field that docs/packages.md shows for django-taggit."


def _is_of_taggit(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "taggit"


def _stores_tags(kind: type) -> bool:
    """Return whether the package's `create()` and `update()` override those of the model serializer."""
    mro = kind.__mro__
    return any(map(_is_of_taggit, mro[: mro.index(ModelSerializer)] if ModelSerializer in mro else mro))
