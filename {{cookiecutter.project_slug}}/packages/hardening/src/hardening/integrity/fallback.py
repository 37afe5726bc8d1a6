"""Explain a database error by what the driver tells alone: the constraint, and the fields that it judges.

The full explanation (`hardening.integrity.refusals`) reads instances, compares rows and calls the project's own code:
`clean_fields()`, managers, fields, messages. When any of that raises, the client still gets an answer of 4xx.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connections
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.settings import api_settings

from hardening.exceptions import Code, TryAgain
from hardening.integrity import drivers
from hardening.integrity.drivers import DriverError, Kind, Refusal
from hardening.integrity.refusals import find_promises
from hardening.integrity.rows import Item, Path, commonpath, key_of, writable_keys
from hardening.integrity.values import describe

_NON_FIELD = str(api_settings.NON_FIELD_ERRORS_KEY)


def explain_by_driver(error: DriverError, items: Sequence[Item], using: str) -> Exception:
    """Return what to raise in place of *error*, or *error* itself where it does not tell what is wrong."""
    refusal = drivers.read(error, connections[using])
    if refusal is None or refusal.kind is Kind.UNFIT:
        return error
    if refusal.kind is Kind.BUSY:
        return TryAgain()
    path, key, detail = next(_errors(refusal, items), (commonpath(items), _NON_FIELD, None))
    if detail is None and refusal.kind in (Kind.DATA, Kind.RANGE):
        detail = describe(refusal)
    if detail is None:
        return error
    errors: Any = {key: [detail]}
    for part in reversed(path):
        errors = {part: errors}
    return ValidationError(errors)


def _errors(refusal: Refusal, items: Sequence[Item]) -> Iterator[tuple[Path, str, ErrorDetail]]:
    for item in items:
        alike = [each for each in items if each.serializer is item.serializer]
        path = commonpath(alike)
        if refusal.kind in (Kind.UNIQUE, Kind.EXCLUSION, Kind.CHECK):
            for promise in find_promises(refusal, item.serializer.Meta.model):
                key = key_of(item.serializer, promise) if len(alike) == 1 else _NON_FIELD
                yield path, key, _describe_violation(refusal.kind)
        for name, key in writable_keys(item.serializer).items() if refusal.kind is Kind.NOT_NULL else ():
            if getattr(item.serializer.Meta.model._meta.get_field(name), "column", None) in refusal.columns:
                message = _("This field may not be null.")
                yield path, key if len(alike) == 1 else _NON_FIELD, ErrorDetail(message, "null")


def _describe_violation(kind: Kind) -> ErrorDetail:
    if kind is Kind.CHECK:
        return ErrorDetail(_("Invalid input."), Code("invalid", status.HTTP_400_BAD_REQUEST))
    if kind is Kind.EXCLUSION:
        return ErrorDetail(_("This conflicts with another object."), Code("unique", status.HTTP_409_CONFLICT))
    return ErrorDetail(_("This field must be unique."), Code("unique", status.HTTP_409_CONFLICT))
