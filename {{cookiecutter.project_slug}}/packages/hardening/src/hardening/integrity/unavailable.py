"""What a request may tell its client when the database is busy or was lost: whether to repeat it."""

import logging
from typing import Any

from django.db import IntegrityError

from hardening.exceptions import TryAgain
from hardening.integrity import drivers
from hardening.integrity.drivers import Diagnosis, DriverError, Kind
from hardening.operations.databases import discard_connections

logger = logging.getLogger(__name__)

_UNKNOWN = "40003"  # statement_completion_unknown, by which CockroachDB says it itself
_LOST = ("08", "57P0")  # connection exceptions, and a server that shuts down


def build_try_again(diagnosis: Diagnosis, connection: Any) -> TryAgain:
    """Return the error for a statement that was not executed, by the *diagnosis* of *connection*'s driver.

    The connections to a standby are closed, so that the next request finds the new primary.
    """
    if diagnosis.sqlstate == drivers.READ_ONLY:
        logger.error("The database is read-only; its connections are closed.")
        discard_connections(connection)
    return TryAgain()


def is_outcome_unknown(error: DriverError, connection: Any, *, at_commit: bool) -> bool:
    """Return whether *error* leaves open if PostgreSQL committed: at a COMMIT, or a statement that is its own.

    A connection that was lost before COMMIT rolls back. One that could not be opened has executed nothing.
    """
    if isinstance(error, IntegrityError):  # the server has responded
        return False
    diagnosis = drivers.diagnose(error, connection) if connection.vendor == "postgresql" else None
    if diagnosis is None or diagnosis.kind is not Kind.BUSY:
        return False
    if diagnosis.sqlstate:
        is_lost = diagnosis.sqlstate == _UNKNOWN or diagnosis.sqlstate.startswith(_LOST)
    else:
        is_lost = at_commit or (connection.connection is not None and connection.connection.closed)
    return is_lost and (at_commit or connection.connection is not None)
