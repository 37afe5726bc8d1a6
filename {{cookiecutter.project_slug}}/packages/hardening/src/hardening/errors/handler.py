"""DRF's exception handler, extended: errors carry their own status, and database errors become responses.

DRF imports this module with the first error, so that it may import `rest_framework.views`. Classes that DRF's settings
name (parsers, throttles …) may not, because `rest_framework.views` imports them.
"""

import logging
import re
from functools import singledispatch
from typing import Any

from django.core import exceptions as django
from django.db import DatabaseError, InterfaceError, connections
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext
from rest_framework import exceptions, views
from rest_framework.fields import get_error_detail
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.response import Response

from hardening.errors.problem_details import PROBLEM_JSON, document
from hardening.exceptions import BadRequest, FieldError, OutcomeUnknown, PayloadTooLarge, TryAgain, status_of
from hardening.integrity import drivers
from hardening.integrity.drivers import Kind
from hardening.integrity.in_use import build_in_use
from hardening.integrity.reporting import for_clients
from hardening.integrity.unavailable import build_try_again
from hardening.integrity.unexplained_violations import translate_violation
from hardening.operations import security_events
from hardening.renderers import JSONRenderer, rename_keys

logger = logging.getLogger(__name__)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response to *error*; None for an unexpected exception, which Django logs and turns into a 500."""
    error = convert_exception(error, context)
    _record_event(error, context["request"])
    response = views.exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, FieldError) or type(error) is exceptions.ValidationError:
        response.status_code = status_of(error.detail)
    request = context["request"]
    renderer = getattr(request, "accepted_renderer", None)
    response.data, media_type = document(rename_keys(response.data, renderer), response.status_code, request)
    if media_type == PROBLEM_JSON or not isinstance(renderer, BrowsableAPIRenderer):
        # Both are set, because content negotiation itself may have failed.
        request.accepted_renderer, request.accepted_media_type = JSONRenderer(), media_type
        response.content_type = media_type
    return response


def _record_event(error: Exception, request: Any) -> None:
    for kind, event in ((exceptions.PermissionDenied, "permission_denied"), (exceptions.Throttled, "throttled")):
        if isinstance(error, kind):
            security_events.record(event, request, method=request.method, path=request.path)


@singledispatch
def convert_exception(error: Exception, context: dict[str, Any]) -> Exception:
    """Return the `APIException` for *error*, or *error* itself; register a function to convert another class."""
    return error


@convert_exception.register
def _(error: django.ValidationError, context: dict[str, Any]) -> Exception:
    return exceptions.ValidationError(get_error_detail(for_clients(error)))


@convert_exception.register
def _(error: django.ObjectDoesNotExist, context: dict[str, Any]) -> Exception:
    """Return 404 only for the object in the URL; a missing object of another kind is a server error (500)."""
    model: Any = getattr(getattr(context.get("view"), "queryset", None), "model", None)
    is_in_url = model is not None and context.get("kwargs") and isinstance(error, model.DoesNotExist)
    return exceptions.NotFound() if is_in_url else error


@convert_exception.register
def _(error: Http404, context: dict[str, Any]) -> Exception:
    return exceptions.NotFound()  # without Django's message, which contains the name of the model


@convert_exception.register(django.SuspiciousOperation)
@convert_exception.register(django.BadRequest)
@convert_exception.register(MultiPartParserError)
@convert_exception.register(UnreadablePostError)
def _(error: Exception, context: dict[str, Any]) -> Exception:
    return BadRequest()


@convert_exception.register(django.RequestDataTooBig)
@convert_exception.register(django.TooManyFieldsSent)
@convert_exception.register(django.TooManyFilesSent)
def _(error: Exception, context: dict[str, Any]) -> Exception:
    return PayloadTooLarge()


@convert_exception.register(ProtectedError)
def _(error: ProtectedError, context: dict[str, Any]) -> Exception:
    return build_in_use(error.protected_objects)


@convert_exception.register(RestrictedError)
def _(error: RestrictedError, context: dict[str, Any]) -> Exception:
    return build_in_use(error.restricted_objects)


@convert_exception.register
def _(error: OverflowError, context: dict[str, Any]) -> Exception:
    """Return 404 or 400 for an integer of the URL beyond 64 bits, on which SQLite's driver fails."""
    if any(_is_too_large(text) for text in (context.get("kwargs") or {}).values()):
        return exceptions.NotFound()
    query = context["request"].query_params
    if too_large := [name for name, values in query.lists() if any(map(_is_too_large, values))]:
        detail = exceptions.ErrorDetail(gettext("The number is too large."), "max_value")
        return exceptions.ValidationError({name: [detail] for name in too_large})
    return error


def _is_too_large(text: Any) -> bool:
    return any(len(digits.lstrip("0")) > 18 for digits in re.findall(r"[0-9]+", str(text)))


@convert_exception.register
def _(error: OutcomeUnknown, context: dict[str, Any]) -> Exception:
    """Have the client repeat a request that writes nothing: with ATOMIC_REQUESTS it ends with a COMMIT, too."""
    return TryAgain() if context["request"].method in SAFE_METHODS else error


@convert_exception.register(DatabaseError)
@convert_exception.register(InterfaceError)
def _(error: DatabaseError, context: dict[str, Any]) -> Exception:
    """Return 503 if the database is busy or unavailable, the response to a violation, or *error* itself (500)."""
    for connection in connections.all(initialized_only=True):
        diagnosis = drivers.diagnose(error, connection)
        if diagnosis is not None and diagnosis.kind is Kind.BUSY:
            logger.error("The database is busy or unavailable: %s", type(error.__cause__ or error).__name__)
            return build_try_again(diagnosis, connection)
    return translate_violation(error, context.get("view"), context["request"])
