"""Time limits for the shared cache."""

from typing import Any

try:
    from redis.exceptions import RedisError
except ImportError:  # the extra `redis` is not installed: no cache raises its errors
    CACHE_ERRORS: tuple[type[Exception], ...] = (OSError,)
else:
    CACHE_ERRORS = (RedisError, OSError)

SECONDS = 1
"""The timeout for connecting to the cache, and for its response."""


def with_limits(config: dict[str, Any]) -> dict[str, Any]:
    """Return *config*, an entry of `CACHES`, with timeouts if it is Redis or Valkey.

    It retries once, because the server may have closed an idle connection.
    """
    if not config["BACKEND"].endswith("RedisCache"):
        return config
    from redis.backoff import NoBackoff  # noqa: PLC0415  # not installed without the extra `redis`
    from redis.retry import Retry  # noqa: PLC0415  # see above

    limits = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS, "retry": Retry(NoBackoff(), 1)}
    return {**config, "OPTIONS": {**config.get("OPTIONS", {}), **limits}}
