"""One-line features of a viewset: idempotency keys, preconditions (ETag) and column lists."""
