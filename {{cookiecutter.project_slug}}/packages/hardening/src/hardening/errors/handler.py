"""From an exception to the answer: DRF's exception handler, with the status that the errors ask for.

DRF loads this module with the first error, so it may import `rest_framework.views`; modules that settings
name for every request (parsers, throttles …) may not, or the two would import each other.
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
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.response import Response

from hardening.errors.problem_details import PROBLEM_JSON, document
from hardening.exceptions import BadRequest, FieldError, PayloadTooLarge, TryAgain, status_of
from hardening.integrity import drivers
from hardening.integrity.deletions import in_use
from hardening.integrity.drivers import Kind
from hardening.integrity.messages import for_clients
from hardening.integrity.requests import explain_violation
from hardening.operations import security_events
from hardening.renderers import JSONRenderer, rename_keys

logger = logging.getLogger(__name__)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to *error*; None for one that nobody foresaw, which Django logs and answers with 500."""
    error = foreseen(error, context)
    _record(error, context["request"])
    response = views.exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, FieldError) or type(error) is exceptions.ValidationError:
        response.status_code = status_of(error.detail)
    request = context["request"]
    renderer = getattr(request, "accepted_renderer", None)
    response.data, media_type = document(rename_keys(response.data, renderer), response.status_code, request)
    if media_type == PROBLEM_JSON or not isinstance(renderer, BrowsableAPIRenderer):
        # Both, for negotiation itself may be what failed.
        request.accepted_renderer, request.accepted_media_type = JSONRenderer(), media_type
        response.content_type = media_type
    return response


def _record(error: Exception, request: Any) -> None:
    for kind, event in ((exceptions.PermissionDenied, "permission_denied"), (exceptions.Throttled, "throttled")):
        if isinstance(error, kind):
            security_events.record(event, request, method=request.method, path=request.path)


@singledispatch
def foreseen(error: Exception, context: dict[str, Any]) -> Exception:
    """Return the `APIException` that says the same as *error*, or *error* itself; register to foresee more."""
    return error


@foreseen.register
def _(error: django.ValidationError, context: dict[str, Any]) -> Exception:
    return exceptions.ValidationError(get_error_detail(for_clients(error)))


@foreseen.register
def _(error: django.ObjectDoesNotExist, context: dict[str, Any]) -> Exception:
    """Only the object that the URL names is "not found"; another one that is missing is a fault of ours."""
    model: Any = getattr(getattr(context.get("view"), "queryset", None), "model", None)
    named = model is not None and context.get("kwargs") and isinstance(error, model.DoesNotExist)
    return exceptions.NotFound() if named else error


@foreseen.register
def _(error: Http404, context: dict[str, Any]) -> Exception:
    return exceptions.NotFound()  # without Django's text, which names the model


@foreseen.register(django.SuspiciousOperation)
@foreseen.register(django.BadRequest)
@foreseen.register(MultiPartParserError)
@foreseen.register(UnreadablePostError)
def _(error: Exception, context: dict[str, Any]) -> Exception:
    return BadRequest()


@foreseen.register(django.RequestDataTooBig)
@foreseen.register(django.TooManyFieldsSent)
@foreseen.register(django.TooManyFilesSent)
def _(error: Exception, context: dict[str, Any]) -> Exception:
    return PayloadTooLarge()


@foreseen.register(ProtectedError)
def _(error: ProtectedError, context: dict[str, Any]) -> Exception:
    return in_use(error.protected_objects)


@foreseen.register(RestrictedError)
def _(error: RestrictedError, context: dict[str, Any]) -> Exception:
    return in_use(error.restricted_objects)


@foreseen.register
def _(error: OverflowError, context: dict[str, Any]) -> Exception:
    """SQLite's driver fails on an integer beyond 64 bits, which no row has: the URL may name one."""
    if any(_is_too_large(text) for text in (context.get("kwargs") or {}).values()):
        return exceptions.NotFound()
    query = context["request"].query_params
    if named := [name for name, values in query.lists() if any(map(_is_too_large, values))]:
        detail = exceptions.ErrorDetail(gettext("The number is too large."), "max_value")
        return exceptions.ValidationError({name: [detail] for name in named})
    return error


def _is_too_large(text: Any) -> bool:
    return any(len(digits.lstrip("0")) > 18 for digits in re.findall(r"[0-9]+", str(text)))


@foreseen.register(DatabaseError)
@foreseen.register(InterfaceError)
def _(error: DatabaseError, context: dict[str, Any]) -> Exception:
    """A database that is busy or away will be back; a violation may be the client's, and the rest is a server error."""
    for connection in connections.all(initialized_only=True):
        refusal = drivers.read(error, connection)
        if refusal is not None and refusal.kind is Kind.BUSY:
            logger.error("The database is busy or away: %s", type(error.__cause__ or error).__name__)
            return TryAgain()
    return explain_violation(error, context.get("view"), context["request"])
