"""The WSGI application, which returns the error document also for exceptions outside of Django's handlers.

Django converts exceptions of views and middleware into responses. Exceptions while it builds the request, in its
exception handlers, and while the body is sent reach the server. The server would respond with an HTML page without
security headers and request id, and log the query string.
"""

import errno
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

import django
import structlog
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest
from rest_framework.exceptions import APIException

from hardening.errors.problem_details import JSON, PROBLEM_JSON, phrase
from hardening.middleware import (
    LOGGED,
    OF_THE_CONTENT,
    REQUEST_ID,
    SHAPED,
    describe_status,
    find_request_id,
    list_safe_headers,
    parse_content_type,
)
from hardening.operations.logging import access_log
from hardening.renderers import JSONRenderer

Environ = dict[str, Any]
Headers = list[tuple[str, str]]

logger = logging.getLogger("hardening.wsgi")

# Sent if building the error document fails too.
_LAST_RESORT = b'{"detail":"A server error occurred.","code":"error"}'


def get_wsgi_application() -> "Application":
    """Set up Django and return the WSGI application."""
    django.setup(set_prefix=False)
    return Application(Handler())


class Application:
    """Wrap a WSGI application (PEP 3333); log its exceptions and respond to them with the error document."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> "_BufferedResponse":
        """Process the request of *environ*; all log entries of the request contain its id."""
        # A copy, because the server still needs its file wrapper. Without it, Django reads files itself, so that a
        # disk error is raised and handled here.
        environ = {**environ, REQUEST_ID: find_request_id(environ)}
        environ.pop("wsgi.file_wrapper", None)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=environ[REQUEST_ID])
        response = _BufferedResponse(environ)
        try:
            response.run(self.application)
            response.complete()
        except BaseException as error:
            if _stops_the_process(error):
                raise
            response.fail(error)
        start_response(response.status, response.headers)
        return response


class _BufferedResponse(Iterator[bytes]):
    """The response of the application, whose first chunk is buffered so that the status can still change."""

    def __init__(self, environ: Environ) -> None:
        self.environ = environ
        self.started = time.perf_counter()
        self.status = ""
        self.headers: Headers = []
        self.body: Iterable[bytes] = ()
        self.chunks: Iterator[bytes] = iter(())
        self.first: bytes | None = None

    def run(self, application: Callable[..., Iterable[bytes]]) -> None:
        """Call *application*, and read the first chunk of its body."""
        self.body = application(self.environ, self.start)
        if self.environ.get("REQUEST_METHOD") != "HEAD":  # servers discard the body, some with a warning
            self.chunks = iter(self.body)
            self.first = next(self.chunks, None)

    def start(self, status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], Any]:
        """Store the status and headers; this is the `start_response` of the application."""
        self.status, self.headers = status, list(headers)
        return self._write

    def _write(self, data: bytes) -> None:
        raise NotImplementedError("Return the body: write() of PEP 3333 is not supported.")

    def fail(self, error: BaseException) -> None:
        """Log *error*, and replace the response by the error document for 500."""
        logger.error("Error outside of Django: %s", self.environ.get("PATH_INFO", ""), exc_info=error)
        self.close_body()
        self.headers = []
        self.replace_by_document(APIException.status_code)
        self.add_missing_headers()
        self.log_access()

    def complete(self) -> None:
        """Add what a failed middleware did not: the error document, the headers, and the entry of the access log."""
        status = int(self.status[:3])
        if status >= HTTPStatus.BAD_REQUEST and not self.is_shaped():
            self.close_body()
            self.replace_by_document(status)
        self.add_missing_headers()
        self.log_access()

    def is_shaped(self) -> bool:
        """Return whether the content is JSON, or that of the response that `error_documents` returned."""
        content_type = next((value for name, value in self.headers if name.lower() == "content-type"), None)
        if content_type is not None and content_type.partition(";")[0] in (JSON, PROBLEM_JSON):
            return True
        return SHAPED in self.environ and self.environ[SHAPED] == content_type

    def replace_by_document(self, status: int) -> None:
        """Replace the content by the error document for *status*."""
        try:
            data, media_type = describe_status(status, self._build_request())
            content = JSONRenderer().render(data)
        except Exception:
            logger.exception("The error document could not be built.")
            status, media_type, content = APIException.status_code, JSON, _LAST_RESORT
        kept = [(name, value) for name, value in self.headers if name.lower() not in OF_THE_CONTENT]
        self.status = f"{status} {phrase(status)}"
        self.headers = [*kept, ("Content-Type", media_type), ("Content-Length", str(len(content)))]
        self.chunks = iter(())
        self.first = None if self.environ.get("REQUEST_METHOD") == "HEAD" else content

    def _build_request(self) -> HttpRequest:
        """Return a request with headers only, because building Django's request may be what failed."""
        request = HttpRequest()
        request.META = self.environ
        request.method = self.environ.get("REQUEST_METHOD", "").upper()
        request.request_id = self.environ[REQUEST_ID]  # type: ignore[attr-defined]  # Django's requests take attributes
        return request

    def add_missing_headers(self) -> None:
        """Add the request id and the security headers that the middleware did not set."""
        present = {name.lower() for name, _value in self.headers}
        if "x-request-id" in present and "x-frame-options" in present and "cache-control" in present:
            return
        for name, value in (("X-Request-ID", self.environ[REQUEST_ID]), *list_safe_headers(self.environ)):
            if name.lower() not in present:
                self.headers.append((name, value))

    def log_access(self) -> None:
        """Write the access log if the middleware did not."""
        if LOGGED in self.environ:
            return
        elapsed = round((time.perf_counter() - self.started) * 1000, 1)
        method, path = self.environ.get("REQUEST_METHOD"), self.environ.get("PATH_INFO")
        entry = {"method": method, "path": path, "status": int(self.status[:3]), "ms": elapsed}
        access_log.info("%(method)s %(path)s %(status)s, %(ms)s ms", entry)

    def __next__(self) -> bytes:
        if self.first is not None:
            first, self.first = self.first, None
            return first
        try:
            return next(self.chunks)
        except StopIteration:
            raise
        except BaseException as error:
            if _stops_the_process(error):
                raise
            logger.error("Error while sending: %s", self.environ.get("PATH_INFO", ""), exc_info=error)
            # The status has been sent. On this exception, servers close the connection without logging it again, so
            # that the client notices that the response is incomplete.
            raise ConnectionResetError(errno.ECONNRESET, "The response ended early.") from None

    def close(self) -> None:
        """Close the response; called by the server once it has sent the body."""
        self.close_body()
        structlog.contextvars.clear_contextvars()  # the thread's next request may be another user's

    def close_body(self) -> None:
        """Close the application's body once; log an exception, because the response was sent or replaced by then."""
        body, self.body = self.body, ()
        try:
            if hasattr(body, "close"):
                body.close()
        except Exception:
            logger.exception("The response could not be closed.")


class _Request(WSGIRequest):
    """Django's request, which can be built with any `Content-Type`.

    Django decodes the query string with the charset of the body and fails if it is not a text encoding (`bz2`).
    `hardening.middleware.body_limits` responds with 415 to all charsets except UTF-8.
    """

    def _set_content_type_params(self, meta: Environ) -> None:
        self.content_type, self.content_params = parse_content_type(meta.get("CONTENT_TYPE", ""))


class Handler(WSGIHandler):
    """Django's handler, with a request that can be built with any `Content-Type`."""

    request_class = _Request


def _stops_the_process(error: BaseException) -> bool:
    """Return whether *error* stems from a signal to the process; in a thread it would only stop that thread."""
    is_signal = isinstance(error, KeyboardInterrupt | SystemExit)
    return is_signal and threading.current_thread() is threading.main_thread()
