"""Limits of the database: requests have them, and commands that take long have those that protect requests."""

from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import OperationalError, connection

from hardening.operations.databases import long_statements

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


def test_migrate_has_no_limit_on_statements_and_keeps_that_on_locks(limits, seen):
    call_command("migrate", verbosity=0)

    assert seen == [["0", "0", limits[2]]]
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


def test_sqlite_has_no_such_limits_and_migrates(db: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(migrate.Command, "handle", lambda *args, **options: None)

    call_command("migrate", verbosity=0)
