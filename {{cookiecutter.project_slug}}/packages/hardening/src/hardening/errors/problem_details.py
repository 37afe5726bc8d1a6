"""The error document in its two formats: DRF's JSON, and problem details (RFC 9457)."""

import contextlib
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail
from rest_framework.settings import api_settings

from hardening.exceptions import details

PROBLEM_JSON = "application/problem+json"
JSON = "application/json"
MAX_ACCEPT = 1000  # characters of `Accept`: every media type in it is compared with every renderer's


# As in RFC 9110; those of `HTTPStatus` depend on Python's version.
_PHRASES = {413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}


def phrase(status: int) -> str:
    """Return the reason phrase of *status*."""
    return _PHRASES.get(status) or HTTPStatus(status).phrase


def document(detail: Any, status: int, request: HttpRequest) -> tuple[dict[str, Any], str]:
    """Return the error document for *detail*, errors in DRF's format, and its media type.

    The format is the one that the client prefers by `Accept`: problem details, or DRF's JSON.
    """
    if isinstance(detail, list):
        detail = {api_settings.NON_FIELD_ERRORS_KEY: detail}
    if prefers_problem(request):
        return problem(detail, status, getattr(request, "request_id", "")), PROBLEM_JSON
    error = _find_request_error(detail)
    if error is None:
        return detail, JSON
    extra = {} if "code" in detail else detail
    return {**extra, "detail": error, "code": error.code}, JSON


def prefers_problem(request: HttpRequest) -> bool:
    """Return whether `Accept` contains `application/problem+json`, with a quality not below that of JSON."""
    accept = request.META.get("HTTP_ACCEPT", "")
    if len(accept) > MAX_ACCEPT or PROBLEM_JSON not in accept.lower():  # RFC 9110, 8.3.1: not case-sensitive
        return False
    try:
        problem_type, json_type = request.accepted_type(PROBLEM_JSON), request.accepted_type(JSON)
    except (ValueError, LookupError):  # a parameter in a charset that does not exist
        return False
    if problem_type is None or str(problem_type).partition(";")[0] != PROBLEM_JSON:
        return False
    return json_type is None or json_type.quality <= problem_type.quality


def problem(detail: Mapping[str, Any], status: int, request_id: str) -> dict[str, Any]:
    """Return problem details (RFC 9457) for *detail*, with `errors: [{pointer, code, detail}]` for errors of fields."""
    single = _find_request_error(detail)
    errors = [] if single is not None else [(pointer(path), error) for path, error in details(detail)]
    code = _find_common_code([single] if single is not None else [error for _pointer, error in errors])
    members = {
        "type": f"{getattr(settings, 'ERROR_TYPES', '/errors/')}#{code}",
        "title": phrase(status),
        "status": status,
        "detail": single if single is not None else _("The request has errors: see `errors`."),
        "request_id": request_id,
    }
    with contextlib.suppress(ValueError):  # the id of a proxy need not be a UUID
        members["instance"] = uuid.UUID(request_id).urn
    if single is not None:
        return {**members, "code": single.code}
    return {**members, "errors": [{"pointer": at, "code": error.code, "detail": error} for at, error in errors]}


def pointer(path: tuple[Any, ...]) -> str:
    """Return the JSON pointer (RFC 6901) of *path*; non-field errors point to their object."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "".join(f"/{part}" for part in parts if part != api_settings.NON_FIELD_ERRORS_KEY)


def _find_request_error(detail: Mapping[str, Any]) -> ErrorDetail | None:
    """Return the error of the request as a whole, which in DRF is a single `detail` outside of a list; else None.

    Packages such as djangorestframework-simplejwt add the code as a second key, and further keys.
    """
    error, code = detail.get("detail"), detail.get("code")
    if not isinstance(error, ErrorDetail):
        return None
    return ErrorDetail(error, str(code)) if isinstance(code, ErrorDetail) else error


def _find_common_code(errors: list[ErrorDetail]) -> str:
    codes = {str(error.code) for error in errors}
    return codes.pop() if len(codes) == 1 else "invalid"
