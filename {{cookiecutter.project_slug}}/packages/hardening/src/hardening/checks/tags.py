"""What a serializer with django-taggit's tags may not leave out."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from hardening.serializers import ModelSerializer


class Fault(NamedTuple):
    """What is wrong with the tags of a serializer, and what to do about it."""

    text: str
    hint: str


def find_faults(serializer: Any) -> Iterator[Fault]:
    """Yield what is wrong with the fields of *serializer* that show tags."""
    managers = {each.name for each in serializer.Meta.model._meta.get_fields() if _is_of_taggit(type(each))}
    for name, field in serializer.fields.items():
        if not any(map(_is_of_taggit, type(field).__mro__)):
            if field.source in managers:
                yield Fault(f"shows the manager {name!r}, which is not JSON.", _FIELD)
            continue
        if _is_of_taggit(type(field)):
            yield Fault(f"reads {name!r} from JSON within a string, which may fail on its depth.", _FIELD)
        if not field.read_only and not _stores_tags(type(serializer)):
            hint = "Name taggit.serializers.TaggitSerializer before ModelSerializer among the bases."
            yield Fault(f"does not store {name!r}.", hint)


_FIELD = 'Declare the field of "Tags of django-taggit" in docs/packages.md.'


def _is_of_taggit(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "taggit"


def _stores_tags(kind: type) -> bool:
    """Tell whether the package's `create()` and `update()` come before those of the model serializer."""
    line = kind.__mro__
    return any(map(_is_of_taggit, line[: line.index(ModelSerializer)] if ModelSerializer in line else line))
