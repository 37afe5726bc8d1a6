"""The settings of the deep tests with a shared cache, throttle rates, and a process that dies on request."""

import os
import signal
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from deep.settings import *  # noqa: F403  # the same, but for what follows
from deep.settings import MIDDLEWARE, REST_FRAMEWORK, STATIC_ROOT, env
from hardening.operations import caches

CACHES = {"default": caches.with_limits(env.cache("DEEP_CACHE_URL", default="locmemcache://"))}
REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] = {
    scope: os.environ.get(f"DEEP_{scope.upper()}_RATE", "") for scope in ("anon", "user", "login")
}
STATIC_ROOT = env("DEEP_STATIC_ROOT", default=STATIC_ROOT)
MIDDLEWARE.insert(0, "deep.limited.dying")


def dying(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Kill the process where a request asks for it: all is written, and nothing answered."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if "X-Die" in request.headers:
            os.kill(os.getpid(), signal.SIGKILL)
        return response

    return answer
