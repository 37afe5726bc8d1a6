"""Mixins for viewsets: idempotency keys, preconditions (ETag) and column lists."""
