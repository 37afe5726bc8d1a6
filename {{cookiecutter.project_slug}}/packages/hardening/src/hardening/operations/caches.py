"""Time limits for the shared cache."""

from typing import Any

from redis.backoff import NoBackoff
from redis.retry import Retry

SECONDS = 1
"""The timeout for connecting to the cache, and for its response."""


def with_limits(config: dict[str, Any]) -> dict[str, Any]:
    """Return *config*, an entry of `CACHES`, with timeouts if it is Redis or Valkey.

    It retries once, because the server may have closed an idle connection.
    """
    if not config["BACKEND"].endswith("RedisCache"):
        return config
    limits = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS, "retry": Retry(NoBackoff(), 1)}
    return {**config, "OPTIONS": {**config.get("OPTIONS", {}), **limits}}
