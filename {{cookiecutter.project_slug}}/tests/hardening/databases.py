"""The databases of a test run: the given one, and a second for what a router sends elsewhere."""

import os
import tempfile
from typing import Any


def for_tests(database: dict[str, Any]) -> dict[str, Any]:
    """Return `DATABASES` for tests over *database*."""
    return {"default": _in_a_file(database, "default"), "second": _in_a_file(_sqlite(), "second")}


def _sqlite() -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "OPTIONS": {"transaction_mode": "IMMEDIATE"}}


def _in_a_file(database: dict[str, Any], alias: str) -> dict[str, Any]:
    """Return a SQLite *database* in a file: threads do not share one in memory. Others as they are."""
    if "sqlite3" not in database["ENGINE"]:
        return database
    options = {**database["OPTIONS"], "timeout": 20, "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"}
    name = f"{tempfile.gettempdir()}/tests-{os.getpid()}-{alias}.sqlite3"
    return {**database, "OPTIONS": options, "TEST": {"NAME": name}}
