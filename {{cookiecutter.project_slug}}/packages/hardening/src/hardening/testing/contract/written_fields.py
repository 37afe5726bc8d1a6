"""Every related field that a request can write, as the router leads to it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from rest_framework import relations
from rest_framework.serializers import ListSerializer

from hardening.checks import routes
from hardening.checks.choices import find_queryset, find_serializers
from hardening.checks.stand_ins import send_stand_in

METHODS = ("post", "put", "patch")

Path = tuple[str | int, ...]  # as in ("stamps", 0, "crate")


class Related(NamedTuple):
    """A related field of one route and method; *many* tells whether it takes a list.

    *holder* is the model of the view's rows, None for a view without rows.
    """

    route: str
    view: type[Any]
    holder: type[Any] | None
    method: str
    path: Path
    field: Any
    many: bool

    def __str__(self) -> str:
        return f"{self.method} {self.route} {'.'.join(map(str, self.path))}"

    @property
    def model(self) -> type[Any]:
        """The model of what the field names."""
        model: type[Any] = self.field.queryset.model
        return model

    def body(self, name: Any) -> Any:
        """Return a body that names one object, and nothing else."""
        value = [name] if self.many else name
        for step in reversed(self.path):
            value = [value] if isinstance(step, int) else {step: value}
        return value

    @property
    def pointer(self) -> str:
        """Where an answer tells of the object that was named."""
        return "".join(f"/{step}" for step in (*self.path, *([0] if self.many else [])))


def written() -> Iterator[Related]:
    """Yield every related field of every routed view, once for each method that writes it."""
    for view, pattern in routes.views():
        actions = getattr(pattern.callback, "actions", None) or {each: each for each in METHODS if hasattr(view, each)}
        holder = getattr(find_queryset(view), "model", None)
        for method in METHODS:
            if method not in actions:
                continue
            for serializer, start in _serializers(view, method):
                for path, field, many in _fields(serializer, start):
                    yield Related(str(pattern.name), type(view), holder, method, path, field, many)


def _serializers(view: Any, method: str) -> Iterator[tuple[Any, Path]]:
    """Yield the serializers that *view* reads a body with, and those of a list's objects where it takes one."""
    bodies: list[Any] = [{}, []]
    try:
        prepared = send_stand_in(view, method, "user")
        read = [prepared.get_serializer(data=data) for data in bodies] if hasattr(view, "get_serializer") else []
    except Exception:  # noqa: BLE001  # a choice that depends on more than a user: each may be read then
        read = []
    for serializer in read[:1] + [each for each in read[1:] if isinstance(each, ListSerializer)]:
        is_list = isinstance(serializer, ListSerializer)
        yield (serializer.child, (0,)) if is_list else (serializer, ())
    if not read:
        for kind, prepared in find_serializers(view).serializers.items():
            yield kind(context={"request": getattr(prepared, "request", None), "view": prepared}), ()


def _fields(field: Any, path: Path) -> Iterator[tuple[Path, Any, bool]]:
    """Yield the related fields that *field* is or holds, however deep."""
    if isinstance(field, relations.ManyRelatedField):
        yield path, field.child_relation, True
    elif isinstance(field, relations.RelatedField):
        yield path, field, False
    elif hasattr(field, "fields"):
        for name, each in field.fields.items():
            if not each.read_only:
                yield from _fields(each, (*path, name))
    elif getattr(field, "child", None) is not None:
        yield from _fields(field.child, (*path, 0))
