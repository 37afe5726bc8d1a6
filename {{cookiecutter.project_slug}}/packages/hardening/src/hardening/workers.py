"""gunicorn's threaded worker with limits on slow clients, and with the error document for requests it cannot read.

gunicorn limits the silence between two reads at most, so that a client that sends a byte now and then holds its thread
for as long as it likes; it answers what is not HTTP with a page, and logs the request line with its query string.
"""

import contextlib
import errno
import logging
import socket
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.http import errors
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

logger = logging.getLogger("hardening.workers")

FIRST_BYTE = 0.1  # seconds that a new connection may wait in a thread for its first byte, and not in the main loop

_STATUSES: dict[Any, HTTPStatus] = {
    errors.ConfigurationProblem: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.ForbiddenProxyRequest: HTTPStatus.FORBIDDEN,
    # Headers of the application, whose classes are those of the client's too.
    errors.InvalidResponseHeader: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidResponseHeaderName: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}


class RequestTimeout(errors.ParseException):  # type: ignore[misc]  # it ships no types
    """The headers were not there in time."""


_STATUSES[RequestTimeout] = HTTPStatus.REQUEST_TIMEOUT


class _Unreader(SocketUnreader):  # type: ignore[misc]  # it ships no types
    """Reads from a socket until the deadline of the request, and no longer than `silence` for the next byte."""

    def __init__(self, sock: socket.socket, silence: float) -> None:
        super().__init__(sock)
        self.silence = silence
        self.deadline = 0.0

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return what the client sent next; raise `TimeoutError` once the time of its request is over."""
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("The request took too long.")
        before = self.sock.gettimeout()
        self.sock.settimeout(min(remaining, self.silence, remaining if before is None else before))
        try:
            received: bytes = super().chunk(size_hint)
        finally:
            self.sock.settimeout(before)
        return received


class _Parser(RequestParser):  # type: ignore[misc]  # it ships no types
    """Gives every request a deadline for its headers, its body, and what the application leaves of the body."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any) -> None:
        super().__init__(cfg, sock, client)
        self.unreader = _Unreader(sock, Worker.read_timeout)

    def __next__(self) -> Any:
        self.unreader.deadline = time.monotonic() + Worker.request_timeout
        try:
            return super().__next__()
        except TimeoutError:
            raise RequestTimeout from None


class _Connection(TConn):  # type: ignore[misc]  # it ships no types
    parser: Any

    def init(self) -> None:
        is_new = not self.initialized
        super().init()
        if is_new and type(self.parser) is RequestParser:
            self.parser = _Parser(self.cfg, self.sock, self.client)

    def wait_for_data(self, timeout: float) -> bool:
        return bool(super().wait_for_data(min(timeout, FIRST_BYTE)))

    def close(self, graceful: bool = False) -> None:  # as gunicorn calls it
        """Close at once: the main loop calls this, and would wait for one client while no other is accepted."""
        util.close(self.sock)


class Worker(ThreadWorker):  # type: ignore[misc]  # it ships no types
    """A threaded worker that no client can hold on to; all times are in seconds."""

    request_timeout = 20.0  # for a whole request to arrive, and for each part of its response to be received
    read_timeout = 10.0  # for the next byte

    def accept(self, listener: Any) -> None:
        """Accept a connection, as gunicorn does, with the limits."""
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        self.enqueue_req(_Connection(self.cfg, sock, client, listener.getsockname()))

    def handle(self, conn: TConn) -> Any:
        """Handle a request; where the connection ends with it, let the client receive the response first."""
        is_kept = super().handle(conn)
        if is_kept is False:
            util.close_graceful(conn.sock)
        return is_kept

    def handle_request(self, req: Any, conn: TConn) -> bool:
        """Answer a request, to a client that receives it."""
        conn.sock.settimeout(self.request_timeout)
        try:
            return bool(super().handle_request(req, conn))
        except TimeoutError:
            # gunicorn ends the connection on this without a log entry.
            raise ConnectionResetError(errno.ECONNRESET, "The client does not receive.") from None

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answer a request that cannot be read with the error document; log the kind of error, and nothing of it."""
        default = HTTPStatus.BAD_REQUEST if isinstance(exc, errors.ParseException) else HTTPStatus.INTERNAL_SERVER_ERROR
        status = _STATUSES.get(type(exc), default)
        details = {"reason": type(exc).__name__, "address": addr[0] if isinstance(addr, tuple) else None}

        def log() -> None:
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED:
                logger.error("A request failed in the server.", extra=details, exc_info=exc)
            else:
                logger.warning("A request could not be read.", extra=details)

        with contextlib.suppress(OSError):  # the client may be gone
            util.write_nonblock(client, _render(status, "https" if self.cfg.is_ssl else "http", log))


def _render(status: int, scheme: str, log: Callable[[], None]) -> bytes:
    """Return a response with the error document of *status*, and call *log* while log entries have its request id."""
    from hardening.wsgi import Application  # noqa: PLC0415  # DRF reads the settings when it is imported

    started: list[tuple[str, list[tuple[str, str]]]] = []

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        log()
        start_response(f"{status:d}", [])
        return ()

    answered = Application(application)({"wsgi.url_scheme": scheme}, lambda *arguments: started.append(arguments))
    body = b"".join(answered)
    answered.close()
    [(phrase, headers)] = started
    lines = [f"HTTP/1.1 {phrase}", f"Date: {util.http_date()}", "Connection: close"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers), "", ""]).encode("latin-1") + body
