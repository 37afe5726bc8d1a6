"""Time limits and connection pooling for the `DATABASES` setting; nothing here opens a connection."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.signals import connection_created

from hardening.operations.limits import (
    CONNECT_TIMEOUT,
    IDLE_IN_TRANSACTION_TIMEOUT,
    LOCK_TIMEOUT,
    LONGEST_CONNECT_TIMEOUT,
    SILENCE,
    SQLITE_TIMEOUT,
    STATEMENT_TIMEOUT,
    TURN,
)

_LIMITS = {
    "statement_timeout": STATEMENT_TIMEOUT,
    "lock_timeout": LOCK_TIMEOUT,
    "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_TIMEOUT,
}
# In libpq's `options`, names may have hyphens (`--lock-timeout=0`), and are case-insensitive.
_LIMIT = re.compile("|".join(_LIMITS).replace("_", "[-_]"), re.IGNORECASE)
_OF_DJANGO = ("assume_role", "isolation_level", "prepare_threshold", "server_side_binding")
# Run after the commands of `DATABASE_URL`, which must not disable constraints.
_SQLITE_RULES = "PRAGMA foreign_keys=ON; PRAGMA ignore_check_constraints=OFF; "
_LIFTED = ("statement_timeout", "idle_in_transaction_session_timeout")
_DJANGOS_ENGINE, _OUR_ENGINE = "django.db.backends.postgresql", "hardening.operations.postgresql"
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


def with_limits(database: dict[str, Any], pool_size: int) -> dict[str, Any]:
    """Return *database*, an entry of `DATABASES`, with timeouts and a connection pool.

    *pool_size* is the number of connections of one process, and must not be less than its number of threads. Options
    of *database*, from the query string of `DATABASE_URL`, are kept. Raises `ImproperlyConfigured` for an option that
    removes a limit.
    """
    engine = database["ENGINE"].rpartition(".")[2]
    for name in ("ATOMIC_REQUESTS", "AUTOCOMMIT"):
        if name in database:
            # SQLite would be locked before the request body is read, or the process would run in one transaction.
            raise _build_error(name.lower(), "transactions begin in the code")
    return {**database, **_ENGINES[engine](database, dict(database.get("OPTIONS", {})), pool_size)}


@contextmanager
def long_statements(connection: Any, lock_timeout: int = LOCK_TIMEOUT) -> Iterator[None]:
    """Disable the statement timeout of *connection* in the block, for a migration or another command.

    *lock_timeout*, in seconds, remains, so that requests do not queue behind a command that waits for a lock.
    """

    def lift(connection: Any, **kwargs: Any) -> None:
        if connection.alias == alias:
            connection.connection.patience = None  # ours does not wait for ever, see hardening.operations.postgresql
            values = dict.fromkeys(_LIFTED, "0") | {"lock_timeout": f"'{lock_timeout}s'"}
            _execute(connection, [f"SET {name} = {value}" for name, value in values.items()])

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
            _execute(connection, [f"RESET {name}" for name in _LIMITS])
            connection.connection.patience = SILENCE


def discard_connections(connection: Any) -> None:
    """Close *connection*, and the idle ones of its pool, because they lead to a server that cannot be used."""
    discard = getattr(connection, "discard", None)  # of our engine; others have no pool that could be emptied
    if discard is not None:
        discard()


def _execute(connection: Any, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _postgresql(database: dict[str, Any], options: dict[str, Any], pool_size: int) -> dict[str, Any]:
    custom = str(options.pop("options", ""))
    if limit := _LIMIT.search(custom):
        raise _build_error(f"options={limit[0].lower()}", "hardening/operations/databases.py sets the limits")
    limits = " ".join(f"-c {name}={seconds}s" for name, seconds in _LIMITS.items())
    timeout = options.pop("connect_timeout", CONNECT_TIMEOUT)
    if not (isinstance(timeout, int) and 0 < timeout <= LONGEST_CONNECT_TIMEOUT):
        raise _build_error("connect_timeout", f"enter 1 to {LONGEST_CONNECT_TIMEOUT} seconds")
    is_ours = database["ENGINE"] in (_DJANGOS_ENGINE, _OUR_ENGINE)
    pool: dict[str, Any] = {"min_size": 1, "max_size": pool_size, "timeout": CONNECT_TIMEOUT, "reconnect_timeout": 5}
    if is_ours:
        pool |= _build_pool_options()
    is_pooled = _parse_flag("pool", options.pop("pool", "true"))
    if is_pooled and database.get("CONN_MAX_AGE"):
        raise _build_error("conn_max_age", "the pool keeps connections open")
    _reject_unknown({name: value for name, value in options.items() if name not in _OF_DJANGO})
    return {
        "ENGINE": _OUR_ENGINE if is_ours else database["ENGINE"],
        # Our engine checks the connections of the pool itself: psycopg's pool would sleep after each dead one.
        "CONN_HEALTH_CHECKS": not (is_ours and is_pooled),
        # PgBouncer, for which the pool is off, may give each statement of a cursor to another connection.
        "DISABLE_SERVER_SIDE_CURSORS": not is_pooled,
        "OPTIONS": {
            **options,
            "connect_timeout": timeout,
            "options": f"{custom} {limits}".strip(),
            **({"pool": pool} if is_pooled else {}),  # without a pool, every thread has its own connection
        },
    }


def _build_pool_options() -> dict[str, Any]:
    from hardening.operations.postgresql.connections import Connection  # noqa: PLC0415  # psycopg is not installed for SQLite
    from hardening.operations.postgresql.outages import note_failure  # noqa: PLC0415  # see above

    return {
        "connection_class": Connection,
        "timeout": TURN,
        "reconnect_timeout": TURN,
        "reconnect_failed": note_failure,
    }


def _sqlite3(database: dict[str, Any], options: dict[str, Any], pool_size: int) -> dict[str, Any]:
    mode = str(options.pop("transaction_mode", "IMMEDIATE")).upper()
    if mode not in ("IMMEDIATE", "EXCLUSIVE"):
        raise _build_error("transaction_mode", "a transaction that reads first could not wait for the lock later")
    timeout = options.pop("timeout", SQLITE_TIMEOUT)
    if not (isinstance(timeout, int) and timeout > 0):
        raise _build_error("timeout", "enter a number of seconds, 1 or more")
    custom = str(options.pop("init_command", ""))
    commands = f"{custom.rstrip('; ')}; {_SQLITE_RULES}" if custom else ""
    return {
        # The last connection to close deletes the files beside the database. On a full disk nothing could be read then,
        # because the next connection could not create them.
        "CONN_MAX_AGE": database.get("CONN_MAX_AGE"),
        "OPTIONS": {
            **options,
            "timeout": timeout,
            # A transaction locks the database when it begins: one that reads first could not wait for the lock later.
            "transaction_mode": mode,
            "init_command": f"{commands}PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


def _reject_unknown(options: dict[str, Any]) -> None:
    """Raise `ImproperlyConfigured` for options that libpq does not know, because every connection would fail later."""
    from psycopg import ProgrammingError  # noqa: PLC0415  # not installed for SQLite
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415  # see above

    try:
        make_conninfo(**options)
    except ProgrammingError:
        raise _build_error("option", "libpq does not know it") from None


def _parse_flag(name: str, value: Any) -> bool:
    text = str(value).lower()
    if text not in (*_TRUE, *_FALSE):
        raise _build_error(name, "enter true or false")
    return text in _TRUE


def _build_error(name: str, reason: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"The query string of DATABASE_URL has an invalid {name}: {reason}.")


_ENGINES = {"postgresql": _postgresql, "sqlite3": _sqlite3}
