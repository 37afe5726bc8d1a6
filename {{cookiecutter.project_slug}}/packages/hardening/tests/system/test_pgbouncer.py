"""PgBouncer in transaction mode between the API and PostgreSQL, with the settings of `docs/faults.md`."""

import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest

from deep.faults import SECONDS, find_lost, under_load
from deep.server import PATIENCE, Caller, free_port, migrate, serving_migrated, together
from hardening.operations.limits import SILENCE
from hardening.testing.postgres import run_cluster

CONNECTIONS = 4
CONFIGURATION = """
[databases]
* = host={home} user=tests

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
ignore_startup_parameters = extra_float_digits,options
"""
# PgBouncer does not pass on the limits that `hardening.operations.databases` sends.
LIMITS = """
    ALTER ROLE tests SET statement_timeout = '3s';
    ALTER ROLE tests SET lock_timeout = '1s';
    ALTER ROLE tests SET idle_in_transaction_session_timeout = '15s';
"""
PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")


@contextmanager
def bouncing(home: Path, folder: Path) -> Iterator[str]:
    """Run PgBouncer before the cluster in *home*, and yield the URL of the database behind it."""
    port, file = free_port(), folder / "pgbouncer.ini"
    file.write_text(CONFIGURATION.format(home=home, port=port, connections=CONNECTIONS))
    user = {"user": "nobody"} if os.geteuid() == 0 else {}
    for each in (folder, *folder.parents[:2]):
        each.chmod(0o755)
    url = f"postgresql://tests@127.0.0.1:{port}/postgres"
    with subprocess.Popen([str(PGBOUNCER), "-q", file], stderr=subprocess.DEVNULL, **user) as process:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(url).close()
                break
            except psycopg.OperationalError:
                assert time.monotonic() < end
                time.sleep(0.1)
        yield url
        process.terminate()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Caller]]:
    """The URL of the database itself, and a caller of a server with more threads than PgBouncer has connections."""
    folder = tmp_path_factory.mktemp("pgbouncer")
    settings = {"DJANGO_SETTINGS_MODULE": "deep.faulty"}
    with run_cluster() as cluster:
        migrate(cluster.url, **settings)
        with psycopg.connect(cluster.url) as connection:
            connection.execute(LIMITS)
        with (
            bouncing(cluster.home, folder) as url,
            serving_migrated(f"{url}?pool=false", folder, "--threads", "8", **settings) as server,
        ):
            yield cluster.url, server.caller("ada")


def test_more_clients_than_connections_read_and_write(running):
    url, ada = running
    with under_load(ada, readers=10, writers=6) as load:
        time.sleep(2 * SECONDS)

    assert set(load.count()) == {200, 201}
    with psycopg.connect(url) as connection:
        clients = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        assert connection.execute(clients).fetchone()[0] <= CONNECTIONS + 1
    assert find_lost(load, url) == ([], [])


def test_uniqueness_and_idempotency_keys_hold(running):
    _url, ada = running
    create = partial(ada, "POST", "/shapes/badges/", {"badge": "one"})
    repeat = partial(ada, "POST", "/shapes/tickets/", {"title": "one"}, **{"Idempotency-Key": "one"})

    created, repeated = together([create] * 12), together([repeat] * 12)

    assert Counter(answer.status for answer in created) == {201: 1, 409: 11}
    assert {answer.status for answer in repeated} <= {201, 409}
    assert len({answer.body["id"] for answer in repeated if answer.status == 201}) == 1
    assert repeat().headers["Idempotency-Replayed"] == "true"


def test_the_limits_of_the_role_hold(running):
    _url, ada = running

    start = time.monotonic()
    answer = ada("GET", "/slow/")

    assert time.monotonic() - start < SILENCE  # after which the API itself would give up
    assert (answer.status, answer.headers["Retry-After"], answer.body["code"]) == (503, "1", "try_again")
