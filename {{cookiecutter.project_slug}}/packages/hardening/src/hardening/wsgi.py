"""The outermost layer: whatever fails before, inside or after Django is answered with the error document.

Django turns the exceptions of views and middleware into responses. Building the request, the exception handlers
themselves, and the sending of the body are outside of that, and would reach the server: a bare page without
headers or request id, and a log entry with the query string.
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

# Sent where not even the error document can be built.
_LAST_RESORT = b'{"detail":"A server error occurred.","code":"error"}'


def get_wsgi_application() -> "Application":
    """Set Django up and return the application for a WSGI server."""
    django.setup(set_prefix=False)
    return Application(Handler())


class Application:
    """Run a WSGI application; answer and log what it fails to (PEP 3333)."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> "_Reply":
        """Answer the request of *environ*; everything that is logged meanwhile carries its id."""
        # A copy, because the server still looks for its file wrapper. Without one, Django reads files itself,
        # so that an error of the disk is handled here too.
        environ = {**environ, REQUEST_ID: find_request_id(environ)}
        environ.pop("wsgi.file_wrapper", None)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=environ[REQUEST_ID])
        reply = _Reply(environ)
        try:
            reply.run(self.application)
            reply.complete()
        except BaseException as error:
            if _stops_the_process(error):
                raise
            reply.fail(error)
        start_response(reply.status, reply.headers)
        return reply


class _Reply(Iterator[bytes]):
    """What the application answered: held back until its first chunk is there, and completed."""

    def __init__(self, environ: Environ) -> None:
        self.environ = environ
        self.started = time.perf_counter()
        self.status = ""
        self.headers: Headers = []
        self.body: Iterable[bytes] = ()
        self.chunks: Iterator[bytes] = iter(())
        self.first: bytes | None = None

    def run(self, application: Callable[..., Iterable[bytes]]) -> None:
        """Call *application*, and produce the first chunk of its body: until then, the status can still change."""
        self.body = application(self.environ, self.start)
        if self.environ.get("REQUEST_METHOD") != "HEAD":  # servers drop its body, and some warn of it
            self.chunks = iter(self.body)
            self.first = next(self.chunks, None)

    def start(self, status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], Any]:
        """Take the status and headers, as `start_response` does."""
        self.status, self.headers = status, list(headers)
        return self._write

    def _write(self, data: bytes) -> None:
        raise NotImplementedError("Return the body; PEP 3333 keeps write() for old frameworks only.")

    def fail(self, error: BaseException) -> None:
        """Log *error* and become the document of a 500."""
        logger.error("Error outside of Django: %s", self.environ.get("PATH_INFO", ""), exc_info=error)
        self.close_body()
        self.headers = []
        self.become_document(APIException.status_code)
        self.add_missing_headers()
        self.log_access()

    def complete(self) -> None:
        """Add what a failed middleware left out: the error document, headers, and the line of the access log."""
        status = int(self.status[:3])
        if status >= HTTPStatus.BAD_REQUEST and not self.is_shaped():
            self.close_body()
            self.become_document(status)
        self.add_missing_headers()
        self.log_access()

    def is_shaped(self) -> bool:
        """Tell whether the content is JSON, or the one that the middleware left as it is."""
        content_type = next((value for name, value in self.headers if name.lower() == "content-type"), None)
        if content_type is not None and content_type.partition(";")[0] in (JSON, PROBLEM_JSON):
            return True
        return SHAPED in self.environ and self.environ[SHAPED] == content_type

    def become_document(self, status: int) -> None:
        """Replace the content with the error document of *status*."""
        try:
            data, media_type = describe_status(status, self._request())
            content = JSONRenderer().render(data)
        except Exception:
            logger.exception("The error document could not be built.")
            status, media_type, content = APIException.status_code, JSON, _LAST_RESORT
        kept = [(name, value) for name, value in self.headers if name.lower() not in OF_THE_CONTENT]
        self.status = f"{status} {phrase(status)}"
        self.headers = [*kept, ("Content-Type", media_type), ("Content-Length", str(len(content)))]
        self.chunks = iter(())
        self.first = None if self.environ.get("REQUEST_METHOD") == "HEAD" else content

    def _request(self) -> HttpRequest:
        """Return a request with the headers alone: the one of Django may be what could not be built."""
        request = HttpRequest()
        request.META = self.environ
        request.method = self.environ.get("REQUEST_METHOD", "").upper()
        request.request_id = self.environ[REQUEST_ID]  # type: ignore[attr-defined]  # Django's requests take attributes
        return request

    def add_missing_headers(self) -> None:
        """Add the request id and the security headers that no middleware got to set."""
        present = {name.lower() for name, _value in self.headers}
        if "x-request-id" in present and "x-frame-options" in present and "cache-control" in present:
            return
        for name, value in (("X-Request-ID", self.environ[REQUEST_ID]), *list_safe_headers(self.environ)):
            if name.lower() not in present:
                self.headers.append((name, value))

    def log_access(self) -> None:
        """Write the line of the access log where the middleware has not."""
        if LOGGED in self.environ:
            return
        spent = round((time.perf_counter() - self.started) * 1000, 1)
        method, path = self.environ.get("REQUEST_METHOD"), self.environ.get("PATH_INFO")
        told = {"method": method, "path": path, "status": int(self.status[:3]), "ms": spent}
        access_log.info("%(method)s %(path)s %(status)s, %(ms)s ms", told)

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
            # The status is sent. Servers close the connection on this without another log entry, so that the
            # client does not take a part for the whole.
            raise ConnectionResetError(errno.ECONNRESET, "The response ended early.") from None

    def close(self) -> None:
        """Close the response; the server calls this at the end."""
        self.close_body()
        structlog.contextvars.clear_contextvars()  # the thread's next request may be somebody else's

    def close_body(self) -> None:
        """Close the application's body once; log what fails, because the response is sent or replaced by then."""
        body, self.body = self.body, ()
        try:
            if hasattr(body, "close"):
                body.close()
        except Exception:
            logger.exception("The response could not be closed.")


class _Request(WSGIRequest):
    """Django's request, which a `Content-Type` cannot keep from being built.

    Django decodes the query string with the charset of the body as soon as it is named, and fails where that is
    not a charset (`bz2`). `hardening.middleware.body_limits` answers 415 to every one but UTF-8.
    """

    def _set_content_type_params(self, meta: Environ) -> None:
        self.content_type, self.content_params = parse_content_type(meta.get("CONTENT_TYPE", ""))


class Handler(WSGIHandler):
    """Django's, with a request that can always be built."""

    request_class = _Request


def _stops_the_process(error: BaseException) -> bool:
    """Tell whether *error* is a signal to this process; in a thread it would only kill the worker that sees it."""
    is_signal = isinstance(error, KeyboardInterrupt | SystemExit)
    return is_signal and threading.current_thread() is threading.main_thread()
