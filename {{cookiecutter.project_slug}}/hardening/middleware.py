"""What holds for every answer, inside DRF and outside: its id, its headers, its shape if it is an error."""

import os
import re
import time
from collections.abc import Callable
from http import HTTPStatus

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.exceptions import APIException, ErrorDetail
from rest_framework.response import Response

from hardening import events
from hardening.exceptions import BadRequest, LengthRequired, PayloadTooLarge, TryAgain
from hardening.logs import access_log
from hardening.problems import JSON, PROBLEM_JSON, document, phrase
from hardening.renderers import JSONRenderer

GetResponse = Callable[[HttpRequest], HttpResponse]

_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")

_API_POLICY = "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"  # ASVS 5.0, 3.4.3
_PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# The browsable API logs out by an `onclick`, which is allowed by its digest; no other one is.
_BROWSABLE_POLICY = (
    f"{_PAGE_POLICY}; script-src 'self' 'unsafe-hashes' 'sha256-tHTC1YgZ5UbAs8E2Ib4NjuSS8R05d1nfPHtbmXq05WA='"
)
_HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Answers hold what one caller may see, and tokens: no cache may keep them.
    "Cache-Control": "no-store",
}

_ERRORS: dict[int, type[APIException]] = {
    each.status_code: each
    for each in (
        BadRequest,
        exceptions.AuthenticationFailed,
        exceptions.PermissionDenied,
        exceptions.NotFound,
        exceptions.MethodNotAllowed,
        LengthRequired,
        PayloadTooLarge,
        exceptions.Throttled,
        exceptions.APIException,
        TryAgain,
    )
}


def request_id(get_response: GetResponse) -> GetResponse:
    """Give every request an id, the client's own where a proxy stands for it, and send it back in `X-Request-ID`.

    Everything that is logged meanwhile carries it, and one line says how the request ended.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        sent = request.META.get("HTTP_X_REQUEST_ID", "")
        trusted = _REQUEST_ID.fullmatch(sent) and settings.TRUSTED_PROXIES > 0
        identity = sent if trusted else _random_uuid()
        request.request_id = identity  # type: ignore[attr-defined]  # Django's requests take attributes
        start = time.perf_counter()
        structlog.contextvars.bind_contextvars(request_id=identity)
        try:
            response = get_response(request)
            spent = round((time.perf_counter() - start) * 1000, 1)
            told = {"method": request.method, "path": request.path, "status": response.status_code, "ms": spent}
            access_log.info("%(method)s %(path)s %(status)s, %(ms)s ms", told)
        finally:
            structlog.contextvars.clear_contextvars()  # the thread's next request may be somebody else's
        response["X-Request-ID"] = identity
        return response

    return answer


def error_documents(get_response: GetResponse) -> GetResponse:
    """Turn every page of Django's that answers 400 or above into the error document."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code < 400 or isinstance(response, Response):
            return response
        media_type = response.headers.get("Content-Type", "").partition(";")[0]
        if media_type not in (JSON, PROBLEM_JSON):
            _become_document(response, request)
        return response

    return answer


def security_headers(get_response: GetResponse) -> GetResponse:
    """Add the headers that Django's own middleware leaves out; a view may set another value."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        response.headers.setdefault("Content-Security-Policy", _page_policy() if is_page else _API_POLICY)
        return response

    return answer


def body_limits(get_response: GetResponse) -> GetResponse:
    """Refuse a body that is too large, of unknown length or compressed before anything reads it."""

    def answer(request: HttpRequest) -> HttpResponse:
        if "HTTP_TRANSFER_ENCODING" in request.META and "CONTENT_LENGTH" not in request.META:
            return HttpResponse(status=HTTPStatus.LENGTH_REQUIRED)
        if request.META.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
            return HttpResponse(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)  # RFC 9110, 15.5.16
        if _length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return get_response(request)

    return answer


def https_only(get_response: GetResponse) -> GetResponse:
    """Refuse plain HTTP that came through a proxy: a redirect would hide that a token was sent in the clear.

    ASVS 5.0, 4.1.2. Without a proxy the server cannot know how it is reached, and the probes are exempt.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        if request.is_secure() or request.path in ("/livez", "/readyz"):
            return get_response(request)
        if not settings.SECURE_SSL_REDIRECT or settings.TRUSTED_PROXIES == 0:
            return get_response(request)
        events.record("plain_http_refused", request, path=request.path)
        return HttpResponse(status=HTTPStatus.FORBIDDEN)

    return answer


def _random_uuid() -> str:
    """Return a UUID of version 4 (RFC 9562); `uuid.uuid4()` would be a tenth of what hardening costs."""
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _page_policy() -> str:
    return _BROWSABLE_POLICY if settings.DEBUG else _PAGE_POLICY


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:  # Django reads such a body as empty
        return 0


def _become_document(response: HttpResponse, request: HttpRequest) -> None:
    status = response.status_code
    known = _ERRORS.get(status)
    if known is None:
        text, code = phrase(status), HTTPStatus(status).name.lower()
    else:
        text, code = str(known.default_detail).format(method=request.method), known.default_code
    data, media_type = document({"detail": ErrorDetail(text, code)}, status, request)
    response.content = JSONRenderer().render(data)
    response["Content-Type"] = media_type
    response["Content-Length"] = str(len(response.content))
