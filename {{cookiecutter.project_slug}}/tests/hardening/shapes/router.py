"""Sends one model to a database of its own, and keeps everything else where it was."""

from typing import Any


class Router:
    """`Remote` lives in the database `second`; `Crate` is read from there when a test makes it a replica."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "second" if model._meta.label == "shapes.Remote" else None

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return "second" if model._meta.label == "shapes.Remote" else None

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        if db == "second":
            return app_label == "shapes" and model_name in ("remote", None)
        return model_name != "remote"
