"""What a model can constraint beyond Django's options: fields that never change, and where a rule is reported."""

import copy
import functools
from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.files import File
from django.db import models, router

from hardening.canonical import digest_fields, with_digests
from hardening.integrity.constraints import ModelConstraint, get_constraints
from hardening.integrity.transactions import defer_computed
from hardening.integrity.writes import writes_as_given
from hardening.querysets import ModelBase, WriteQuerySet, immutable_error

_ARGUMENTS = ("force_insert", "force_update", "using", "update_fields")  # of `save()`, in their order


class QuerySet(WriteQuerySet):
    """A queryset that knows who may see what; lists, details and related fields all ask it."""

    def visible_to(self, user: Any) -> Self:
        """Return the rows that *user* may see."""
        raise NotImplementedError(f"{type(self).__name__} has to say what is visible_to(user).")


class Model(models.Model, metaclass=ModelBase):
    """A model whose own rules hold in the API, in ModelForms, in the admin and in a script alike."""

    immutable_fields: ClassVar[tuple[str, ...]] = ()
    """Names of fields that are set on creation and never again."""

    constraint_fields: ClassVar[dict[str, str]] = {}
    """`{name of a constraint: name of the field}` where it judges several and the client should look at one."""

    internal_constraints: ClassVar[tuple[str, ...] | str] = ()
    """Names of constraints that no client can violate, and of fields for the column's own ones, or "__all__".

    Violating one of them stays a server error (500).
    """

    class Meta:
        abstract = True

    version_column: ClassVar[str | None] = None
    """The name of the field that counts the times that a row was written."""

    @writes_as_given
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save as Django does; raise `ValidationError` for an immutable field that was changed."""
        kwargs |= dict(zip(_ARGUMENTS, args, strict=False))
        written = kwargs.get("update_fields")
        if not kwargs.get("force_insert") and (changed := self._changed_immutable_fields(written, kwargs.get("using"))):
            raise immutable_error(changed)
        was_stored = not self._state.adding
        super().save(**kwargs)
        defer_computed(self, changed=was_stored)
        self._remember(written)

    def refresh_from_db(self, using: str | None = None, fields: Any = None, from_queryset: Any = None) -> None:
        """Read the row again as Django does, and remember what must not change."""
        fields = None if fields is None else list(fields)
        super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)
        self._remember(fields)

    @writes_as_given
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
            raise immutable_error(changed)

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Validate as Django does, and report a broken rule under the field that the API reports it under."""
        using = router.db_for_write(type(self), instance=self)
        judged = {field.name for field in digest_fields(type(self)) if field.of not in (exclude or ())}
        excluded = set(exclude or ()) - judged  # forms leave out what nobody can edit
        errors: dict[str, list[ValidationError]] = {}
        for constraint in get_constraints(type(self)):
            if constraint.definition not in constraint.model._meta.constraints:
                continue  # validate_unique() sees to the others
            try:
                constraint.definition.validate(constraint.model, self, exclude=excluded, using=using)
            except ValidationError as error:
                errors.setdefault(self._reported_under(constraint, exclude or ()), []).append(error)
        if errors:
            raise ValidationError(errors)

    def _reported_under(self, constraint: ModelConstraint, exclude: Collection[str]) -> str:
        declared = self.constraint_fields.get(constraint.definition.name)
        judged = [name for name in constraint.fields if self._meta.get_field(name).editable and name not in exclude]
        field = declared or (judged[0] if len(judged) == 1 else NON_FIELD_ERRORS)
        return NON_FIELD_ERRORS if field in exclude else field

    def _remember(self, fields: Collection[str] | None = None) -> None:
        """Keep the immutable values that are stored: all that are held, or those of *fields* beside the known ones."""
        if not _immutable_columns(type(self)):
            return
        known = self._known(self._state.db) if fields is not None else {}
        read = {name: _frozen(value) for name, value in self._immutable_values(fields).items()}
        self.__dict__["_stored"] = (self.pk, self._state.db, known | read)

    def _immutable_values(self, fields: Collection[str] | None = None) -> dict[str, Any]:
        """Return the values of immutable fields that are not deferred, or those of them that *fields* name."""
        held = self.__dict__
        columns = [each for each in _immutable_columns(type(self)) if each[1] in held]
        return {name: held[column] for name, column in columns if fields is None or {name, column} & set(fields)}

    def _known(self, using: str | None) -> dict[str, Any]:
        """Return the immutable values that were read of the row that `save()` would write in the database *using*."""
        pk, database, values = self.__dict__.get("_stored", (None, None, {}))
        return values if not self._state.adding and (pk, database) == (self.pk, using or self._state.db) else {}

    def _changed_immutable_fields(self, fields: Collection[str] | None = None, using: str | None = None) -> list[str]:
        """Return the immutable fields, of *fields*, that differ from the row, which is read where it is not known."""
        held = self._immutable_values(fields)
        if not held or self._is_new():
            return []
        known = self._known(using)
        if held.keys() - known.keys():
            columns = dict(_immutable_columns(type(self)))
            rows = type(self)._base_manager.using(using or router.db_for_write(type(self), instance=self))
            row = rows.filter(pk=self.pk).values(*(columns[name] for name in held)).first() or {}
            known = {name: row[columns[name]] for name in held if columns[name] in row} | known
        both = [name for name in held if name in known]
        return [name for name in both if _differs(self._meta.get_field(name), known[name], held[name])]

    def _is_new(self) -> bool:
        """Tell whether Django can only insert: without a primary key, or with one that has a default."""
        keys: Any = self._meta.pk_fields
        values = self.pk if isinstance(self.pk, tuple) else (self.pk,)
        return None in values or (self._state.adding and all(each.has_default() for each in keys))


