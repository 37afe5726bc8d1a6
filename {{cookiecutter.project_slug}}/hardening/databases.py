"""Limits and pooling for a database, by its engine; nothing here opens a connection."""

from typing import Any

# Seconds. A request that waits longer than these for the database is answered with 503.
CONNECT_TIMEOUT = 3
STATEMENT_TIMEOUT = 10
LOCK_TIMEOUT = 3
IDLE_IN_TRANSACTION_TIMEOUT = 15
SQLITE_TIMEOUT = 20


def with_limits(database: dict[str, Any], pool_size: int) -> dict[str, Any]:
    """Return *database*, an entry of `DATABASES`, with what keeps a slow or restarted server from taking all down.

    *pool_size* is the number of connections of one process, and has to be at least that of its threads.
    """
    engine = database["ENGINE"].rpartition(".")[2]
    return {**database, **_LIMITS[engine](database.get("OPTIONS", {}), pool_size)}


def _postgresql(options: dict[str, Any], pool_size: int) -> dict[str, Any]:
    limits = {
        "statement_timeout": STATEMENT_TIMEOUT,
        "lock_timeout": LOCK_TIMEOUT,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_TIMEOUT,
    }
    settings = " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items())
    pool = {"min_size": 1, "max_size": pool_size, "timeout": CONNECT_TIMEOUT, "reconnect_timeout": 5}
    return {
        "CONN_HEALTH_CHECKS": True,  # with the pool: no request fails when the server restarts
        "OPTIONS": {"connect_timeout": CONNECT_TIMEOUT, "options": settings, "pool": pool, **options},
    }


def _sqlite3(options: dict[str, Any], pool_size: int) -> dict[str, Any]:
    return {
        "OPTIONS": {
            "timeout": SQLITE_TIMEOUT,
            # A transaction takes the lock when it begins: one that reads first could not wait for it later.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            **options,
        }
    }


_LIMITS = {"postgresql": _postgresql, "sqlite3": _sqlite3}
