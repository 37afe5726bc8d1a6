"""The settings of the tests of faults: the time limits of production, few connections, and a disk that may be full."""

import os
from pathlib import Path

from django.core.signals import request_started
from django.db import connection

from deep.limited import *  # noqa: F403  # the same, but for what follows
from deep.limited import DATABASES, env
from hardening.operations import databases

DATABASES["default"] = databases.with_limits(
    env.database("DATABASE_URL", default=""), pool_size=env.natural("DEEP_POOL_SIZE", default=5, least=1)
)
DISK_IS_FULL = Path(os.environ.get("DEEP_FULL_FILE", "/nonexistent"))
MOST_PAGES = 1_073_741_823  # SQLite's default


def limit_pages(**kwargs: object) -> None:
    """Let the SQLite database grow no more while the file that DEEP_FULL_FILE names exists."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0] if DISK_IS_FULL.exists() else MOST_PAGES
        cursor.execute(f"PRAGMA max_page_count = {pages}")


if "DEEP_FULL_FILE" in os.environ:
    request_started.connect(limit_pages)
