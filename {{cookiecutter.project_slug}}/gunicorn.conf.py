"""Settings of gunicorn; its command line overrides them."""

import os
import sys
from pathlib import Path

from gunicorn.http.wsgi import Response

from hardening.operations.draining import drain_before_stop
from hardening.operations.environment import Environment
from hardening.operations.logging import logging_config
from hardening.workers import Worker

Environment().read_file("ENV_FILE", Path(__file__).parent)  # as the settings do, which gunicorn imports later


def number(name: str, default: int, least: int = 1) -> int:
    """Return the integer in the environment variable *name*; exit if it is invalid or less than *least*."""
    text = os.environ.get(name, str(default)).strip()
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        sys.exit(f"{name} must be a positive integer{'' if least else ' or 0'}.")
    return int(text)


bind = f"127.0.0.1:{number('PORT', 8000)}"
workers = number("WEB_CONCURRENCY", 2)
worker_class = Worker  # gunicorn's threaded worker, with time limits for slow clients
threads = number("WEB_THREADS", 4)
timeout = 30
drain_seconds = number("DRAIN_SECONDS", 5, least=0)  # from SIGTERM until the listener closes
graceful_timeout = 25  # seconds for running requests after that
keepalive = 75  # seconds; longer than a proxy keeps idle connections
max_requests = 10_000  # a worker is replaced after as many requests, so that a leak cannot grow for ever
max_requests_jitter = 1_000
limit_request_line = 4094
limit_request_fields = 50
control_socket_disable = True
Worker.request_timeout = number("REQUEST_TIMEOUT", 20)

# Django decides whether a request used TLS, according to TRUSTED_PROXIES. gunicorn by default trusts the headers of any
# client that connects from this machine or through a unix socket.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers = {}

# gunicorn logs JSON lines to standard output, like the rest of the project.
logconfig_dict = logging_config(readable=False)
logconfig_dict["loggers"]["gunicorn.error"] = {"handlers": ["console"], "level": "INFO", "propagate": False}
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # a heartbeat file needs no disk


def on_starting(server: object) -> None:
    """Exit if DEBUG is on, because it shows settings and code to every client."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings  # noqa: PLC0415  # the project is not importable earlier

    if settings.DEBUG:
        sys.exit("DEBUG is on: unset it, or use `make run`.")


def when_ready(server: object) -> None:
    """Serve for some seconds more after SIGTERM, while `/readyz` responds with 503."""
    drain_before_stop(server, drain_seconds)


_default_headers = Response.default_headers


def _without_server(response: Response) -> list[str]:
    return [line for line in _default_headers(response) if not line.startswith("Server:")]


Response.default_headers = _without_server  # gunicorn has no setting to omit the Server header
