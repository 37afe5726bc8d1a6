"""Limits of the database: requests have them, and commands that take long have those that protect requests."""

import contextlib
import time
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import OperationalError, connection, models, transaction
from django.db.migrations import Migration

from hardening.operations.databases import long_statements
from hardening.operations.schema_changes import AddIndexConcurrently

LIMITS = ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout")


def shown() -> list[str]:
    """Return what the server has as limits of this connection."""
    with connection.cursor() as cursor:
        found = []
        for name in LIMITS:
            cursor.execute(f"SHOW {name}")
            found.append(cursor.fetchone()[0])
    return found


@pytest.fixture
def limits(postgresql: None, transactional_db: None) -> list[str]:
    """The limits that requests have, of which none is off; another test may have changed those of the connection."""
    with connection.cursor() as cursor:
        for name in LIMITS:
            cursor.execute(f"RESET {name}")
    found = shown()
    assert "0" not in found
    return found


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The limits that Django's own `migrate` meets."""
    found: list[list[str]] = []
    monkeypatch.setattr(migrate.Command, "handle", lambda *args, **options: found.append(shown()))
    return found


def test_migrate_has_no_limit_on_statements_and_a_short_one_on_locks(limits, seen):
    call_command("migrate", verbosity=0)

    assert seen == [["0", "0", "1s"]]
    assert shown() == limits


def test_a_connection_that_a_command_opens_later_has_no_limit_on_statements(limits):
    with long_statements(connection):
        connection.close()
        assert shown() == ["0", "0", limits[2]]
    connection.close()


def test_the_limits_are_back_after_a_command_that_failed(limits):
    def fail() -> None:
        with long_statements(connection):
            assert shown()[0] == "0"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert shown() == limits


def test_a_statement_of_a_request_still_takes_no_longer_than_its_limit(limits):
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '5ms'")
        with pytest.raises(OperationalError, match="statement timeout"):
            cursor.execute("SELECT pg_sleep(5)")
        cursor.execute("RESET statement_timeout")


def test_no_statement_is_prepared_so_that_no_session_collects_them(postgresql, db):
    with connection.cursor() as cursor:
        for _attempt in range(20):
            cursor.execute("SELECT %s::int", [1])
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        assert cursor.fetchone() == (0,)


def test_sqlite_has_no_such_limits_and_migrates(db: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(migrate.Command, "handle", lambda *args, **options: None)

    call_command("migrate", verbosity=0)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, which take no time here."""
    seconds: list[float] = []
    monkeypatch.setattr("hardening.management.commands.migrate.time.sleep", seconds.append)
    return seconds


def fail_with(
    sqlstate: str, times: int, monkeypatch: pytest.MonkeyPatch, atomic: bool = True, operations: tuple[Any, ...] = ()
) -> list[int]:
    """Let Django's `migrate` fail *times* times with *sqlstate*; return a list with an item for each call."""
    calls: list[int] = []

    def handle(command: Any, **options: Any) -> None:
        calls.append(len(calls))
        command.verbosity = options["verbosity"]
        migration = Migration("0002", "shapes")
        migration.atomic, migration.operations = atomic, list(operations)
        command.migration_progress_callback("apply_start", migration)
        if len(calls) <= times:
            raise OperationalError from psycopg.errors.lookup(sqlstate)

    monkeypatch.setattr(migrate.Command, "handle", handle)
    return calls


@pytest.mark.parametrize("sqlstate", ["55P03", "40P01"])
def test_migrate_is_repeated_until_it_gets_its_locks(db, monkeypatch, pauses, sqlstate):
    calls = fail_with(sqlstate, 9, monkeypatch)

    call_command("migrate", verbosity=0, stdout=StringIO())

    assert len(calls) == 10
    assert all(0.5 <= seconds <= 10 for seconds in pauses)
    assert len(pauses) == 9


@pytest.mark.parametrize(
    ("sqlstate", "atomic", "number"), [("55P03", True, 10), ("55P03", False, 1), ("57014", True, 1)]
)
def test_migrate_gives_up_after_ten_attempts_and_at_once_if_it_cannot_be_repeated(
    db, monkeypatch, pauses, sqlstate, atomic, number
):
    calls = fail_with(sqlstate, 100, monkeypatch, atomic)

    with pytest.raises(OperationalError):
        call_command("migrate", verbosity=0, stdout=StringIO(), stderr=StringIO())

    assert len(calls) == number


INDEX = AddIndexConcurrently("badge", models.Index(fields=["badge"], name="badge_index"))


@pytest.mark.parametrize(("operations", "number"), [((INDEX,), 3), ((INDEX, INDEX), 1)])
def test_a_migration_that_is_not_atomic_is_repeated_if_its_only_operation_can_be(
    db, monkeypatch, pauses, operations, number
):
    calls = fail_with("55P03", 2, monkeypatch, atomic=False, operations=operations)

    with contextlib.suppress(OperationalError):
        call_command("migrate", verbosity=0, stdout=StringIO(), stderr=StringIO())

    assert len(calls) == number


def test_a_migration_waits_a_second_for_a_held_lock_and_succeeds_once_it_is_released(limits, monkeypatch, pauses):
    statement = "LOCK TABLE shapes_badge IN ACCESS EXCLUSIVE MODE"
    holder = connection.copy()
    waited: list[float] = []

    def handle(command: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            waited.append(time.monotonic() - started)

    def release(seconds: float) -> None:
        if len(waited) == 2:
            holder.rollback()
            holder.set_autocommit(True)  # it returns to the pool
            holder.close()

    monkeypatch.setattr(migrate.Command, "handle", handle)
    monkeypatch.setattr("hardening.management.commands.migrate.time.sleep", release)
    holder.set_autocommit(False)
    holder.cursor().execute(statement)
    call_command("migrate", verbosity=0, stdout=StringIO())

    assert len(waited) == 3
    assert all(1 <= seconds < 5 for seconds in waited[:2])
