"""The engine for PostgreSQL: what a request notices of connections that die, and of a server that does not respond."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, transaction
from django.db.utils import ConnectionHandler

from hardening.operations.postgresql import base, outages
from hardening.operations.postgresql.connections import ServerSilent

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "second"]),
    pytest.mark.usefixtures("postgresql"),
]

PID = "SELECT pg_backend_pid()"
KILL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
LOST = ["08006", "40003", "57P01", "57P02"]
NOT_EXECUTED = ["25006", "25P03", "25P04", "40001", "40P01", "53300", "55P03", "57014"]


def connect(alias: str, **options: Any) -> Any:
    """Return a connection with the settings of the database under test, but for *options*; *alias* names its pool."""
    settings = {**connection.settings_dict, "OPTIONS": {**connection.settings_dict["OPTIONS"]}, **options}
    other = ConnectionHandler({DEFAULT_DB_ALIAS: settings, alias: settings})[alias]
    other.inc_thread_sharing()
    return other


@pytest.fixture
def kill() -> Iterator[Callable[[], None]]:
    """Return a function that kills all other connections to the database."""
    other = connect("other")
    other.settings_dict["OPTIONS"].pop("pool")

    def kill_all() -> None:
        with other.cursor() as cursor:
            cursor.execute(KILL, [connection.settings_dict["NAME"]])

    yield kill_all
    other.close()


@pytest.fixture
def failing() -> Iterator[Callable[[str, str, str], None]]:
    """Return a function that has every INSERT into a table fail with a SQLSTATE: at once, or at its COMMIT."""

    def fail(table: str, sqlstate: str, when: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    RAISE 'failed' USING ERRCODE = '{sqlstate}';
                END $$;
                CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON {table} {when} FOR EACH ROW EXECUTE FUNCTION fail();
                """
            )

    yield fail
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION IF EXISTS fail CASCADE")


