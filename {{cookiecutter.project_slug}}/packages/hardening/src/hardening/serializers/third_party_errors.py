"""Translate exceptions such as `ValueError`, raised by third-party fields for invalid input, to validation errors."""

import logging
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError

logger = logging.getLogger(__name__)

ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

_PACKAGES = {"site-packages", "dist-packages"}
_STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))


def explain_failure(error: Exception, serializer: Any) -> ValidationError | None:
    """Return a `ValidationError` if a third-party field of *serializer* raised *error*, and None otherwise.

    An exception raised by the project's own code stays a server error, even if a package called that code.
    """
    field, path = None, Path()
    for frame in _frames(error):
        caller = frame.f_locals.get("self")
        if frame.f_code.co_name == "to_internal_value" and getattr(caller, "parent", None) is serializer:
            field = caller
        source = Path(frame.f_code.co_filename)
        if _is_of_a_package(source) or not source.is_relative_to(_STANDARD_LIBRARY):
            path = source
    if field is None or not _is_of_a_package(path):
        return None
    logger.warning("The field %r could not convert a value.", field.field_name, exc_info=error)
    return ValidationError({str(field.field_name): [ErrorDetail(_("A value is not valid."), "invalid")]})


def _frames(error: Exception) -> Iterator[FrameType]:
    """Yield the frames of the traceback of *error*, ending with the one that raised it."""
    step = error.__traceback__
    while step is not None:
        yield step.tb_frame
        step = step.tb_next


def _is_of_a_package(path: Path) -> bool:
    return bool(_PACKAGES.intersection(path.parts))
