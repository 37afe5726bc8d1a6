"""The project's settings as the environment has them, with requests that a test can hold on to."""

import time
from collections.abc import Callable
from pathlib import Path

from django.http import HttpRequest, HttpResponse

from config.settings import *  # noqa: F403  # the same, but for what follows
from config.settings import MIDDLEWARE

MIDDLEWARE.insert(0, "system.production.holding")


def holding(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Begin a request that names a folder, and go on when the test says so there."""

    def answer(request: HttpRequest) -> HttpResponse:
        if folder := request.headers.get("X-Hold"):
            Path(folder, f"begun-{request.headers['X-Number']}").touch()
            while not Path(folder, "go").exists():
                time.sleep(0.01)
        return get_response(request)

    return answer
