"""The one error document in two renderings: DRF's own JSON, and the problem details of RFC 9457."""

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
MAX_ACCEPT = 1000  # characters of `Accept` that are looked at: each media type in it is compared with each of ours


# As RFC 9110 has them; what Python says depends on its version.
_PHRASES = {413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}


def phrase(status: int) -> str:
    """Return the reason phrase of *status*."""
    return _PHRASES.get(status) or HTTPStatus(status).phrase


def document(detail: Any, status: int, request: HttpRequest) -> tuple[dict[str, Any], str]:
    """Return *detail*, errors in DRF's shape, as the client of *request* asked for them, and its media type."""
    if isinstance(detail, list):
        detail = {api_settings.NON_FIELD_ERRORS_KEY: detail}
    if prefers_problem(request):
        return problem(detail, status, getattr(request, "request_id", "")), PROBLEM_JSON
    single = _of_the_request(detail)
    if single is None:
        return detail, JSON
    extra = {} if "code" in detail else detail
    return {**extra, "detail": single, "code": single.code}, JSON


def prefers_problem(request: HttpRequest) -> bool:
    """Tell whether `Accept` names problem details, and does not put plain JSON above them."""
    if len(request.META.get("HTTP_ACCEPT", "")) > MAX_ACCEPT:
        return False
    try:
        named, plain = request.accepted_type(PROBLEM_JSON), request.accepted_type(JSON)
    except (ValueError, LookupError):  # a parameter in a charset that does not exist
        return False
    if named is None or str(named).partition(";")[0] != PROBLEM_JSON:
        return False
    return plain is None or plain.quality <= named.quality


def problem(detail: Mapping[str, Any], status: int, request_id: str) -> dict[str, Any]:
    """Return the members of RFC 9457 for *detail*, and `errors: [{pointer, code, detail}]` for keys of the body."""
    single = _of_the_request(detail)
    found = [] if single is not None else [(pointer(path), each) for path, each in details(detail)]
    code = _common_code([single] if single is not None else [each for _pointer, each in found])
    members = {
        "type": f"{settings.ERROR_TYPES}#{code}",
        "title": phrase(status),
        "status": status,
        "detail": single if single is not None else _("The request has errors: see `errors`."),
        "request_id": request_id,
    }
    with contextlib.suppress(ValueError):  # an id of the client's own need not be a UUID
        members["instance"] = uuid.UUID(request_id).urn
    if single is not None:
        return {**members, "code": single.code}
    return {**members, "errors": [{"pointer": at, "code": each.code, "detail": each} for at, each in found]}


def pointer(path: tuple[Any, ...]) -> str:
    """Return the JSON pointer (RFC 6901) of *path*; errors of an object as a whole point to the object."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "".join(f"/{part}" for part in parts if part != api_settings.NON_FIELD_ERRORS_KEY)


def _of_the_request(detail: Mapping[str, Any]) -> ErrorDetail | None:
    """Return the error of a request as a whole, which DRF keeps alone and not in a list.

    Packages such as djangorestframework-simplejwt put the code beside it, and more that no schema describes.
    """
    single, code = detail.get("detail"), detail.get("code")
    if not isinstance(single, ErrorDetail):
        return None
    return ErrorDetail(single, str(code)) if isinstance(code, ErrorDetail) else single


def _common_code(errors: list[ErrorDetail]) -> str:
    codes = {str(each.code) for each in errors}
    return codes.pop() if len(codes) == 1 else "invalid"
