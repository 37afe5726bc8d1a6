"""Canonical forms of names and email addresses, so that every database compares them in the same way.

`LOWER()` depends on the database: it folds only ASCII on SQLite and in PostgreSQL's C locale, and depends on the
locale elsewhere. The canonical form is therefore computed in Python, and a second column stores its digest:

    username_digest = DigestField(of="username", canonical=canonical_text)

A unique constraint on that column, and a lookup by `digest(canonical_text(text))`, work the same on every database.
"""

import functools
import hashlib
import itertools
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

from django.core.management.base import CommandError
from django.db import models
from django.db.models.query_utils import DeferredAttribute

MAX_LENGTH = 1000
"""Longer texts are not normalized, because that takes quadratic time; no name or address is this long."""


def canonical_text(text: str) -> str:
    """Return *text* case-folded and stripped, with compatibility characters replaced (NFKC).

    Two texts with the same canonical form are a compatibility caseless match (Unicode 16.0, 3.13, D146).
    """
    text = text.strip()
    if text.isascii():
        return text.lower()
    if len(text) > MAX_LENGTH:
        return text
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFD", text).casefold())
    return unicodedata.normalize("NFKC", folded.casefold()).strip()


def canonical_email(address: str) -> str:
    """Return *address* in canonical form; its domain becomes the ASCII name that Django sends email to (IDNA 2003).

    The local part is case-insensitive, although RFC 5321 (2.4) allows a mail server to distinguish case.
    """
    local, at, domain = address.strip().rpartition("@")
    return f"{_unquote(canonical_text(local))}{at}{_encode_domain(domain)}"


def digest(canonical: str) -> str:
    """Return the SHA-256 digest of a canonical form, in ASCII, so that it is equal in every collation."""
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


_BATCH = 500  # rows that a migration updates with one statement
_MAX_GROUPS = 20  # groups of equal rows that an error message lists


class _Digest(DeferredAttribute):
    """The attribute of a `DigestField`, computed on access so that it always matches its source field."""

    field: "DigestField"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        if self.field.of not in instance.__dict__:
            return super().__get__(instance, cls)
        return self.field.digest_of(instance.__dict__[self.field.of])

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class DigestField(models.CharField):  # type: ignore[type-arg]  # not generic at run time
    """The digest of the canonical form of the field *of*, for a unique constraint and for lookups.

    `hardening.models` also updates it in `save(update_fields=…)`, `update()` and the bulk methods.
    """

    descriptor_class = _Digest

    def __init__(self, *, of: str, canonical: Callable[[str], str] = canonical_text, **kwargs: Any) -> None:
        self.of = of
        self.canonical = canonical
        super().__init__(**{"max_length": 64, "editable": False, **kwargs})

    def deconstruct(self) -> Any:
        """Return the field's arguments for a migration."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "of": self.of, "canonical": self.canonical}

    def digest_of(self, value: Any) -> str | None:
        """Return the digest of *value*; raise `ValueError` for an expression, whose value only the database knows."""
        if value is None:
            return None
        if not isinstance(value, str):
            raise ValueError(f"{self.of!r} is compared in canonical form: assign a string, not an expression.")
        return digest(self.canonical(value))


@functools.cache
def digest_fields(model: type[models.Model]) -> tuple[DigestField, ...]:
    """Return the digest fields of *model*."""
    return tuple(field for field in model._meta.concrete_fields if isinstance(field, DigestField))


def with_digests(model: type[models.Model], names: Iterable[str]) -> list[str]:
    """Return the field *names* to write, and the names of the digest fields that depend on them."""
    fields = list(names)
    return fields + [field.name for field in digest_fields(model) if field.of in fields and field.name not in fields]


def fill_digests(model: type[models.Model], using: str) -> None:
    """Fill the digest fields of existing rows; for a migration, between adding the fields and their constraints.

    Raises `CommandError` with the primary keys of rows whose texts are equal in canonical form.
    """
    fields = digest_fields(model)
    rows = model._base_manager.using(using)
    needed = rows.only("pk", *(field.of for field in fields)).order_by("pk")
    iterator = needed.iterator(_BATCH)
    while batch := list(itertools.islice(iterator, _BATCH)):
        rows.bulk_update(batch, [field.name for field in fields])
    for field in fields:
        _reject_collisions(rows, field)


def _reject_collisions(rows: Any, field: DigestField) -> None:
    repeated = rows.values(field.name).annotate(rows=models.Count("pk")).filter(rows__gt=1).order_by(field.name)
    groups = [
        ", ".join(map(str, rows.filter(**{field.name: group[field.name]}).order_by("pk").values_list("pk", flat=True)))
        for group in repeated[:_MAX_GROUPS]
    ]
    if groups:
        raise CommandError(
            f"{field.model._meta.label}: rows have the same {field.of} in another spelling, such as another case; "
            f"their primary keys are {'; '.join(groups)}. Change or delete all but one of each group, "
            "then run migrate again. Nothing was changed."
        )


def _unquote(local: str) -> str:
    """Return the local part without quotes: the mailbox is the same with and without them (RFC 5321, 4.1.2)."""
    if len(local) < 2 or local[0] != '"' or local[-1] != '"':
        return local
    return local[1:-1].replace("\\", "")


def _encode_domain(domain: str) -> str:
    if len(domain) > MAX_LENGTH:
        return domain
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:  # not a valid domain; validators reject it
        return canonical_text(domain)
