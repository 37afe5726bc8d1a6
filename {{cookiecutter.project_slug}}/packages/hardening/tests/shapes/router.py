"""Sends one model to a database of its own, reads others from a replica if asked, and leaves everything else."""

from collections.abc import Collection
from typing import Any, ClassVar


class Router:
    """`Remote` lives in the database `second`; what a test puts into `replicated` is read from there, too."""

    replicated: ClassVar[Collection[str]] = ()

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "second" if model._meta.label in ("shapes.Remote", *self.replicated) else None

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return "second" if model._meta.label == "shapes.Remote" else None

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        if db == "second":
            return app_label == "shapes" and model_name in ("remote", None)
        return model_name != "remote"
