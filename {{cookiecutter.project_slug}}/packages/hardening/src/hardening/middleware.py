"""Middleware for every response, of DRF or not: request id, security headers, and the format of errors."""

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters
from rest_framework import exceptions
from rest_framework.exceptions import APIException, ErrorDetail
from rest_framework.response import Response

from hardening.errors.problem_details import JSON, PROBLEM_JSON, document, phrase
from hardening.exceptions import BadRequest, LengthRequired, PayloadTooLarge, TryAgain
from hardening.operations import security_events
from hardening.operations.health import PROBES
from hardening.operations.logging import access_log
from hardening.renderers import JSONRenderer

GetResponse = Callable[[HttpRequest], HttpResponse]

# Keys of `request.META`, the WSGI environment, that the middleware shares with `hardening.wsgi`.
REQUEST_ID = "hardening.request_id"  # set if `hardening.wsgi` binds the request id to the log
LOGGED = "hardening.logged"  # set once the request is in the access log
SHAPED = "hardening.shaped"  # the content type of the response that `error_documents` returned

MAX_HEADER = 8190  # characters of one header with all its repetitions; gunicorn's limit for a single line

_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_UTF_8 = ("utf-8", "utf8")

_FROM_THE_CLIENT = ("HTTP_", "CONTE")  # Content-Type and Content-Length have no prefix in WSGI

_API_POLICY = "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"  # ASVS 5.0, 3.4.3
_PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# The browsable API logs out with an `onclick` handler; the digest allows this one and no other.
_BROWSABLE_POLICY = (
    f"{_PAGE_POLICY}; script-src 'self' 'unsafe-hashes' 'sha256-tHTC1YgZ5UbAs8E2Ib4NjuSS8R05d1nfPHtbmXq05WA='"
)
_HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Responses contain tokens, and objects that only one user may see: no cache may store them.
    "Cache-Control": "no-store",
}

# Headers that describe the content, which are dropped when an error document replaces it.
OF_THE_CONTENT = {
    "accept-ranges",
    "content-disposition",
    "content-encoding",
    "content-length",
    "content-type",
    "etag",
    "expires",
    "last-modified",
}

