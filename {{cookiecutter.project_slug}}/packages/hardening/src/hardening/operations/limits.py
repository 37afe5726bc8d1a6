"""How long requests wait for the database, in seconds. A request that waits longer gets a 503."""

CONNECT_TIMEOUT = 3
STATEMENT_TIMEOUT = 10
LOCK_TIMEOUT = 3
IDLE_IN_TRANSACTION_TIMEOUT = 15
SQLITE_TIMEOUT = 20
LONGEST_CONNECT_TIMEOUT = 30

SILENCE = STATEMENT_TIMEOUT + 2  # for the response to a statement: longer than a server that works would take
CHECK_TIMEOUT = 1.5  # for the response of a connection that was idle
TURN = 0.25  # until a request that waits for a connection asks the pool again, which then connects again
