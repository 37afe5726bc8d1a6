"""What holds for every answer, inside DRF and outside: its id, its headers, its shape if it is an error."""

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
from hardening.operations.logging import access_log
from hardening.renderers import JSONRenderer

GetResponse = Callable[[HttpRequest], HttpResponse]

# Keys of `request.META`, the environment of WSGI, that the outermost layer (`hardening.wsgi`) shares with these.
REQUEST_ID = "hardening.request_id"  # set where that layer logs with the id from before until after Django
LOGGED = "hardening.logged"  # set once the access log has its line
SHAPED = "hardening.shaped"  # the content type that `error_documents` has let pass

MAX_HEADER = 8190  # characters of one header, with all its repetitions; gunicorn's limit for a single one

_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_UTF_8 = ("utf-8", "utf8")

_FROM_THE_CLIENT = ("HTTP_", "CONTE")  # Content-Type and Content-Length have no prefix in WSGI

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

# Headers that describe a content, which an error document replaces.
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
        is_inner = REQUEST_ID in request.META
        identity = request.META[REQUEST_ID] if is_inner else find_request_id(request.META)
        request.request_id = identity  # type: ignore[attr-defined]  # Django's requests take attributes
        start = time.perf_counter()
        if not is_inner:
            structlog.contextvars.bind_contextvars(request_id=identity)
        try:
            response = get_response(request)
            spent = round((time.perf_counter() - start) * 1000, 1)
            told = {"method": request.method, "path": request.path, "status": response.status_code, "ms": spent}
            access_log.info("%(method)s %(path)s %(status)s, %(ms)s ms", told)
            request.META[LOGGED] = True
        finally:
            if not is_inner:
                structlog.contextvars.clear_contextvars()  # the thread's next request may be somebody else's
        response["X-Request-ID"] = identity
        return response

    return answer


def error_documents(get_response: GetResponse) -> GetResponse:
    """Turn every page of Django's that answers 400 or above into the error document."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code >= HTTPStatus.BAD_REQUEST and not isinstance(response, Response):
            media_type = response.headers.get("Content-Type", "").partition(";")[0]
            if media_type not in (JSON, PROBLEM_JSON):
                response = _replace_by_document(response, request)
        request.META[SHAPED] = response.headers.get("Content-Type")
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
    """Refuse a body that is too large, of unknown length, compressed or in another charset, and overlong headers.

    All before they are read: a server joins the repetitions of a header, and parsing cookies or media types may take
    time that is quadratic in their length.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        if any(len(value) > MAX_HEADER for name, value in request.META.items() if name[:5] in _FROM_THE_CLIENT):
            return HttpResponse(status=HTTPStatus.BAD_REQUEST)
        if "HTTP_TRANSFER_ENCODING" in request.META and "CONTENT_LENGTH" not in request.META:
            return HttpResponse(status=HTTPStatus.LENGTH_REQUIRED)
        if request.META.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
            return HttpResponse(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)  # RFC 9110, 15.5.16
        if (request.content_params or {}).get("charset", "utf-8").lower() not in _UTF_8:
            return HttpResponse(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)  # JSON has no other (RFC 8259, 8.1)
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
        security_events.record("plain_http_refused", request, path=request.path)
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


def _replace_by_document(response: HttpResponse, request: HttpRequest) -> HttpResponse:
    """Return the error document with the status of *response*, and with those headers that do not describe a page.

    It is another response, because one that streams, of a static file say, cannot take the content of a document.
    """
    data, media_type = describe_status(response.status_code, request)
    replaced = HttpResponse(JSONRenderer().render(data), status=response.status_code, content_type=media_type)
    for name, value in response.headers.items():
        if name.lower() not in OF_THE_CONTENT:
            replaced.headers[name] = value
    replaced.headers["Content-Length"] = str(len(replaced.content))
    replaced.cookies = response.cookies
    closers: Any = response  # Django's stubs leave out the files that a response holds open
    vars(replaced)["_resource_closers"].extend(closers._resource_closers)
    return replaced


def find_request_id(environ: Mapping[str, Any]) -> str:
    """Return the id of a request: what a proxy gave it in `X-Request-ID`, or else a new one."""
    sent: str = environ.get("HTTP_X_REQUEST_ID", "")
    return sent if settings.TRUSTED_PROXIES > 0 and _REQUEST_ID.fullmatch(sent) else _random_uuid()


def parse_content_type(value: str) -> tuple[str, dict[str, str]]:
    """Return the media type and the parameters of a `Content-Type`; one that cannot be read has no known charset."""
    try:
        return parse_header_parameters(value)
    except (ValueError, LookupError):  # a parameter in a charset that does not exist, or is not one of texts
        return "", {"charset": ""}


def describe_status(status: int, request: HttpRequest) -> tuple[dict[str, Any], str]:
    """Return the error document that says no more than *status*, and its media type."""
    known = _ERRORS.get(status)
    if known is None:
        text = phrase(status)
        code = text.lower().replace(" ", "_").replace("-", "_")  # the names of `HTTPStatus` depend on Python's version
    else:
        text, code = str(known.default_detail).format(method=request.method), str(known.default_code)
    return document({"detail": ErrorDetail(text, code)}, status, request)


def list_safe_headers(environ: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the headers that keep an error document safe, for a response that no middleware has seen."""
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
