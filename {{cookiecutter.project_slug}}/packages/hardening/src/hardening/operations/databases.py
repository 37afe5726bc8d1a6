"""Limits and pooling for a database, by its engine; nothing here opens a connection."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.signals import connection_created

# Seconds. A request that waits longer than these for the database is answered with 503.
CONNECT_TIMEOUT = 3
STATEMENT_TIMEOUT = 10
LOCK_TIMEOUT = 3
IDLE_IN_TRANSACTION_TIMEOUT = 15
SQLITE_TIMEOUT = 20
LONGEST_CONNECT_TIMEOUT = 30

_LIMITS = {
    "statement_timeout": STATEMENT_TIMEOUT,
    "lock_timeout": LOCK_TIMEOUT,
    "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_TIMEOUT,
}
# libpq's `options` may write a name with hyphens (`--lock-timeout=0`), and in any case.
_LIMIT = re.compile("|".join(_LIMITS).replace("_", "[-_]"), re.IGNORECASE)
_OF_DJANGO = ("assume_role", "isolation_level", "prepare_threshold", "server_side_binding")
# Where commands of the URL run first: what they may not switch off.
_SQLITE_RULES = "PRAGMA foreign_keys=ON; PRAGMA ignore_check_constraints=OFF; "
_LIFTED = ("statement_timeout", "idle_in_transaction_session_timeout")
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


def with_limits(database: dict[str, Any], pool_size: int) -> dict[str, Any]:
    """Return *database*, an entry of `DATABASES`, with what keeps a slow or restarted server from taking all down.

    *pool_size* is the number of connections of one process, and has to be at least that of its threads. Options of
    *database*, from the query of `DATABASE_URL`, are kept; raise `ImproperlyConfigured` for one that lifts a limit.
    """
    engine = database["ENGINE"].rpartition(".")[2]
    for name in ("ATOMIC_REQUESTS", "AUTOCOMMIT"):
        if name in database:
            # The lock would be taken before the body is read, or the whole process would be one transaction.
            raise _refused(name.lower(), "transactions begin where the code says so")
    return {**database, **_ENGINES[engine](database, dict(database.get("OPTIONS", {})), pool_size)}


@contextmanager
def long_statements(connection: Any) -> Iterator[None]:
    """Let statements on *connection* take as long as they need: those of a migration, or of a command.

    `lock_timeout` stays, so that a migration that waits for a lock does not hold up the requests behind it.
    """

    def lift(connection: Any, **kwargs: Any) -> None:
        if connection.alias == alias:
            _execute(connection, [f"SET {name} = 0" for name in _LIFTED])

    alias = connection.alias
    if connection.vendor != "postgresql":
        yield
        return
    connection_created.connect(lift, weak=False, dispatch_uid=f"long_statements.{alias}")
    try:
        if connection.connection is not None:
            lift(connection)
        yield
    finally:
        connection_created.disconnect(dispatch_uid=f"long_statements.{alias}")
        if connection.connection is not None and connection.is_usable():
            _execute(connection, [f"RESET {name}" for name in _LIFTED])


def _execute(connection: Any, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _postgresql(database: dict[str, Any], options: dict[str, Any], pool_size: int) -> dict[str, Any]:
    given = str(options.pop("options", ""))
    if limit := _LIMIT.search(given):
        raise _refused(f"options={limit[0].lower()}", "hardening/operations/databases.py has the limits")
    ours = " ".join(f"-c {name}={seconds}s" for name, seconds in _LIMITS.items())
    timeout = options.pop("connect_timeout", CONNECT_TIMEOUT)
    if not (isinstance(timeout, int) and 0 < timeout <= LONGEST_CONNECT_TIMEOUT):
        raise _refused("connect_timeout", f"it is 1 to {LONGEST_CONNECT_TIMEOUT} seconds")
    pool = {"min_size": 1, "max_size": pool_size, "timeout": CONNECT_TIMEOUT, "reconnect_timeout": 5}
    is_pooled = _flag("pool", options.pop("pool", "true"))
    if is_pooled and database.get("CONN_MAX_AGE"):
        raise _refused("conn_max_age", "the pool keeps connections")
    _refuse_unknown({name: value for name, value in options.items() if name not in _OF_DJANGO})
    return {
        "CONN_HEALTH_CHECKS": True,  # with the pool: no request fails when the server restarts
        "OPTIONS": {
            **options,
            "connect_timeout": timeout,
            "options": f"{given} {ours}".strip(),
            **({"pool": pool} if is_pooled else {}),  # without it, a thread has one connection
        },
    }


def _sqlite3(database: dict[str, Any], options: dict[str, Any], pool_size: int) -> dict[str, Any]:
    mode = str(options.pop("transaction_mode", "IMMEDIATE")).upper()
    if mode not in ("IMMEDIATE", "EXCLUSIVE"):
        raise _refused("transaction_mode", "one that reads first could not wait for the lock later")
    timeout = options.pop("timeout", SQLITE_TIMEOUT)
    if not (isinstance(timeout, int) and timeout > 0):
        raise _refused("timeout", "it is a number of seconds from 1 on")
    given = str(options.pop("init_command", ""))
    commands = f"{given.rstrip('; ')}; {_SQLITE_RULES}" if given else ""
    return {
        "OPTIONS": {
            **options,
            "timeout": timeout,
            # A transaction takes the lock when it begins: one that reads first could not wait for it later.
            "transaction_mode": mode,
            "init_command": f"{commands}PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    }


def _refuse_unknown(options: dict[str, Any]) -> None:
    """Raise for options that libpq does not know: otherwise every connection would fail later."""
    from psycopg import ProgrammingError  # noqa: PLC0415  # SQLite does without it
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415  # see above

    try:
        make_conninfo(**options)
    except ProgrammingError:
        raise _refused("option", "libpq does not know it") from None


def _flag(name: str, value: Any) -> bool:
    text = str(value).lower()
    if text not in (*_TRUE, *_FALSE):
        raise _refused(name, "it is true or false")
    return text in _TRUE


def _refused(name: str, reason: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"The query of DATABASE_URL may not have this {name}: {reason}.")


_ENGINES = {"postgresql": _postgresql, "sqlite3": _sqlite3}
