"""What a database driver says of a diagnosis, by its structured diagnostics: one reader for each vendor.

PostgreSQL's message text is never read: it is translated, and it quotes what the client sent. The one exception is
the list of columns in `Key (a, b)=(…)`: no language changes it, and it comes before the values. SQLite has no
diagnostics but its error's name and a fixed English sentence that holds names from the schema only.
"""

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper

DriverError = Error | ArithmeticError | ValueError | TypeError
"""What a driver raises. Django wraps the first kind only: numbers beyond 64 bits (sqlite3), decimals that cannot be
rounded, and half surrogates are Python's errors, and so is a value that a model field cannot prepare.
"""

DRIVER_ERRORS = (Error, ArithmeticError, ValueError, TypeError)


class Kind(enum.Enum):
    """What a database objects to."""

    UNIQUE = enum.auto()
    EXCLUSION = enum.auto()
    CHECK = enum.auto()
    NOT_NULL = enum.auto()
    FOREIGN_KEY = enum.auto()
    DATA = enum.auto()  # a value that its column cannot hold
    RANGE = enum.auto()  # or one that is too large for it, for its index, or for what is computed of it
    UNFIT = enum.auto()  # or a value of another type than its column: perhaps the client's, perhaps a fault of the code
    BUSY = enum.auto()  # or away; nothing is wrong with the request: send it again


@dataclass(frozen=True)
class Diagnosis:
    """What a driver tells of a rejected statement; it leaves out what it does not know. *constraint* may be an index.

    *key* holds the columns whose values clash, or are missing elsewhere. A foreign key names its own ones where
    the row that it refers to is missing, and the ones it refers to where that row is deleted.
    """

    kind: Kind
    constraint: str = ""
    schema: str = ""
    table: str = ""
    columns: frozenset[str] = frozenset()
    key: frozenset[str] = frozenset()
    sqlstate: str = ""


READ_ONLY = "25006"

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_SQLSTATES = {
    "23505": Kind.UNIQUE,
    "23P01": Kind.EXCLUSION,
    "23514": Kind.CHECK,
    "23502": Kind.NOT_NULL,
    "23503": Kind.FOREIGN_KEY,
    "23001": Kind.FOREIGN_KEY,  # restrict_violation
    "22003": Kind.RANGE,  # numeric_value_out_of_range
    "22008": Kind.RANGE,  # datetime_field_overflow
    "54000": Kind.RANGE,  # program_limit_exceeded: an index holds 2704 bytes of a row
    "40001": Kind.BUSY,  # serialization_failure
    "40003": Kind.BUSY,  # statement_completion_unknown
    "40P01": Kind.BUSY,  # deadlock_detected
    "55P03": Kind.BUSY,  # lock_not_available
    "57014": Kind.BUSY,  # query_canceled, by statement_timeout
    "25006": Kind.BUSY,  # read_only_sql_transaction: the server is a standby, as the primary is after a failover
    "25P03": Kind.BUSY,  # idle_in_transaction_session_timeout
    "25P04": Kind.BUSY,  # transaction_timeout
    "57P01": Kind.BUSY,  # admin_shutdown
    "57P02": Kind.BUSY,  # crash_shutdown
    "57P03": Kind.BUSY,  # cannot_connect_now
}
_SQLSTATE_CLASSES = {
    "08": Kind.BUSY,  # connection exceptions
    "22": Kind.DATA,  # data exceptions
    "53": Kind.BUSY,  # insufficient resources
}

_POSTGRESQL_KEY = re.compile(r"[^()]*\(([^()]+)\)=\(")

_PSYCOPG_ERRORS = {"OperationalError": Kind.BUSY, "InterfaceError": Kind.BUSY, "DataError": Kind.DATA}
_PSYCOPG_ERRORS["ProgrammingError"] = Kind.UNFIT  # "cannot adapt type"

# https://www.sqlite.org/rescode.html
_SQLITE_ERRORS = {
    "SQLITE_CONSTRAINT_UNIQUE": Kind.UNIQUE,
    "SQLITE_CONSTRAINT_PRIMARYKEY": Kind.UNIQUE,
    "SQLITE_CONSTRAINT_ROWID": Kind.UNIQUE,
    "SQLITE_CONSTRAINT_CHECK": Kind.CHECK,
    "SQLITE_CONSTRAINT_NOTNULL": Kind.NOT_NULL,
    "SQLITE_CONSTRAINT_FOREIGNKEY": Kind.FOREIGN_KEY,
    "SQLITE_TOOBIG": Kind.DATA,
    "SQLITE_MISMATCH": Kind.DATA,
}
# A full disk may also fail to open the files beside the database. SQLite rolls back all that it could not write.
_SQLITE_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR")
# SQLITE_ERROR stands for everything else, of which these alone depend on the values.
_SQLITE_COMPUTATIONS = (
    "JSON path error",
    "LIKE or GLOB pattern too complex",
    "bad JSON path",
    "integer overflow",
    "malformed JSON",
    "user-defined function raised exception",
)
_DRIVERS = ("django.db.backends.", "psycopg", "sqlite3")
_SQLITE_SENTENCE = re.compile(r"(?:UNIQUE|CHECK|NOT NULL) constraint failed: (?:index '(?P<index>.+)'|(?P<rest>.+))")


def diagnose(error: Exception, connection: BaseDatabaseWrapper) -> Diagnosis | None:
    """Return what *connection*'s driver tells of *error*; None if it does not reject what was written."""
    reader = _READERS.get(connection.vendor)
    if not isinstance(error, Error):
        return Diagnosis(_kind_of_python_error(error))
    # Django keeps the driver's own exception as the cause.
    return reader(error.__cause__ or error) if reader else None


