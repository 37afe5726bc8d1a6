"""psycopg's connection, which stops waiting for a server that does not respond."""

from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from hardening.operations.limits import CHECK_TIMEOUT, SILENCE


class ServerSilent(psycopg.OperationalError):
    """The server did not respond in time, so that nobody knows whether it executed the statement."""


class Connection(psycopg.Connection[Any]):
    """A connection that waits at most `patience` seconds for the response to a statement, then closes itself.

    The server cannot enforce its own time limits while it is frozen, or while the network loses its packets.
    """

    patience: float | None = SILENCE
    """None waits for ever, as a command without a statement timeout has to."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Run psycopg's generator *gen*; raise `ServerSilent` if it does not end in time."""
        if timeout is not None or self.patience is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.patience)
        except psycopg.OperationalError as error:
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
            self.pgconn.finish()
            raise ServerSilent("The database server does not respond.") from error

    def check(self) -> None:
        """Raise psycopg's error if the connection is lost, or if the server does not respond soon."""
        patience, self.patience = self.patience, CHECK_TIMEOUT
        try:
            if not self.autocommit:  # as its last user left it; the statement would begin a transaction
                self.autocommit = True
            self.execute("")
        finally:
            self.patience = patience
