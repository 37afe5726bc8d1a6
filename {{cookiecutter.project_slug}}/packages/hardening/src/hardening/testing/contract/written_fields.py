"""Find every related field that a request can write, by way of the routed views."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from rest_framework import relations
from rest_framework.serializers import ListSerializer

from hardening.checks.choices import find_serializers
from hardening.checks.stand_ins import send_stand_in
from hardening.testing.routes import Route, list_routes

METHODS = ("post", "put", "patch")

Path = tuple[str | int, ...]  # as in ("stamps", 0, "crate")


class Related(NamedTuple):
    """A related field of one route and method; *many* is whether it accepts a list."""

    route: Route
    method: str
    path: Path
    field: Any
    many: bool

    def __str__(self) -> str:
        return f"{self.method} {self.route} {'.'.join(map(str, self.path))}"

    @property
    def view(self) -> type[Any]:
        """The class of the view."""
        return type(self.route.view)

    @property
    def model(self) -> type[Any]:
        """The model that the field refers to."""
        model: type[Any] = self.field.queryset.model
        return model

    def body(self, name: Any) -> Any:
        """Return a request body with only this field, which refers to one object."""
        value = [name] if self.many else name
        for step in reversed(self.path):
            value = [value] if isinstance(step, int) else {step: value}
        return value

    @property
    def pointer(self) -> str:
        """The JSON pointer of the field's errors."""
        return "".join(f"/{step}" for step in (*self.path, *([0] if self.many else [])))


def list_related_fields() -> Iterator[Related]:
    """Yield every related field of every routed view, once for each method that writes it."""
    for route in list_routes():
        for method in METHODS:
            if method.upper() not in route.methods:
                continue
            for serializer, start in _serializers(route.view, method):
                for path, field, many in _fields(serializer, start):
                    yield Related(route, method, path, field, many)


def _serializers(view: Any, method: str) -> Iterator[tuple[Any, Path]]:
    """Yield the serializers of the request body of *view*, and those of its items if it accepts a list."""
    bodies: list[Any] = [{}, []]
    try:
        prepared = send_stand_in(view, method, "user")
        read = [prepared.get_serializer(data=data) for data in bodies] if hasattr(view, "get_serializer") else []
    except Exception:  # noqa: BLE001  # the choice depends on more than the user: all serializers are possible
        read = []
    for serializer in read[:1] + [other for other in read[1:] if isinstance(other, ListSerializer)]:
        is_list = isinstance(serializer, ListSerializer)
        yield (serializer.child, (0,)) if is_list else (serializer, ())
    if not read:
        for kind, prepared in find_serializers(view).serializers.items():
            yield kind(context={"request": getattr(prepared, "request", None), "view": prepared}), ()


def _fields(field: Any, path: Path) -> Iterator[tuple[Path, Any, bool]]:
    """Yield the related fields that *field* is or contains, at any depth."""
    if isinstance(field, relations.ManyRelatedField):
        yield path, field.child_relation, True
    elif isinstance(field, relations.RelatedField):
        yield path, field, False
    elif hasattr(field, "fields"):
        for name, nested in field.fields.items():
            if not nested.read_only:
                yield from _fields(nested, (*path, name))
    elif getattr(field, "child", None) is not None:
        yield from _fields(field.child, (*path, 0))
