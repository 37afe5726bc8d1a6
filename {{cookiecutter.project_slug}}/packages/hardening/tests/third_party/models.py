"""What the models of these tests have in common."""

from typing import Any, Self

from django.db import models

from hardening.models import Model, QuerySet


class OpenQuerySet(QuerySet[Any]):
    """Visible to everybody."""

    def visible_to(self, user: Any) -> Self:
        return self.all()


class Open(Model):
    """A model whose rows everybody may see."""

    objects = OpenQuerySet.as_manager()

    class Meta:
        abstract = True
        app_label = "third_party"


__all__ = ["Open", "OpenQuerySet", "models"]
