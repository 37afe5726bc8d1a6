"""`manage.py migrate` without the statement timeout of requests, and with a short lock timeout and retries."""

import random
import time
from typing import Any

from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.db.migrations import Migration

from hardening.operations.databases import long_statements

# Seconds. While `ALTER TABLE` waits for a lock, requests queue behind it; theirs wait for up to three seconds.
LOCK_TIMEOUT = 1
ATTEMPTS = 10
LONGEST_PAUSE = 10
LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED = "55P03", "40P01"


class Command(migrate.Command):
    """Apply migrations as Django does; retry one that does not get its locks.

    A migration that is not atomic is repeated only if its single operation says that it can be (`repeatable`), because
    others may have been committed in part.
    """

    current: Migration | None = None

    def handle(self, *args: Any, **options: Any) -> None:
        with long_statements(connections[options["database"]], lock_timeout=LOCK_TIMEOUT):
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    super().handle(*args, **options)
                except OperationalError as error:
                    if attempt == ATTEMPTS or not self._is_repeatable(error):
                        raise
                    self._pause(attempt)
                else:
                    break

    def migration_progress_callback(self, action: str, migration: Any = None, fake: bool = False) -> None:
        """Remember which migration is running, and report progress as Django does."""
        if action in ("apply_start", "unapply_start"):
            self.current = migration
        super().migration_progress_callback(action, migration, fake)

    def _is_repeatable(self, error: OperationalError) -> bool:
        if getattr(error.__cause__, "sqlstate", None) not in (LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED):
            return False
        if self.current is None or self.current.atomic:
            return True
        operations = self.current.operations
        if len(operations) == 1 and getattr(operations[0], "repeatable", False):
            return True
        self.stderr.write(f"{self.current} is not atomic: undo what it has done before you migrate again.")
        return False

    def _pause(self, attempt: int) -> None:
        """Sleep for a while that doubles with each attempt; at random, so that two jobs do not meet again."""
        seconds = random.uniform(0.5, 1) * min(2 ** (attempt - 1), LONGEST_PAUSE)  # noqa: S311  # not for security
        self.stdout.write(f"\n  {self.current} did not get a lock; attempt {attempt + 1} follows in {seconds:.1f} s.")
        time.sleep(seconds)
