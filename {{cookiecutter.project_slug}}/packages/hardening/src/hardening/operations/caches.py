"""Time limits for the shared cache, which is skipped for a while once it did not respond in time."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

try:
    from redis.exceptions import RedisError, TimeoutError as RedisTimeoutError
except ImportError:  # the extra `redis` is not installed: no cache raises its errors
    CACHE_ERRORS: tuple[type[Exception], ...] = (OSError,)
    TIMEOUTS: tuple[type[Exception], ...] = (TimeoutError,)
else:
    CACHE_ERRORS = (RedisError, OSError)
    TIMEOUTS = (RedisTimeoutError, TimeoutError)

SECONDS = 1
"""The timeout for connecting to the cache, and for its response."""

SKIPPED_FOR = 5
"""The seconds for which a cache that did not respond in time is not asked again."""


class CacheSkipped(OSError):
    """The cache did not respond in time a moment ago, so that it was not asked."""


class _Silence:
    """Until when the threads of this process skip the cache; after that, one of them tries it before the others do."""

    def __init__(self) -> None:
        self.until = 0.0
        self.lock = threading.Lock()

    def begin(self) -> None:
        self.until = time.monotonic() + SKIPPED_FOR

    def end(self) -> None:
        self.until = 0.0

    def holds(self) -> bool:
        if not self.until:
            return False
        with self.lock:
            if time.monotonic() < self.until:
                return True
            self.until = time.monotonic() + 2 * SECONDS  # for the others, until this thread knows more
            return False


silence = _Silence()


@contextmanager
def in_time() -> Iterator[None]:
    """Run the block, which uses the cache; raise `CacheSkipped` instead while the cache does not respond.

    Otherwise a frozen cache would delay every request by its timeout, once for each counter.
    """
    if silence.holds():
        raise CacheSkipped
    try:
        yield
    except TIMEOUTS:
        silence.begin()
        raise
    except Exception:
        silence.end()  # an error that came in time
        raise
    silence.end()


def with_limits(config: dict[str, Any]) -> dict[str, Any]:
    """Return *config*, an entry of `CACHES`, with timeouts if it is Redis or Valkey.

    It retries once, because the server may have closed an idle connection, but not after a timeout.
    """
    if not config["BACKEND"].endswith("RedisCache"):
        return config
    from redis.backoff import NoBackoff  # noqa: PLC0415  # not installed without the extra `redis`
    from redis.exceptions import ConnectionError as RedisConnectionError  # noqa: PLC0415  # see above
    from redis.retry import Retry  # noqa: PLC0415  # see above

    retry = Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))
    limits = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS, "retry": retry}
    return {**config, "OPTIONS": {**config.get("OPTIONS", {}), **limits}}
