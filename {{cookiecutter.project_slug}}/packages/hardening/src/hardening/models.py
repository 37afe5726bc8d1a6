"""Model classes with immutable fields, version counters, and field names for violations of constraints."""

import copy
import functools
from collections.abc import Collection
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.files import File
from django.db import models, router
from django.db.models.expressions import DatabaseDefault

from hardening.canonical import digest_fields, with_digests
from hardening.integrity.compiled_updates import CompiledUpdate
from hardening.integrity.constraints import ModelConstraint, get_constraints
from hardening.integrity.transactions import defer_computed
from hardening.integrity.writes import writes_as_given
from hardening.querysets import ModelBase, WriteQuerySet, immutable_error

_ARGUMENTS = ("force_insert", "force_update", "using", "update_fields")  # the positional arguments of `save()`


class QuerySet(WriteQuerySet):
    """A queryset with `visible_to(user)`, which lists, detail routes and related fields use."""

    def visible_to(self, user: Any) -> Self:
        """Return the objects that are visible to *user*."""
        raise NotImplementedError(f"{type(self).__name__} must define visible_to(user).")


class Model(models.Model, metaclass=ModelBase):
    """A model with rules that apply in the API, in ModelForms, in the admin and in scripts."""

    immutable_fields: ClassVar[tuple[str, ...]] = ()
    """Names of fields that can be set only when the object is created."""

    constraint_fields: ClassVar[dict[str, str]] = {}
    """`{name of a constraint: name of the field under which its violation is reported}`.

    It is needed for constraints of several fields, whose violations are `non_field_errors` otherwise.
    """

    internal_constraints: ClassVar[tuple[str, ...] | str] = ()
    """Names of constraints that no client can violate, or "__all__". The name of a field stands for its constraints.

    A violation of one of them stays a server error (500).
    """

    class Meta:
        abstract = True

    version_column: ClassVar[str | None] = None
    """The name of the field that is incremented with each write of the row, or None."""

    @writes_as_given
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Call Django's `save()`; raise `ValidationError` if an immutable field was changed."""
        kwargs |= dict(zip(_ARGUMENTS, args, strict=False))
        written = kwargs.get("update_fields")
        if not kwargs.get("force_insert") and (changed := self._changed_immutable_fields(written, kwargs.get("using"))):
            raise immutable_error(changed)
        was_stored = not self._state.adding
        super().save(**kwargs)
        defer_computed(self, changed=was_stored)
        self._remember(written)

    def refresh_from_db(self, using: str | None = None, fields: Any = None, from_queryset: Any = None) -> None:
        """Call Django's `refresh_from_db()`, and remember the values of immutable fields."""
        fields = None if fields is None else list(fields)
        super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)
        self._remember(fields)

    @writes_as_given
    def save_base(self, *args: Any, **kwargs: Any) -> None:
        """Call Django's `save_base()` with the digest fields that depend on `update_fields`."""
        if kwargs.get("update_fields"):
            kwargs["update_fields"] = with_digests(type(self), kwargs["update_fields"])
        super().save_base(*args, **kwargs)

    def _do_update(self, base_qs: Any, *args: Any) -> Any:
        """Call Django's `_do_update()` with an UPDATE that is compiled once for each set of columns."""
        rows: Any = CompiledUpdate(base_qs)  # the part of a queryset that Django uses here
        return super()._do_update(rows, *args)

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        """Call Django's `from_db()`, and remember the values of immutable fields."""
        instance = super().from_db(*args, **kwargs)
        instance._remember()
        return instance

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Call Django's `clean_fields()`; raise `ValidationError` for changed immutable fields of the form."""
        super().clean_fields(exclude=exclude)
        if changed := [name for name in self._changed_immutable_fields() if name not in (exclude or ())]:
            raise immutable_error(changed)

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Validate constraints as Django does, but report each violation under the same field as the API."""
        using = router.db_for_write(type(self), instance=self)
        judged = {field.name for field in digest_fields(type(self)) if field.of not in (exclude or ())}
        excluded = set(exclude or ()) - judged  # forms exclude digests, as they are not editable
        errors: dict[str, list[ValidationError]] = {}
        for constraint in get_constraints(type(self)):
            if constraint.definition not in constraint.model._meta.constraints:
                continue  # validate_unique() validates the others
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
        """Remember the stored values of all loaded immutable fields, or of *fields* in addition to those known."""
        if not _immutable_columns(type(self)):
            return
        known = self._known(self._state.db) if fields is not None else {}
        read = {name: _frozen(value) for name, value in self._immutable_values(fields).items()}
        self.__dict__["_stored"] = (self.pk, self._state.db, known | read)

    def _immutable_values(self, fields: Collection[str] | None = None) -> dict[str, Any]:
        """Return the values of immutable fields that are not deferred, limited to *fields* unless it is None."""
        held = self.__dict__
        columns = [each for each in _immutable_columns(type(self)) if each[1] in held]
        return {name: held[column] for name, column in columns if fields is None or {name, column} & set(fields)}

    def _known(self, using: str | None) -> dict[str, Any]:
        """Return the immutable values that were read from the row which `save(using=using)` would write."""
        pk, database, values = self.__dict__.get("_stored", (None, None, {}))
        return values if not self._state.adding and (pk, database) == (self.pk, using or self._state.db) else {}

    def _changed_immutable_fields(self, fields: Collection[str] | None = None, using: str | None = None) -> list[str]:
        """Return the immutable fields among *fields* that differ from the row; read the row if they are not known."""
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
        """Return True if `save()` can only insert: without a primary key, or for a new object with a default one."""
        keys: Any = self._meta.pk_fields
        values = self.pk if isinstance(self.pk, tuple) else (self.pk,)
        if None in values or any(isinstance(value, DatabaseDefault) for value in values):
            return True
        return self._state.adding and all(each.has_default() for each in keys)


class VersionField(models.PositiveBigIntegerField):  # type: ignore[type-arg]  # not generic at run time
    """A counter that the database increments with each write, so that no two states of a row have the same number."""

    def pre_save(self, instance: models.Model, add: bool) -> Any:
        """Return 1 for a new row, or the expression that increments the counter of an existing one."""
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
        """Call `save()` so that the version is written also with `update_fields`, or if it is deferred."""
        kwargs |= dict(zip(_ARGUMENTS, args, strict=False))
        if kwargs.get("update_fields"):
            kwargs["update_fields"] = {*kwargs["update_fields"], "version"}
        is_deferred = "version" not in self.__dict__
        if is_deferred:
            self.__dict__["version"] = models.F("version")  # Django does not update deferred fields
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
    """Return a copy of *value*, so that changing the instance's value in place does not change it."""
    if isinstance(value, File):
        return value.name
    return copy.deepcopy(value) if isinstance(value, dict | list | set) else value


def _differs(field: Any, stored: Any, value: Any) -> bool:
    """Return True if *value* differs from the *stored* value after conversion; `"5"` equals 5 in an integer field."""
    if stored == value:
        return False
    try:
        return bool(field.to_python(value) != stored)
    except (ValidationError, TypeError, ValueError, AttributeError):  # for example an expression
        return True
