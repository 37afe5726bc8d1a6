"""What a model can promise beyond Django's options: fields that never change, and where a rule is reported."""

import functools
from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, router
from django.utils.translation import gettext_lazy as _

from hardening.canonical import digest_fields, with_digests
from hardening.integrity.constraints import Promise, promises


class QuerySet(models.QuerySet[Any]):
    """A queryset that knows who may see what; lists, details and related fields all ask it."""

    def visible_to(self, user: Any) -> Self:
        """Return the rows that *user* may see."""
        raise NotImplementedError(f"{type(self).__name__} has to say what is visible_to(user).")

    def update(self, **kwargs: Any) -> int:
        """Update as Django does; raise `ValidationError` for a field that never changes."""
        frozen = getattr(self.model, "immutable_fields", ())
        if changed := [name for name in kwargs if self.model._meta.get_field(name).name in frozen]:
            raise _unchangeable(changed)
        if issubclass(self.model, VersionedModel):
            kwargs.setdefault("version", models.F("version") + 1)
        for field in digest_fields(self.model):
            if field.of in kwargs and field.name not in kwargs:
                kwargs[field.name] = field.digest_of(kwargs[field.of])
        return super().update(**kwargs)

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        """Update as Django does, with the digests of what is among *fields*."""
        return super().bulk_update(objs, with_digests(self.model, fields), batch_size=batch_size)

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[Any]:
        """Create as Django does; where rows conflict, update the digests of what is among `update_fields` too."""
        if kwargs.get("update_fields"):
            kwargs["update_fields"] = with_digests(self.model, kwargs["update_fields"])
        return super().bulk_create(objs, *args, **kwargs)


class Model(models.Model):
    """A model whose own rules hold in the API, in ModelForms, in the admin and in a script alike."""

    immutable_fields: ClassVar[tuple[str, ...]] = ()
    """Names of fields that are set on creation and never again."""

    constraint_fields: ClassVar[dict[str, str]] = {}
    """`{name of a constraint: name of the field}` where it judges several and the client should look at one."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save as Django does; raise `ValidationError` for a field that never changes."""
        if changed := self._changed_immutable_fields():
            raise _unchangeable(changed)
        super().save(*args, **kwargs)
        self._remember()

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        """Save as Django does, with the digests of the fields that are written."""
        if kwargs.get("update_fields"):
            kwargs["update_fields"] = with_digests(type(self), kwargs["update_fields"])
        super().save_base(*args, **kwargs)

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        """Build an instance from a row as Django does, and remember what must not change."""
        instance = super().from_db(*args, **kwargs)
        instance._remember()
        return instance

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Clean as Django does, and report a changed immutable field where a form shows it."""
        super().clean_fields(exclude=exclude)
        if changed := [name for name in self._changed_immutable_fields() if name not in (exclude or ())]:
            raise _unchangeable(changed)

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Validate as Django does, and report a broken rule under the field that the API reports it under."""
        using = router.db_for_write(type(self), instance=self)
        judged = {field.name for field in digest_fields(type(self)) if field.of not in (exclude or ())}
        excluded = set(exclude or ()) - judged  # forms leave out what nobody can edit
        errors: dict[str, list[ValidationError]] = {}
        for promise in promises(type(self)):
            if promise.constraint not in promise.model._meta.constraints:
                continue  # validate_unique() sees to the others
            try:
                promise.constraint.validate(promise.model, self, exclude=excluded, using=using)
            except ValidationError as error:
                errors.setdefault(self._reported_under(promise, exclude or ()), []).append(error)
        if errors:
            raise ValidationError(errors)

    def _reported_under(self, promise: Promise, exclude: Collection[str]) -> str:
        declared = self.constraint_fields.get(promise.constraint.name)
        judged = [name for name in promise.fields if self._meta.get_field(name).editable and name not in exclude]
        field = declared or (judged[0] if len(judged) == 1 else NON_FIELD_ERRORS)
        return NON_FIELD_ERRORS if field in exclude else field

    def _remember(self) -> None:
        self.__dict__["_stored"] = self._immutable_values()

    def _immutable_values(self) -> dict[str, Any]:
        held = self.__dict__  # without what is deferred
        return {name: held[column] for name, column in _immutable_columns(type(self)) if column in held}

    def _changed_immutable_fields(self) -> list[str]:
        stored = self.__dict__.get("_stored", {})
        return [name for name, value in self._immutable_values().items() if name in stored and stored[name] != value]


class VersionField(models.PositiveBigIntegerField):  # type: ignore[type-arg]  # no generic at run time
    """Counts the times that its row was written, by the database, so that no two states share a number."""

    def pre_save(self, instance: models.Model, add: bool) -> Any:
        """Return 1 for a new row, and the next number for one that is there."""
        before = getattr(instance, self.attname)
        setattr(instance, self.attname, 1 if add else before + 1)
        return 1 if add else models.F(self.attname) + 1


class VersionedModel(Model):
    """A model whose rows have a version, for `hardening.preconditions`: a stale copy cannot overwrite a newer one."""

    version = VersionField(default=1, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save as Django does, with the version among `update_fields`."""
        if kwargs.get("update_fields"):
            kwargs["update_fields"] = {*kwargs["update_fields"], "version"}
        super().save(*args, **kwargs)


class StoredAnswer(models.Model):
    """The answer to a request with an `Idempotency-Key`, kept for its retries: see `hardening.idempotency`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField()
    body = models.TextField()
    created = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="stored_answer_unique")]

    def __str__(self) -> str:
        return self.key


@functools.cache
def _immutable_columns(model: type[Model]) -> tuple[tuple[str, str], ...]:
    fields: list[Any] = [model._meta.get_field(name) for name in model.immutable_fields]
    return tuple((field.name, field.attname) for field in fields)


def _unchangeable(names: Collection[str]) -> ValidationError:
    return ValidationError({name: ValidationError(_("This field cannot be changed."), "immutable") for name in names})
