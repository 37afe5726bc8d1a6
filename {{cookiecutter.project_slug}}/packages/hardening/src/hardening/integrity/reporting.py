"""Under which field of the request body an error is reported, and with which message.

Messages are for API clients: they have no names of constraints and no Python values.
"""

import datetime
import functools
import re
import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model
from django.db.models.constraints import BaseConstraint
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import get_error_detail
from rest_framework.serializers import HiddenField
from rest_framework.settings import api_settings

from hardening.integrity.candidates import Path, get_names
from hardening.integrity.constraints import ModelConstraint, get_constraints
from hardening.integrity.rows import Found, Row
from hardening.truncation import shortened

# What a client can have sent, so that repeating it helps. A list would be shown as Python writes it.
_SCALARS = (str, int, float, Decimal, datetime.date, datetime.time, datetime.timedelta, uuid.UUID)
# Codes of `django.contrib.postgres` that no client of an API has a use for.
_TECHNICAL = {"item_invalid", "nested_array_mismatch", "not_a_string"}


def report(row: Row, constraint: ModelConstraint) -> tuple[Path, str, ErrorDetail]:
    """Return where, and with which message, the violation of *constraint* by *row* is reported."""
    known = map_fields(row.serializer)
    key = _find_field_name(row.serializer, constraint, known)
    error = constraint.error([known[name] for name in constraint.fields if name in known])
    field = row.serializer.fields.get(key)
    own_message = field.error_messages.get("unique") if field is not None and constraint.unique else None
    return row.path, key, ErrorDetail(own_message, error.code) if own_message else error


def nest(found: Iterable[tuple[Path, str | int, ErrorDetail]]) -> dict[Any, Any]:
    """Return DRF's error details for the errors that were *found*."""
    detail: dict[Any, Any] = {}
    for path, key, error in found:
        level = detail
        for part in path:
            level = level.setdefault(part, {})
        errors = level.setdefault(key, [])
        if error not in errors:  # `unique=True` beside a constraint that says the same
            errors.append(error)
    return detail


def report_model_errors(row: Row, error: DjangoValidationError) -> Found:
    """Yield the errors of a `Model.clean()` or `full_clean()` under the keys of the body."""
    known = map_fields(row.serializer)
    for name, errors in error.update_error_dict({}).items():
        for single in errors:
            violated = _find_constraint(single, row.model)
            if violated is not None:
                yield report(row, violated)
                continue
            key = known.get(name, name if name in row.serializer.fields else str(api_settings.NON_FIELD_ERRORS_KEY))
            yield from ((row.path, key, detail) for detail in convert_errors([single]))


def _find_constraint(error: DjangoValidationError, model: type[Model]) -> ModelConstraint | None:
    """Return the constraint whose violation Django found itself: `validate_unique()` and `validate_constraints()`."""
    names = (error.params or {}).get("unique_check")
    for constraint in get_constraints(model):
        if names and tuple(names) == getattr(constraint.definition, "fields", None):
            return constraint
        if error.message == constraint.definition.get_violation_error_message():
            return constraint
    return None


def map_fields(serializer: Any) -> dict[str, str]:
    """Return `{name of a model field: field name in the body}` for all that the client of *serializer* can send."""
    keys: dict[str, str] = {}
    names = _map_names(serializer.Meta.model)
    for key, field in serializer.fields.items():
        if field.read_only or isinstance(field, HiddenField):
            continue
        for name in getattr(field, "model_fields", (field.source,)):
            if name in names:
                keys.setdefault(names[name], key)
    return keys


@functools.cache
def _map_names(model: type[Model]) -> dict[str, str]:
    """Return `{name of a field or of its attribute: name of the field}`."""
    return {name: field.name for field in model._meta.get_fields() for name in get_names(field)}


def find_field_name(serializer: Any, constraint: ModelConstraint) -> str:
    """Return the field name for a violation of *constraint*: the declared one, or that of its only writable field."""
    return _find_field_name(serializer, constraint, map_fields(serializer))


def _find_field_name(serializer: Any, constraint: ModelConstraint, known: dict[str, str]) -> str:
    declared = _map_constraints(serializer, known).get(constraint.definition.name)
    if declared and declared in serializer.fields:
        return declared
    keys = list(dict.fromkeys(known[name] for name in constraint.fields if name in known))
    return keys[0] if len(keys) == 1 else str(api_settings.NON_FIELD_ERRORS_KEY)


def map_constraints(serializer: Any) -> dict[str, str]:
    """Return `{name of a constraint: field name}` as declared by the model and, stronger, by the serializer's Meta."""
    return _map_constraints(serializer, map_fields(serializer))


def _map_constraints(serializer: Any, known: dict[str, str]) -> dict[str, str]:
    of_model = getattr(serializer.Meta.model, "constraint_fields", {})
    own = getattr(serializer.Meta, "constraint_fields", {})
    return {name: known.get(field, field) for name, field in of_model.items()} | own


def convert_errors(errors: list[DjangoValidationError]) -> list[ErrorDetail]:
    """Return Django's *errors* as DRF's, with their codes."""
    found: Any = get_error_detail(DjangoValidationError([_for_clients(each) for each in errors]))
    return list(found)


def for_clients(error: DjangoValidationError) -> DjangoValidationError:
    """Return *error*, whatever its shape, with messages that API clients understand."""
    if hasattr(error, "error_dict"):
        return DjangoValidationError({name: list(map(_for_clients, each)) for name, each in error.error_dict.items()})
    return DjangoValidationError(list(map(_for_clients, error.error_list)))


def _for_clients(error: DjangoValidationError) -> DjangoValidationError:
    params = error.params or {}
    value = params.get("value", "") if isinstance(params, dict) else ""
    code = "invalid" if error.code in _TECHNICAL else error.code
    if _has_constraint_name(str(error.message)):
        return DjangoValidationError(_("Invalid input."), code)
    if not isinstance(value, _SCALARS) or error.code in _TECHNICAL:
        return DjangoValidationError(_("A value is not valid."), code)
    if isinstance(value, str) and value:
        return DjangoValidationError(error.message, code, {**params, "value": shortened(value)})
    return error


def _has_constraint_name(message: str) -> bool:
    """Tell whether *message* is Django's own for a constraint without one."""
    template = str(BaseConstraint.default_violation_error_message)
    before, _parameter, after = template.partition("%(name)s")
    return re.fullmatch(f"{re.escape(before)}.+{re.escape(after)}", message) is not None
