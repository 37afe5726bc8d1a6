"""Messages of validation errors for API clients: without the names of constraints, and without Python values."""

import datetime
import re
import uuid
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models.constraints import BaseConstraint
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import get_error_detail

from hardening.truncation import shortened

# What a client can have sent, so that repeating it helps. A list would be shown as Python writes it.
_SCALARS = (str, int, float, Decimal, datetime.date, datetime.time, datetime.timedelta, uuid.UUID)
# Codes of `django.contrib.postgres` that no client of an API has a use for.
_TECHNICAL = {"item_invalid", "nested_array_mismatch", "not_a_string"}


def error_details(errors: list[DjangoValidationError]) -> list[ErrorDetail]:
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
    if _names_its_constraint(str(error.message)):
        return DjangoValidationError(_("Invalid input."), code)
    if not isinstance(value, _SCALARS) or error.code in _TECHNICAL:
        return DjangoValidationError(_("A value is not valid."), code)
    if isinstance(value, str) and value:
        return DjangoValidationError(error.message, code, {**params, "value": shortened(value)})
    return error


def _names_its_constraint(message: str) -> bool:
    """Tell whether *message* is Django's own for a constraint without one."""
    template = str(BaseConstraint.default_violation_error_message)
    before, _parameter, after = template.partition("%(name)s")
    return re.fullmatch(f"{re.escape(before)}.+{re.escape(after)}", message) is not None
