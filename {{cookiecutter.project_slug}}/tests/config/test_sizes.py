"""`manage.py sizes` compares the connections of this environment with those of the database."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from hardening.management.commands import sizes
from hardening.management.commands.sizes import OTHERS


@pytest.fixture
def print_sizes(monkeypatch, db):
    """Return a function that runs the command for processes of 4 threads, and returns its output and warnings."""

    def run(*arguments, pool="4", available):
        output, errors = StringIO(), StringIO()
        with monkeypatch.context() as changed:
            changed.setenv("WEB_CONCURRENCY", "3")
            changed.setenv("WEB_THREADS", "4")
            changed.setitem(connection.settings_dict, "OPTIONS", {"pool": {"max_size": int(pool)}} if pool else {})
            changed.setattr(sizes, "read_server", lambda: (available, 1))
            call_command("sizes", *arguments, stdout=output, stderr=errors)
        return output.getvalue(), errors.getvalue()

    return run


def test_the_connections_of_all_processes_of_all_instances_are_multiplied(print_sizes):
    output, errors = print_sizes("--instances", "5", available=60 + OTHERS)

    assert output.startswith("5 x 3 processes (WEB_CONCURRENCY) x pool of 4 (DATABASE_POOL_SIZE) = 60 connections;")
    assert errors == ""


def test_too_many_connections_are_a_warning_that_names_a_size_that_fits(print_sizes):
    _output, errors = print_sizes("--instances", "5", available=59 + OTHERS)

    assert errors.startswith("Warning: 60 connections and 5 for jobs are more than 64: raise max_connections")
    assert "lower DATABASE_POOL_SIZE and WEB_THREADS to 3." in errors


def test_without_a_pool_each_thread_has_a_connection(print_sizes):
    output, _errors = print_sizes(pool="", available=100)

    assert "a connection per thread = 12 connections" in output


def test_fewer_connections_than_threads_are_a_warning_and_fail_with_check(print_sizes):
    _output, errors = print_sizes(pool="2", available=100)

    assert errors == "Warning: 4 threads share 2 connections: raise DATABASE_POOL_SIZE to 4.\n"
    with pytest.raises(CommandError, match="do not fit"):
        print_sizes("--check", pool="2", available=100)
    assert print_sizes("--check", pool="4", available=100)[1] == ""


def test_the_number_of_instances_is_positive(print_sizes):
    with pytest.raises(CommandError, match="--instances"):
        print_sizes("--instances", "0", available=100)


def test_the_limit_of_this_server_is_printed(db):
    output = StringIO()
    call_command("sizes", stdout=output, stderr=StringIO())

    expected = "PostgreSQL has " if connection.vendor == "postgresql" else "SQLite has no limit of connections"
    assert output.getvalue().splitlines()[1].startswith(expected)


def test_the_limit_of_a_role_is_lower_than_that_of_the_server(db, postgresql):
    with connection.cursor() as cursor:
        cursor.execute("ALTER ROLE CURRENT_USER CONNECTION LIMIT 7")

    assert sizes.read_server()[0] == 7