class VersionField(models.PositiveBigIntegerField):  # type: ignore[type-arg]  # no generic at run time
    """Counts the times that its row was written, by the database, so that no two states share a number."""

    def pre_save(self, instance: models.Model, add: bool) -> Any:
        """Return 1 for a new row, and the next number for one that is there."""
        before = getattr(instance, self.attname)
        if add or isinstance(before, int):
            setattr(instance, self.attname, 1 if add else before + 1)
        return 1 if add else models.F(self.attname) + 1


class VersionedModel(Model):
    """A model whose rows have a version, so that a stale copy cannot overwrite a newer one.

    See `hardening.resources.preconditions`.
    """

    version = VersionField(default=1, editable=False)

    version_column = "version"

    class Meta:
        abstract = True

    @writes_as_given
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save as Django does, with the version among `update_fields` and where it is deferred."""
        kwargs |= dict(zip(_ARGUMENTS, args, strict=False))
        if kwargs.get("update_fields"):
            kwargs["update_fields"] = {*kwargs["update_fields"], "version"}
        is_deferred = "version" not in self.__dict__
        if is_deferred:
            self.__dict__["version"] = models.F("version")  # Django leaves out of an UPDATE what is deferred
        try:
            super().save(**kwargs)
        finally:
            if is_deferred:
                self.__dict__.pop("version", None)


class StoredAnswer(models.Model):
    """The response to a request with an `Idempotency-Key`, stored for its retries: see `resources.idempotency`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField()
    body = models.TextField()
    created = models.DateTimeField(db_index=True)

    internal_constraints = "__all__"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="stored_answer_unique")]

    def __str__(self) -> str:
        return self.key


@functools.cache
def _immutable_columns(model: type[Model]) -> tuple[tuple[str, str], ...]:
    fields: list[Any] = [model._meta.get_field(name) for name in model.immutable_fields]
    return tuple((field.name, field.attname) for field in fields)


def _frozen(value: Any) -> Any:
    """Return *value* so that it stays as it is when the one in the instance is changed in place."""
    if isinstance(value, File):
        return value.name
    return copy.deepcopy(value) if isinstance(value, dict | list | set) else value


def _differs(field: Any, stored: Any, value: Any) -> bool:
    """Tell whether *value* would change what is *stored*; `"5"` is the same key as 5."""
    if stored == value:
        return False
    try:
        return bool(field.to_python(value) != stored)
    except (ValidationError, TypeError, ValueError, AttributeError):  # an expression, say
        return True
