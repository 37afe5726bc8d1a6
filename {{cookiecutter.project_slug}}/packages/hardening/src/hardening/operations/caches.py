"""The shared cache with the limits that keep it from holding up requests."""

from typing import Any

from redis.backoff import NoBackoff
from redis.retry import Retry

SECONDS = 1
"""How long the cache may take to answer."""


def with_limits(config: dict[str, Any]) -> dict[str, Any]:
    """Return *config*, an entry of `CACHES`; Redis and Valkey answer soon or count as away.

    The one retry is for a connection that the server closed while it was idle.
    """
    if not config["BACKEND"].endswith("RedisCache"):
        return config
    limits = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS, "retry": Retry(NoBackoff(), 1)}
    return {**config, "OPTIONS": {**config.get("OPTIONS", {}), **limits}}
