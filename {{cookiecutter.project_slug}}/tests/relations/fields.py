"""Every related field that a request can write, as the router leads to it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from rest_framework import relations
from rest_framework.serializers import ListSerializer

from hardening.checks import routes

METHODS = ("post", "put", "patch")

Path = tuple[str | int, ...]  # as in ("stamps", 0, "crate")


class Related(NamedTuple):
    """A related field of one route and method; *many* tells whether it takes a list."""

    route: str
    view: type[Any]
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
        for method in METHODS:
            if method not in actions:
                continue
            for serializer, start in _serializers(view, actions[method]):
                for path, field, many in _fields(serializer, start):
                    yield Related(str(pattern.name), type(view), method, path, field, many)


def _serializers(asked: Any, action: str) -> Iterator[tuple[Any, Path]]:
    """Yield what a view reads a body with, and once more where it takes a list of them."""
    asked.action, asked.request, asked.format_kwarg, asked.args, asked.kwargs = action, None, None, (), {}
    if hasattr(asked, "get_serializer"):
        yield asked.get_serializer(), ()
        many = asked.get_serializer(data=[])
        if isinstance(many, ListSerializer):
            yield many.child, (0,)
    elif getattr(asked, "serializer_class", None) is not None:
        yield asked.serializer_class(), ()


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
