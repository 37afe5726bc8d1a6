"""gunicorn's threaded worker with time limits for slow clients, and the error document for malformed requests.

gunicorn only limits the time between two reads, so that a client that sends a byte now and then occupies a thread for
as long as it likes. It responds to malformed HTTP with an HTML page, and logs the request line with the query string.

The health probes have threads of their own: while all others wait for a database, a probe that queued behind them would
time out, and the orchestrator would kill a process that is alive.
"""

import contextlib
import errno
import logging
import re
import selectors
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.http import errors
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from hardening.operations.draining import is_draining

logger = logging.getLogger("hardening.workers")

_PROBE = re.compile(rb"(?:GET|HEAD) (/livez|/readyz)[ ?]")  # a request line, or its beginning

_STATUSES: dict[Any, HTTPStatus] = {
    errors.ConfigurationProblem: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.ForbiddenProxyRequest: HTTPStatus.FORBIDDEN,
    # Invalid headers of the application: their classes derive from those for headers of the client.
    errors.InvalidResponseHeader: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidResponseHeaderName: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}


class RequestTimeout(errors.ParseException):  # type: ignore[misc]  # gunicorn has no types
    """The headers did not arrive in time."""


_STATUSES[RequestTimeout] = HTTPStatus.REQUEST_TIMEOUT


class _Unreader(SocketUnreader):  # type: ignore[misc]  # gunicorn has no types
    """Read from a socket until the deadline of the request; wait at most `silence` seconds for the next byte."""

    def __init__(self, sock: socket.socket, silence: float) -> None:
        super().__init__(sock)
        self.silence = silence
        self.deadline = 0.0

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return the next bytes of the request; raise `TimeoutError` after the deadline."""
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


class _Parser(RequestParser):  # type: ignore[misc]  # gunicorn has no types
    """Set a deadline for every request: for its headers, its body, and the rest of a body that nobody read."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any) -> None:
        super().__init__(cfg, sock, client)
        self.unreader = _Unreader(sock, Worker.read_timeout)

    def __next__(self) -> Any:
        self.unreader.deadline = time.monotonic() + Worker.request_timeout
        try:
            return super().__next__()
        except TimeoutError:
            raise RequestTimeout from None


class _Connection(TConn):  # type: ignore[misc]  # gunicorn has no types
    parser: Any

    def init(self) -> None:
        is_new = not self.initialized
        super().init()
        if is_new and type(self.parser) is RequestParser:
            self.parser = _Parser(self.cfg, self.sock, self.client)

    def peek(self) -> bytes | None:
        """Return the first bytes that have arrived, without reading them; None if there are none yet."""
        if isinstance(self.sock, ssl.SSLSocket):
            return b""  # encrypted
        try:
            return self.sock.recv(16, socket.MSG_PEEK | socket.MSG_DONTWAIT)  # type: ignore[no-any-return]  # gunicorn has no types
        except BlockingIOError:
            return None
        except OSError:
            return b""  # the thread that reads will notice

    def close(self, graceful: bool = False) -> None:  # as gunicorn calls it
        """Close without waiting for the client, because the main loop calls this and would accept nobody meanwhile."""
        util.close(self.sock)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's threaded worker with time limits, in seconds."""

    request_timeout = 20.0  # for receiving a whole request, and for sending each part of its response
    read_timeout = 10.0  # for receiving the next byte

    def get_thread_pool(self) -> ThreadPoolExecutor:
        """Return the threads for requests, and create those for the probes."""
        self.probes = {path: ThreadPoolExecutor(1) for path in (b"/livez", b"/readyz")}
        pool: ThreadPoolExecutor = super().get_thread_pool()
        return pool

    def accept(self, listener: Any) -> bool:
        """Accept a connection as gunicorn does, but with the time limits; return whether there was one.

        A connection whose request has not arrived yet waits in the main loop, and not in a thread.
        """
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return error.errno == errno.ECONNABORTED
        self.nr_conns += 1
        conn = _Connection(self.cfg, sock, client, listener.getsockname())
        conn.data_ready = conn.peek() is not None
        if conn.data_ready:
            self.enqueue_req(conn)
        else:
            conn.set_timeout()
            self.pending_conns.append(conn)
            self.poller.register(sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))
        return True

    def enqueue_req(self, conn: _Connection) -> None:
        """Have a thread handle the request that has arrived: one of its own if it is a probe."""
        probe = _PROBE.match(conn.peek() or b"")
        pool = self.probes[probe[1]] if probe else self.tpool
        future = pool.submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def set_accept_enabled(self, enabled: bool) -> None:  # as gunicorn calls it
        """Start or stop accepting connections; a worker that ends accepts first what the kernel has accepted.

        Closing a listener resets the connections in its queue, whose clients have sent their requests already. A
        connection that arrives between the last `accept()` and `close()` is reset, so that nothing is in between.
        """
        if self.alive or enabled:
            super().set_accept_enabled(enabled)
            return
        super().set_accept_enabled(enabled)
        for listener in self.sockets:
            listener.setblocking(False)
            while self.accept(listener):
                pass
            listener.close()
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)

    def handle(self, conn: TConn) -> Any:
        """Handle a request; before closing the connection, let the client receive the response."""
        is_kept = super().handle(conn)
        if is_kept is False:
            util.close_graceful(conn.sock)
        return is_kept

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Close the connection after a request whose body nobody read.

        If the body is shorter than `Content-Length` says, gunicorn would read the next request as the rest of it.
        """
        reader = getattr(getattr(conn.parser.mesg, "body", None), "reader", None)
        return not getattr(reader, "length", 0) and bool(super()._keepalive_after(conn, keepalive))

    def handle_request(self, req: Any, conn: TConn) -> bool:
        """Process a request; raise `ConnectionResetError` if the client does not receive the response in time."""
        conn.sock.settimeout(self.request_timeout)
        if is_draining():
            self.max_keepalived = 0  # responses end with `Connection: close`, so that clients go elsewhere
        try:
            return bool(super().handle_request(req, conn))
        except TimeoutError:
            # On this exception, gunicorn closes the connection without logging it.
            raise ConnectionResetError(errno.ECONNRESET, "The client did not receive the response.") from None

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Respond to a malformed request with the error document; log the class of the error without its message."""
        default = HTTPStatus.BAD_REQUEST if isinstance(exc, errors.ParseException) else HTTPStatus.INTERNAL_SERVER_ERROR
        status = _STATUSES.get(type(exc), default)
        details = {"reason": type(exc).__name__, "address": addr[0] if isinstance(addr, tuple) else None}

        def log() -> None:
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED:
                logger.error("The server failed to process a request.", extra=details, exc_info=exc)
            else:
                logger.warning("A request is malformed.", extra=details)

        with contextlib.suppress(OSError):  # the client may have closed the connection
            util.write_nonblock(client, _render(status, "https" if self.cfg.is_ssl else "http", log))


def _render(status: int, scheme: str, log: Callable[[], None]) -> bytes:
    """Return an HTTP response with the error document for *status*; call *log* while the request id is bound."""
    from hardening.wsgi import Application  # noqa: PLC0415  # DRF reads the settings at import

    started: list[tuple[str, list[tuple[str, str]]]] = []

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        log()
        start_response(f"{status:d}", [])
        return ()

    response = Application(application)({"wsgi.url_scheme": scheme}, lambda *arguments: started.append(arguments))
    body = b"".join(response)
    response.close()
    [(phrase, headers)] = started
    lines = [f"HTTP/1.1 {phrase}", f"Date: {util.http_date()}", "Connection: close"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers), "", ""]).encode("latin-1") + body