def read(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def make_read_only() -> None:
    """Have the server refuse to write for this connection, as a standby does for all."""
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")


def test_connections_that_died_in_the_pool_are_replaced_at_once(kill):
    read(PID)
    connection.close()
    kill()
    start = time.monotonic()

    with transaction.atomic():  # in which no statement is repeated
        read(PID)

    assert time.monotonic() - start < 1


def test_a_read_that_lost_its_connection_is_repeated(ada, kill):
    before = read(PID)
    kill()

    assert ada.get("/shapes/badges/").status_code == 200
    assert read(PID) != before


@pytest.mark.parametrize("statement", ["UPDATE shapes_badge SET note = ''", "SHOW lock_timeout"])
def test_other_statements_are_not_repeated(kill, statement):
    read(PID)
    kill()

    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def test_a_read_in_a_transaction_is_not_repeated(kill):
    def read_twice() -> None:
        with transaction.atomic():
            read(PID)
            kill()
            read(PID)

    with pytest.raises(OperationalError):
        read_twice()
    connection.close()


def test_a_server_that_does_not_respond_is_given_up_and_not_asked_twice():
    read(PID)
    connection.connection.patience = 0.2
    start = time.monotonic()

    with pytest.raises(OperationalError) as error:
        read("SELECT pg_sleep(5)")

    assert isinstance(error.value.__cause__, ServerSilent)
    assert time.monotonic() - start < 2
    assert connection.connection.closed
    connection.close()


def test_requests_of_one_outage_share_their_time_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(outages, "CONNECT_TIMEOUT", 2)
    away = connect("away", HOST=str(tmp_path))
    started = time.monotonic()

    def wait() -> float:
        with pytest.raises(OperationalError):
            away.ensure_connection()
        return time.monotonic() - started

    first, _second, third = wait(), wait(), wait()

    assert first < 4
    assert third - first < first  # each of the others waits for a single turn
    away.close_pool()


def test_one_request_at_a_time_waits_for_a_database_that_has_been_away(tmp_path, monkeypatch):
    away = connect("away", HOST=str(tmp_path))
    outage = outages.find_outage(away.pool)
    outage.begin(60)
    entered = threading.Event()

    def wait(wrapper: Any, *args: Any) -> None:
        entered.set()
        time.sleep(1)
        raise base.PoolTimeout

    monkeypatch.setattr(base.DatabaseWrapper, "_get_live_connection", wait)

    def probe() -> None:
        with suppress(OperationalError):
            away.ensure_connection()

    probing = threading.Thread(target=probe)
    probing.start()
    entered.wait(5)
    start = time.monotonic()

    with pytest.raises(OperationalError):
        connect("away", HOST=str(tmp_path)).ensure_connection()

    assert time.monotonic() - start < 0.5
    probing.join()
    outage.end()
    away.close_pool()


def test_a_connection_without_a_pool_is_given_up_too():
    other = connect("other")
    other.settings_dict["OPTIONS"].pop("pool")
    other.ensure_connection()

    assert other.connection.patience > 10
    other.close()


@pytest.mark.parametrize("sqlstate", NOT_EXECUTED)
def test_what_was_not_executed_may_be_sent_again(failing, post, sqlstate):
    failing("shapes_badge", sqlstate, "")

    response = post("badges", badge="1")

    assert (response.status_code, response["Retry-After"], response.json()["code"]) == (503, "1", "try_again")
    connection.close()


@pytest.mark.parametrize("sqlstate", LOST)
@pytest.mark.parametrize(
    ("path", "body", "table", "when"),
    [
        ("badges", {"badge": "1"}, "shapes_badge", ""),
        ("baskets", {"name": "b", "items": [{"name": "a"}]}, "shapes_basket", "INITIALLY DEFERRED"),
    ],
)
def test_a_connection_that_is_lost_at_the_commit_leaves_the_outcome_unknown(
    failing, post, sqlstate, path, body, table, when
):
    failing(table, sqlstate, when)

    response = post(path, body)

    assert (response.status_code, response.json()["code"]) == (503, "outcome_unknown")
    assert "Retry-After" not in response
    connection.close()


def test_a_connection_that_is_lost_before_the_commit_may_be_sent_again(failing, post):
    failing("shapes_basket", "57P01", "")

    response = post("baskets", {"name": "b", "items": [{"name": "a"}]})

    assert (response.status_code, response["Retry-After"], response.json()["code"]) == (503, "1", "try_again")
    connection.close()


def test_a_lost_commit_with_an_idempotency_key_may_be_sent_again(failing, ada):
    failing("shapes_ticket", "57P01", "INITIALLY DEFERRED")

    response = ada.post("/shapes/tickets/", {"title": "t"}, headers={"Idempotency-Key": "k"})

    assert (response.status_code, response["Retry-After"], response.json()["code"]) == (503, "1", "try_again")
    connection.close()


def test_a_lost_commit_of_a_whole_request_is_unknown_for_a_write_and_repeatable_for_a_read(
    ada, post, monkeypatch, atomic_requests
):
    def lose() -> None:
        raise OperationalError("lost") from psycopg.OperationalError("lost")

    monkeypatch.setattr(connection, "commit", lose)

    written, read_again = post("badges", badge="1"), ada.get("/shapes/badges/")

    assert (written.status_code, written.json()["code"]) == (503, "outcome_unknown")
    assert (read_again.status_code, read_again.json()["code"]) == (503, "try_again")


def test_the_connections_to_a_standby_are_closed(post):
    make_read_only()

    response = post("badges", badge="1")

    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert connection.connection.closed
    connection.close()
    assert post("badges", badge="1").status_code == 201


def test_readyz_is_503_while_the_database_is_read_only(client):
    make_read_only()

    response = client.get("/readyz")

    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert response.json() == {"detail": "The database is read-only.", "code": "not_ready"}
    connection.discard()
    connection.close()
    assert client.get("/readyz").status_code == 200
