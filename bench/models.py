"""Tables of the measurements along an axis: with 1 to 12 constraints, and with one that is checked at COMMIT."""

from typing import Any, ClassVar, Self

from django.db import models
from hardening.models import Model, QuerySet

CONSTRAINTS = (1, 2, 4, 8, 12)


class OpenQuerySet(QuerySet):
    """Rows that every user sees."""

    def visible_to(self, _user: Any) -> Self:
        return self.all()


def _make(count: int) -> type[Model]:
    """Return a model with *count* columns, each of which is unique."""
    names = [f"value{number}" for number in range(count)]
    constraints = [models.UniqueConstraint(fields=[name], name=f"table{count}_{name}") for name in names]
    attributes = {name: models.IntegerField() for name in names}
    meta = type("Meta", (), {"constraints": constraints})
    space = {"Meta": meta, "objects": OpenQuerySet.as_manager(), "__module__": __name__}
    return type(f"Table{count}", (Model,), {**attributes, **space})


TABLES = {count: _make(count) for count in CONSTRAINTS}


class Place(Model):
    """A position that is unique at COMMIT."""

    position = models.IntegerField()

    objects: ClassVar[Any] = OpenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["position"], name="place_position_unique", deferrable=models.Deferrable.DEFERRED
            )
        ]

    def __str__(self) -> str:
        return str(self.position)
