"""The databases of a test run: the given one, and a second for what a router sends elsewhere."""

import os
import tempfile
from typing import Any

from django.db import connection


def for_tests(database: dict[str, Any]) -> dict[str, Any]:
    """Return `DATABASES` for tests over *database*."""
    return {"default": _in_a_file(database, "default"), "second": _in_a_file(_sqlite(), "second")}


def _sqlite() -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "OPTIONS": {"transaction_mode": "IMMEDIATE"}}


def _in_a_file(database: dict[str, Any], alias: str) -> dict[str, Any]:
    """Return a SQLite *database* in a file: threads do not share one in memory. Others wait for a slow disk."""
    if "sqlite3" not in database["ENGINE"]:
        patient = database["OPTIONS"]["options"].replace("statement_timeout=10s", "statement_timeout=60s")
        return {**database, "OPTIONS": {**database["OPTIONS"], "options": patient}}
    options = {**database["OPTIONS"], "timeout": 20, "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"}
    name = f"{tempfile.gettempdir()}/tests-{os.getpid()}-{alias}.sqlite3"
    return {**database, "OPTIONS": options, "TEST": {"NAME": name}}


def needs_no_commit(way: str) -> bool:
    """SQLite tells of a missing reference at COMMIT only, which is the caller's where the write is nested."""
    return connection.vendor == "postgresql" or way == "outermost"
