"""Primary keys that the database makes: `models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)`."""

from typing import Any

from django.db import models
from django.db.models.expressions import Func

# The number of milliseconds since 1970 in 48 bits, the version (7), 12 random bits, the variant (8, 9, a or b), and 60
# random bits: RFC 9562, 5.7. PostgreSQL has uuidv7() since version 18; before, the bits of the version are set in a
# random UUID whose first 48 bits are replaced.
_POSTGRESQL = (
    "encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing "
    "substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), "
    "52, 1), 53, 1), 'hex')::uuid"
)
_SQLITE = (
    "(lower(printf('%%012x', cast((julianday('now') - 2440587.5) * 86400000 as integer)) || '7' || "
    "substr(hex(randomblob(2)), 2) || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(8)), 2)))"
)


class UUID7(Func):
    """A UUID of version 7, which the database makes: keys of later rows are greater, so that indexes stay compact."""

    arity = 0
    output_field = models.UUIDField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        """Return `uuidv7()`, or an equivalent expression before PostgreSQL 18."""
        return "uuidv7()" if connection.pg_version >= 180000 else _POSTGRESQL, []

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        """Return an expression for 32 hexadecimal digits, as Django stores UUIDs in SQLite."""
        return _SQLITE, []
