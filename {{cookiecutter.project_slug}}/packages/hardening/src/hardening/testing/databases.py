"""The `DATABASES` setting of a test run: the configured database, and a second one for database routers."""

import os
import tempfile
from typing import Any

from django.db import connection


def for_tests(database: dict[str, Any]) -> dict[str, Any]:
    """Return the `DATABASES` setting for tests with *database* as the default."""
    return {"default": _configure(database, "default"), "second": _configure(_build_sqlite(), "second")}


def _build_sqlite() -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "OPTIONS": {"transaction_mode": "IMMEDIATE"}}


def _configure(database: dict[str, Any], alias: str) -> dict[str, Any]:
    """Return *database* for tests: SQLite in a file, which threads can share, or a longer timeout for slow disks."""
    if "sqlite3" not in database["ENGINE"]:
        options = database["OPTIONS"]["options"].replace("statement_timeout=10s", "statement_timeout=60s")
        return {**database, "OPTIONS": {**database["OPTIONS"], "options": options}}
    options = {**database["OPTIONS"], "timeout": 20, "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"}
    name = f"{tempfile.gettempdir()}/tests-{os.getpid()}-{alias}.sqlite3"
    return {**database, "OPTIONS": options, "TEST": {"NAME": name}}


def needs_no_commit(way: str) -> bool:
    """Return whether a foreign key violation is raised before the outer transaction commits; SQLite's are not."""
    return connection.vendor == "postgresql" or way == "outermost"