def _kind_of_python_error(error: Exception) -> Kind:
    """Return RANGE or DATA for an error that the driver raised while it sent a value, UNFIT for any other."""
    traceback, module = error.__traceback__, ""
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__", ""))
        traceback = traceback.tb_next
    if not module.startswith(_DRIVERS):
        return Kind.UNFIT
    return Kind.RANGE if isinstance(error, ArithmeticError) else Kind.DATA


def _read_postgresql(error: Any) -> Diagnosis | None:
    sqlstate = getattr(error, "sqlstate", None)
    if sqlstate is None:  # no answer of the server's: psycopg lost it, or could not send a value
        bases = [each.__name__ for each in type(error).__mro__ if each.__module__.startswith("psycopg")]
        return next((Diagnosis(kind) for name, kind in _PSYCOPG_ERRORS.items() if name in bases), None)
    found = _SQLSTATES.get(sqlstate) or _SQLSTATE_CLASSES.get(sqlstate[:2])
    if found is None:
        return None
    said = error.diag
    return Diagnosis(
        found,
        constraint=said.constraint_name or "",
        schema=said.schema_name or "",
        table=said.table_name or "",
        columns=frozenset(filter(None, [said.column_name])),
        sqlstate=sqlstate,
        key=_read_key(said.message_detail or ""),
    )


def _read_key(detail: str) -> frozenset[str]:
    """Return the columns in PostgreSQL's `Key (a, b)=(1, 2) already exists.`; none where it has an expression."""
    found = _POSTGRESQL_KEY.match(detail)
    return frozenset(name.strip('"') for name in found[1].split(", ")) if found else frozenset()


def _read_sqlite(error: Any) -> Diagnosis | None:
    name = getattr(error, "sqlite_errorname", "")
    if not name and type(error).__name__ in ("InterfaceError", "ProgrammingError"):  # the module's, not SQLite's
        return Diagnosis(Kind.UNFIT)
    if name == "SQLITE_ERROR" and str(error).startswith(_SQLITE_COMPUTATIONS):
        return Diagnosis(Kind.DATA)
    if name.startswith(_SQLITE_BUSY):
        return Diagnosis(Kind.BUSY)
    kind = _SQLITE_ERRORS.get(name)
    sentence = _SQLITE_SENTENCE.fullmatch(str(error))
    if kind is None or sentence is None:
        return kind and Diagnosis(kind)
    if sentence["index"]:
        return Diagnosis(kind, constraint=sentence["index"])
    if kind is Kind.CHECK:
        return Diagnosis(kind, constraint=sentence["rest"])
    pairs = [pair.rpartition(".") for pair in sentence["rest"].split(", ")]
    return Diagnosis(kind, table=pairs[0][0], columns=frozenset(column for _table, _dot, column in pairs))


def complete(diagnosis: Diagnosis, connection: BaseDatabaseWrapper) -> Diagnosis:
    """Return *diagnosis* with what the catalogue adds: the columns, and the table that a partition belongs to."""
    if connection.vendor != "postgresql" or not diagnosis.table:
        return diagnosis
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRESQL_ROOT, {**vars(diagnosis)})
        schema, table = cursor.fetchone() or (diagnosis.schema, diagnosis.table)
        cursor.execute(_POSTGRESQL_RULE, {**vars(diagnosis)})
        constraint, columns = cursor.fetchone() or (diagnosis.constraint, diagnosis.columns)
    return replace(diagnosis, schema=schema, table=table, constraint=constraint, columns=frozenset(columns))


_POSTGRESQL_ROOT = """
    SELECT space.nspname, root.relname
    FROM pg_class AS rejected
    JOIN pg_namespace AS own ON own.oid = rejected.relnamespace
    JOIN pg_class AS root ON root.oid = pg_partition_root(rejected.oid)
    JOIN pg_namespace AS space ON space.oid = root.relnamespace
    WHERE rejected.relname = %(table)s AND own.nspname = %(schema)s
"""

# A unique rule is an index, which a partitioned table's own index passes on to every partition.
_POSTGRESQL_RULE = """
    WITH RECURSIVE line (id, depth) AS (
        SELECT index.oid, 0
        FROM pg_class AS index
        JOIN pg_namespace AS space ON space.oid = index.relnamespace
        WHERE index.relname = %(constraint)s AND space.nspname = %(schema)s
        UNION ALL
        SELECT parent.inhparent, line.depth + 1
        FROM pg_inherits AS parent JOIN line ON parent.inhrelid = line.id
    ), rule (name, relation, keys, depth) AS (
        SELECT index.relname, pg_index.indrelid, pg_index.indkey::smallint[], line.depth
        FROM line JOIN pg_class AS index ON index.oid = line.id JOIN pg_index ON pg_index.indexrelid = line.id
        UNION ALL
        SELECT conname, conrelid, conkey, 0
        FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
        JOIN pg_namespace AS space ON space.oid = pg_class.relnamespace
        WHERE contype = 'c' AND conname = %(constraint)s
          AND pg_class.relname = %(table)s AND space.nspname = %(schema)s
    )
    SELECT rule.name, array(
        SELECT attname::text FROM pg_attribute WHERE attrelid = rule.relation AND attnum = ANY(rule.keys)
    )
    FROM rule ORDER BY depth DESC LIMIT 1
"""

_READERS: dict[str, Callable[[Any], Diagnosis | None]] = {
    "postgresql": _read_postgresql,
    "sqlite": _read_sqlite,
}
