"""Canonical forms of names and email addresses, so that every database compares them in the same way.

`LOWER()` folds ASCII alone on SQLite and in PostgreSQL's C locale, and whatever the locale says elsewhere. So the
canonical form is computed in Python, and a column next to the text stores its digest:

    username_digest = DigestField(of="username", canonical=canonical_text)

A unique constraint on that column, and a lookup by `digest(canonical_text(text))`, mean the same everywhere.
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
"""Longer texts are not normalized, because that takes quadratic time; no name or address is as long."""


def canonical_text(text: str) -> str:
    """Return *text* without its case, its compatibility characters, and the white space around it.

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

    The local part is compared without its case, although RFC 5321 (2.4) lets a mail server tell cases apart.
    """
    local, at, domain = address.strip().rpartition("@")
    return f"{_unquoted(canonical_text(local))}{at}{_ascii_domain(domain)}"


def digest(canonical: str) -> str:
    """Return the SHA-256 digest of a canonical form: of one length, and compared byte by byte in every collation."""
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


_BATCH = 500  # rows that a migration fills with one statement
_NAMED = 20  # groups of rows that one error names


class _Digest(DeferredAttribute):
    """The attribute of a `DigestField`: computed when it is read, so that it never differs from its source."""

    field: "DigestField"

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        if self.field.of not in instance.__dict__:
            return super().__get__(instance, cls)
        return self.field.digest_of(instance.__dict__[self.field.of])

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class DigestField(models.CharField):  # type: ignore[type-arg]  # no generic at run time
    """The digest of the canonical form of the field *of*, for a unique constraint and for lookups.

    `hardening.models` keeps it up to date in `save(update_fields=…)`, `update()` and the bulk methods too.
    """

    descriptor_class = _Digest

    def __init__(self, *, of: str, canonical: Callable[[str], str] = canonical_text, **kwargs: Any) -> None:
        self.of = of
        self.canonical = canonical
        super().__init__(**{"max_length": 64, "editable": False, **kwargs})

    def deconstruct(self) -> Any:
        """Return the arguments for a migration."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "of": self.of, "canonical": self.canonical}

    def digest_of(self, value: Any) -> str | None:
        """Return the digest of *value*; raise `ValueError` for an expression, whose value only the database knows."""
        if value is None:
            return None
        if not isinstance(value, str):
            raise ValueError(f"{self.of!r} is compared in canonical form: assign a text instead of an expression.")
        return digest(self.canonical(value))


@functools.cache
def digest_fields(model: type[models.Model]) -> tuple[DigestField, ...]:
    """Return the digest fields of *model*."""
    return tuple(field for field in model._meta.concrete_fields if isinstance(field, DigestField))


def with_digests(model: type[models.Model], names: Iterable[str]) -> list[str]:
    """Return *names* of fields to write, with the digest fields that follow from them."""
    written = list(names)
    return written + [field.name for field in digest_fields(model) if field.of in written and field.name not in written]


def fill_digests(model: type[models.Model], using: str) -> None:
    """Fill the digest fields of the rows that exist; for the migration that adds them, before their constraints.

    Raises `CommandError` with the primary keys of rows whose texts are equal in canonical form.
    """
    fields = digest_fields(model)
    rows = model._base_manager.using(using)
    needed = rows.only("pk", *(field.of for field in fields)).order_by("pk")
    found = needed.iterator(_BATCH)
    while batch := list(itertools.islice(found, _BATCH)):
        rows.bulk_update(batch, [field.name for field in fields])
    for field in fields:
        _refuse_collisions(rows, field)


def _refuse_collisions(rows: Any, field: DigestField) -> None:
    repeated = rows.values(field.name).annotate(rows=models.Count("pk")).filter(rows__gt=1).order_by(field.name)
    groups = [
        ", ".join(map(str, rows.filter(**{field.name: each[field.name]}).order_by("pk").values_list("pk", flat=True)))
        for each in repeated[:_NAMED]
    ]
    if groups:
        raise CommandError(
            f"{field.model._meta.label}: rows have the same {field.of} in another spelling, such as another case; "
            f"their primary keys are {'; '.join(groups)}. Change or delete all but one of each group, "
            "then run migrate again. Nothing was changed."
        )


def _unquoted(local: str) -> str:
    """Return the local part without quotes, which do not make another mailbox of it (RFC 5321, 4.1.2)."""
    if len(local) < 2 or local[0] != '"' or local[-1] != '"':
        return local
    return local[1:-1].replace("\\", "")


def _ascii_domain(domain: str) -> str:
    if len(domain) > MAX_LENGTH:
        return domain
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:  # not a domain; validators reject it
        return canonical_text(domain)
