"""An application for the tests of gunicorn's worker: it needs no settings and no database."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from hardening.operations.draining import is_draining


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Sleep for /slow; respond to all else at once, and to /readyz with whether the server is about to stop."""
    if environ["PATH_INFO"] == "/slow":
        time.sleep(2)
    status = "503 Draining" if environ["PATH_INFO"] == "/readyz" and is_draining() else "200 OK"
    start_response(status, [("Content-Length", "2")])
    return [b"ok"]