_ERRORS: dict[int, type[APIException]] = {
    error.status_code: error
    for error in (
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


def answer_probes(get_response: GetResponse) -> GetResponse:
    """Respond to the probes before any middleware that checks `Host`.

    An orchestrator sends the IP address of the container as `Host`, which is not in `ALLOWED_HOSTS`. The responses do
    not depend on the request, so that a forged `Host` has no effect; it is still rejected with 400 on other paths.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path_info)
        return get_response(request) if probe is None else probe(request)

    return respond


def request_id(get_response: GetResponse) -> GetResponse:
    """Give every request an id, return it in `X-Request-ID`, and write the access log.

    The id is that of the request's own `X-Request-ID` if `TRUSTED_PROXIES` is set. All log entries of the request
    contain it.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        is_inner = REQUEST_ID in request.META
        identity = request.META[REQUEST_ID] if is_inner else find_request_id(request.META)
        request.request_id = identity  # type: ignore[attr-defined]  # Django's requests take attributes
        start = time.perf_counter()
        if not is_inner:
            structlog.contextvars.bind_contextvars(request_id=identity)
        try:
            response = get_response(request)
            elapsed = round((time.perf_counter() - start) * 1000, 1)
            entry = {"method": request.method, "path": request.path, "status": response.status_code, "ms": elapsed}
            access_log.info("%(method)s %(path)s %(status)s, %(ms)s ms", entry)
            request.META[LOGGED] = True
        finally:
            if not is_inner:
                structlog.contextvars.clear_contextvars()  # the thread's next request may be another user's
        response["X-Request-ID"] = identity
        return response

    return respond


def error_documents(get_response: GetResponse) -> GetResponse:
    """Replace the HTML of Django's responses with a status of 400 or above by the error document."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code >= HTTPStatus.BAD_REQUEST and not isinstance(response, Response):
            media_type = response.headers.get("Content-Type", "").partition(";")[0]
            if media_type not in (JSON, PROBLEM_JSON):
                response = _replace_by_document(response, request)
        request.META[SHAPED] = response.headers.get("Content-Type")
        return response

    return respond


def security_headers(get_response: GetResponse) -> GetResponse:
    """Add the security headers that Django's own middleware does not set; a view may set another value."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        response.headers.setdefault("Content-Security-Policy", _page_policy() if is_page else _API_POLICY)
        return response

    return respond


def body_limits(get_response: GetResponse) -> GetResponse:
    """Reject headers that are too long, and bodies that are too large, of unknown length, compressed or not UTF-8.

    This happens before anything is parsed, because parsing cookies or media types can take quadratic time. A server
    joins repeated headers, so that gunicorn's limit for a single line does not limit their total length.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        if any(len(value) > MAX_HEADER for name, value in request.META.items() if name[:5] in _FROM_THE_CLIENT):
            return HttpResponse(status=HTTPStatus.BAD_REQUEST)
        if "HTTP_TRANSFER_ENCODING" in request.META and "CONTENT_LENGTH" not in request.META:
            return HttpResponse(status=HTTPStatus.LENGTH_REQUIRED)
        if request.META.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
            return HttpResponse(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)  # RFC 9110, 15.5.16
        if (request.content_params or {}).get("charset", "utf-8").lower() not in _UTF_8:
            return HttpResponse(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)  # JSON is UTF-8 (RFC 8259, 8.1)
        if _length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return get_response(request)

    return respond


def https_only(get_response: GetResponse) -> GetResponse:
    """Reject plain HTTP behind a proxy: a redirect would hide that a token was sent unencrypted (ASVS 5.0, 4.1.2).

    The health probes are exempt. Without a proxy, the server cannot know whether TLS ends in front of it.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        if request.is_secure() or request.path in PROBES:
            return get_response(request)
        if not settings.SECURE_SSL_REDIRECT or not _trusts_proxies():
            return get_response(request)
        security_events.record("plain_http_refused", request, path=request.path)
        return HttpResponse(status=HTTPStatus.FORBIDDEN)

    return respond


def _random_uuid() -> str:
    """Return a UUID of version 4 (RFC 9562), faster than `uuid.uuid4()`: it is needed for every request."""
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _page_policy() -> str:
    return _BROWSABLE_POLICY if settings.DEBUG else _PAGE_POLICY


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:  # Django treats such a body as empty
        return 0


def _replace_by_document(response: HttpResponse, request: HttpRequest) -> HttpResponse:
    """Return an error document with the status, the cookies and the other headers of *response*.

    It is a new response, because the content of a streaming response (a static file) cannot be replaced.
    """
    data, media_type = describe_status(response.status_code, request)
    error_response = HttpResponse(JSONRenderer().render(data), status=response.status_code, content_type=media_type)
    for name, value in response.headers.items():
        if name.lower() not in OF_THE_CONTENT:
            error_response.headers[name] = value
    error_response.headers["Content-Length"] = str(len(error_response.content))
    error_response.cookies = response.cookies
    closers: Any = response  # Django's stubs omit the open files of a response
    vars(error_response)["_resource_closers"].extend(closers._resource_closers)
    return error_response


def find_request_id(environ: Mapping[str, Any]) -> str:
    """Return the request id: the `X-Request-ID` of a trusted proxy if it is valid, or else a new UUID."""
    sent: str = environ.get("HTTP_X_REQUEST_ID", "")
    return sent if _trusts_proxies() and _REQUEST_ID.fullmatch(sent) else _random_uuid()


def parse_content_type(value: str) -> tuple[str, dict[str, str]]:
    """Return the media type and the parameters of a `Content-Type`; an unknown charset if it is malformed."""
    try:
        return parse_header_parameters(value)
    except (ValueError, LookupError):  # a parameter in a charset that does not exist, or that is not a text encoding
        return "", {"charset": ""}


def describe_status(status: int, request: HttpRequest) -> tuple[dict[str, Any], str]:
    """Return the error document for *status*, with a generic message, and its media type."""
    error = _ERRORS.get(status)
    if error is None:
        text = phrase(status)
        code = text.lower().replace(" ", "_").replace("-", "_")  # the names in `HTTPStatus` depend on Python's version
    else:
        text, code = str(error.default_detail).format(method=request.method), str(error.default_code)
    return document({"detail": ErrorDetail(text, code)}, status, request)


def list_safe_headers(environ: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the security headers for an error document that did not pass through the middleware."""
    yield from _HEADERS.items()
    yield "Content-Security-Policy", _API_POLICY
    yield "Cross-Origin-Opener-Policy", "same-origin"
    yield "Referrer-Policy", "same-origin"
    yield "X-Content-Type-Options", "nosniff"
    yield "X-Frame-Options", "DENY"
    name, value = settings.SECURE_PROXY_SSL_HEADER or ("wsgi.url_scheme", "https")
    if value in (environ.get(name), environ.get("wsgi.url_scheme")):
        policy = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
        yield "Strict-Transport-Security", policy


def _trusts_proxies() -> bool:
    """Return whether a proxy in front sets the headers of the client's address, protocol and request id."""
    return bool(getattr(settings, "TRUSTED_PROXIES", 0))
