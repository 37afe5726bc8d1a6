"""The database backend: connections that are checked before use, and reads that are repeated on a new connection.

psycopg's pool sleeps between two dead connections for longer than a request may wait, and after a restart of the server
all of its connections are dead. Here a dead connection is replaced at once.
"""

import time
from types import SimpleNamespace
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper
from psycopg_pool import PoolTimeout

from hardening.operations.limits import CHECK_TIMEOUT
from hardening.operations.postgresql.connections import Connection, ServerSilent
from hardening.operations.postgresql.outages import find_outage

MAX_REPEATS = 3


class Cursor(CursorWrapper):
    """Django's cursor; a SELECT outside a transaction is repeated if the connection was lost.

    Nothing was written by then, so that the client need not know of a restart of the server.
    """

    def execute(self, sql: Any, params: Any = None) -> Any:
        """Execute a statement, and again on a new connection if that is safe and may help."""
        for _ in range(MAX_REPEATS):
            try:
                return super().execute(sql, params)
            except (OperationalError, InterfaceError) as error:
                if not self.db.can_repeat(sql, error):
                    raise
            self.db.close()
            self.db.ensure_connection()
            self.cursor = self.db.create_cursor()
        return super().execute(sql, params)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's connection to PostgreSQL, which checks what it gets from the pool."""

    # psycopg, with connections of our own where there is no pool.
    Database = SimpleNamespace(**{**vars(psycopg), "connect": Connection.connect})  # type: ignore[assignment]  # Django reads attributes only

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection of which the server has just responded.

        Raises `PoolTimeout` after `CONNECT_TIMEOUT` seconds. During an outage that is older, one request at a time
        waits for a connection, and all others fail at once.
        """
        if self.pool is None:
            return super().get_new_connection(conn_params)
        outage = find_outage(self.pool)
        deadline = outage.find_deadline()
        is_late = time.monotonic() > deadline
        if is_late and not outage.probe.acquire(blocking=False):
            raise PoolTimeout("The database was not reachable a moment ago.")
        try:
            return self._get_live_connection(conn_params, deadline)
        finally:
            if is_late:
                outage.probe.release()

    def _get_live_connection(self, conn_params: dict[str, Any], deadline: float) -> Any:
        outage = find_outage(self.pool)
        while True:
            try:
                connection: Any = super().get_new_connection(conn_params)
            except PoolTimeout:
                if time.monotonic() > deadline:
                    raise
                continue
            if self._is_alive(connection):
                outage.end()
                return connection

    def _is_alive(self, connection: Any) -> bool:
        """Check *connection*; give it back if it is dead, and the idle ones with it if the server does not respond."""
        pool: Any = self.pool
        try:
            connection.check()
        except psycopg.Error as error:
            pool.putconn(connection)  # which replaces it
            if isinstance(error, ServerSilent):
                find_outage(pool).begin(CHECK_TIMEOUT)
                pool.drain()
            return False
        return True

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        """Return *cursor*, one of psycopg's, as Django uses it; a cursor of the server cannot be repeated."""
        return super().make_cursor(cursor) if getattr(cursor, "name", None) else Cursor(cursor, self)

    def can_repeat(self, sql: Any, error: Exception) -> bool:
        """Return whether *error* lost the connection during a statement that can be executed again."""
        if self.connection is None or not self.connection.closed or isinstance(error.__cause__, ServerSilent):
            return False
        is_alone = self.get_autocommit() and not self.in_atomic_block
        return is_alone and str(sql).lstrip(" (").upper().startswith("SELECT")

    def discard(self) -> None:
        """Close this connection and the idle ones of its pool, because the server behind them has changed."""
        if self.connection is not None:
            self.connection.close()
        if self.pool is not None:
            self.pool.drain()
