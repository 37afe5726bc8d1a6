"""How gunicorn serves; everything can be overridden on its command line."""

import os
import sys
from pathlib import Path

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
timeout = 30
graceful_timeout = 25
keepalive = 75  # seconds; longer than a proxy in front keeps idle connections
max_requests = 10_000
max_requests_jitter = 1_000
limit_request_line = 4094
limit_request_fields = 50
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # a heartbeat needs no disk


def on_starting(server: object) -> None:
    """Refuse to serve with DEBUG, which shows settings and code to everybody."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.conf import settings  # noqa: PLC0415  # the project is importable by now, and not before

    if settings.DEBUG:
        sys.exit("DEBUG is on: unset it, or use `make run`.")
