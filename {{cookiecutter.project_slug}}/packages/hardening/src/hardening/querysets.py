"""Querysets that apply the rules of `hardening.models.Model` to writes that do not call `save()`.

They protect immutable fields, increment versions and update digest fields. Django does not always write through the
manager that a model defines: related managers call `update()` on the base manager, and a model without a manager gets
a default one. The metaclass `ModelBase` makes both use the querysets of this module.
"""

import functools
from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from hardening.canonical import digest_fields, with_digests

_CHUNK = 500  # primary keys in one statement


class WriteQuerySet(models.QuerySet[Any]):
    """A queryset whose `update()` and bulk methods protect immutable fields, and update versions and digests."""

    def update(self, **kwargs: Any) -> int:
        """Call Django's `update()`, with versions and digests; raise `ValidationError` for an immutable field."""
        model: Any = self.model
        if changed := self._immutable(kwargs):
            raise immutable_error(changed)
        if version := getattr(self.model, "version_column", None):
            kwargs[version] = models.F(version) + 1  # also if it is in *kwargs*: versions must not repeat
        for field in digest_fields(model):
            if field.of in kwargs and field.name not in kwargs:
                kwargs[field.name] = field.digest_of(kwargs[field.of])
        return super().update(**kwargs)

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        """Call Django's `bulk_update()` with the digest fields that depend on *fields*."""
        return super().bulk_update(objs, with_digests(self.model, fields), batch_size=batch_size)

    def bulk_create(
        self,
        objs: Iterable[Any],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[Any]:
        """Call Django's `bulk_create()`; increment the versions of rows that exist and are updated.

        Raises `ValidationError` if *update_fields* has an immutable field.
        """
        if changed := self._immutable(update_fields or ()):
            raise immutable_error(changed)
        version = getattr(self.model, "version_column", None)
        if update_fields:
            update_fields = [name for name in with_digests(self.model, update_fields) if name != version]
        self._for_write = True  # as Django's own writes do
        with transaction.atomic(using=self.db, savepoint=False):
            created = super().bulk_create(
                objs, batch_size, ignore_conflicts, update_conflicts, update_fields, unique_fields
            )
            if version and update_conflicts:
                self._count(created, version)
        return created

    def _immutable(self, names: Iterable[str]) -> list[str]:
        """Return the immutable fields among *names*, which are names or attribute names (`owner_id`) of fields."""
        frozen = getattr(self.model, "immutable_fields", ())
        return [name for name in names if frozen and self.model._meta.get_field(name).name in frozen]

    def _count(self, rows: list[Any], version: str) -> None:
        """Increment the version of all *rows*.

        `ON CONFLICT` cannot do it, and does not report which of the rows existed before.
        """
        for start in range(0, len(rows), _CHUNK):
            keys = [row.pk for row in rows[start : start + _CHUNK]]
            everything: models.QuerySet[Any] = models.QuerySet(self.model, using=self.db)
            everything.filter(pk__in=keys).update(**{version: models.F(version) + 1})
        for row in rows:
            row.__dict__.pop(version, None)  # deferred, so that the next access reads it


class BaseQuerySet(WriteQuerySet):
    """The queryset of base managers, which may set immutable fields for `SET_NULL` and other `on_delete` rules."""

    def _immutable(self, names: Iterable[str]) -> list[str]:
        changed = super()._immutable(names)
        given = names if isinstance(names, dict) else {}
        return [name for name in changed if not _sets_on_delete(self.model._meta.get_field(name), given.get(name))]


class ModelBase(models.base.ModelBase):
    """Django's metaclass, which uses the querysets above for the default manager and the base manager."""

    def _prepare(cls) -> None:  # noqa: N805  # a method of a metaclass
        options: Any = cls._meta  # type: ignore[attr-defined]  # every model has it
        if not options.managers and not any(field.name == "objects" for field in options.fields):
            manager = _manager(WriteQuerySet)
            manager.auto_created = True
            cls.add_to_class("objects", manager)
        super()._prepare()  # type: ignore[misc]  # missing in Django's type stubs

    @property
    @functools.cache  # noqa: B019  # used by every write; models live as long as the process
    def _base_manager(cls) -> Any:  # noqa: N805  # the same
        options: Any = cls._meta  # type: ignore[attr-defined]  # as above
        chosen = options.base_manager
        if not chosen.auto_created:
            return chosen  # set by `Meta.base_manager_name`
        # Keep the manager class of a package; django-polymorphic names its queryset class `queryset_class`.
        queryset = getattr(chosen, "queryset_class", chosen._queryset_class)
        is_plain = issubclass(BaseQuerySet, queryset)
        mixed = BaseQuerySet if is_plain else type("BaseQuerySet", (BaseQuerySet, queryset), {})
        manager = type(chosen).from_queryset(mixed)()
        manager.name, manager.model, manager.auto_created = chosen.name, cls, True
        return manager


def _manager(queryset: type[models.QuerySet[Any]]) -> Any:
    return models.Manager.from_queryset(queryset)()


def _sets_on_delete(field: Any, value: Any) -> bool:
    """Return True if the `on_delete` rule of *field* sets *value*; related managers set model instances."""
    on_delete = getattr(field.remote_field, "on_delete", None)
    if hasattr(on_delete, "deconstruct"):  # SET(…), which may set any value
        return True
    return on_delete in (models.SET_NULL, models.SET_DEFAULT) and not isinstance(value, models.Model)


def immutable_error(names: Collection[str]) -> ValidationError:
    """Return the error for a change of the immutable fields *names*."""
    return ValidationError({name: ValidationError(_("This field cannot be changed."), "immutable") for name in names})
