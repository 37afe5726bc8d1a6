"""PostgreSQL restarts, freezes, or is away while clients read and write: nothing is lost, and nobody waits for long."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest

from deep.faults import SECONDS, Load, report, under_load, wait_until
from deep.server import Caller, Server, Unix
from hardening.operations.limits import CONNECT_TIMEOUT, LOCK_TIMEOUT, SILENCE, STATEMENT_TIMEOUT
from hardening.testing.postgres import Cluster

ALIVE = 0.1  # seconds for /livez
SLOW = 10  # how much slower than its limit a busy machine may be
RECOVERY = 5  # seconds, for 2 that are the goal
THREADS = 8  # of both processes together


@pytest.fixture(scope="module")
def nobody(faulty_server: Server) -> Caller:
    return Caller(Unix(faulty_server.socket))


@pytest.fixture(scope="module")
def registered(faulty_server: Server) -> Caller:
    return faulty_server.caller("ada")


@pytest.fixture
def ada(nobody: Caller, registered: Caller) -> Caller:
    """A caller of a server that has got over the fault before."""
    wait_until(lambda: nobody("GET", "/readyz").status == 200)
    return registered


def find_slowest_livez(nobody: Caller, seconds: float) -> float:
    """Poll /livez for so many seconds, and return its slowest response; every one is 200."""
    slowest, end = 0.0, time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.monotonic()
        assert nobody("GET", "/livez").status == 200
        slowest = max(slowest, time.monotonic() - start)
        time.sleep(0.05)
    return slowest


@contextmanager
def frozen(cluster: Cluster) -> Iterator[None]:
    """Stop the processes of the database server without ending them."""
    with psycopg.connect(cluster.url) as connection:
        children = connection.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()").fetchall()
    pids = [cluster.pid, *(pid for (pid,) in children)]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_no_request_after_a_restart_fails_though_all_connections_are_dead(cluster, ada):
    with under_load(ada, readers=THREADS, writers=0, pause=0):
        time.sleep(SECONDS)
    cluster.stop()
    cluster.start()
    load = Load()

    for _ in range(20):
        load.send(ada, "GET")

    report("PostgreSQL restarted, then 20 GETs", load, cluster.url, 0)
    assert load.count() == {200: 20}


def test_a_restart_under_load_fails_no_read_and_doubles_no_write(cluster, ada):
    with under_load(ada, readers=6, writers=2) as load:
        time.sleep(SECONDS)
        cluster.stop()
        cluster.start()
        started = time.monotonic()
        time.sleep(SECONDS)

    report("PostgreSQL restarted under load", load, cluster.url, load.find_recovery(started))
    assert set(load.count("GET")) == {200}
    assert load.find_recovery(started) < RECOVERY


def test_connections_that_are_killed_fail_no_read(cluster, ada):
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
    )
    with under_load(ada, readers=6, writers=2) as load, psycopg.connect(cluster.url, autocommit=True) as other:
        end = time.monotonic() + 2 * SECONDS
        while time.monotonic() < end:
            other.execute(kill)
            time.sleep(0.2)
        killed = time.monotonic()

    report("all connections killed every 0.2 s", load, cluster.url, load.find_recovery(killed))
    reads = load.count("GET")
    assert reads.get(503, 0) <= 0.01 * reads[200]


@pytest.mark.parametrize("clients", [1, 2 * THREADS])
def test_without_a_database_requests_are_503_in_time_and_the_process_is_alive(cluster, ada, nobody, clients):
    with under_load(ada, readers=clients, writers=0, pause=0.1) as load:
        time.sleep(0.5)
        cluster.stop()
        try:
            slowest = find_slowest_livez(nobody, CONNECT_TIMEOUT + SECONDS)
            ready = nobody("GET", "/readyz").status
        finally:
            cluster.start()
        started = time.monotonic()
        recovery = wait_until(lambda: nobody("GET", "/readyz").status == 200)
        time.sleep(SECONDS)

    report(f"PostgreSQL down, {clients} clients", load, cluster.url, load.find_recovery(started))
    assert ready == 503
    assert slowest < SLOW * ALIVE
    assert load.count()[503] > 0
    assert load.slowest() < 2.5 * CONNECT_TIMEOUT  # and not once more for each request in the queue before
    assert recovery < RECOVERY
    assert load.find_recovery(started) < RECOVERY


def test_a_frozen_database_is_503_within_the_limits(cluster, ada, nobody):
    with under_load(ada, readers=6, writers=2, pause=0.1) as load:
        time.sleep(0.5)
        with frozen(cluster):
            slowest = find_slowest_livez(nobody, SILENCE + CONNECT_TIMEOUT + 1)
        thawed = time.monotonic()
        time.sleep(SECONDS)

    report("PostgreSQL frozen", load, cluster.url, load.find_recovery(thawed))
    assert slowest < SLOW * ALIVE
    assert load.count()[503] > 0
    assert load.slowest() < SILENCE + 2.5 * CONNECT_TIMEOUT
    assert load.find_recovery(thawed) < RECOVERY


def test_a_standby_is_503_for_writes_and_not_ready(cluster, ada, nobody):
    with under_load(ada, readers=2, writers=2, pause=0.02) as load, psycopg.connect(cluster.url) as other:
        other.autocommit = True
        time.sleep(0.5)
        other.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        other.execute("SELECT pg_reload_conf()")
        wait_until(lambda: load.calls[-1].status == 503)
        time.sleep(SECONDS)
        ready = nobody("GET", "/readyz")
        other.execute("ALTER SYSTEM RESET default_transaction_read_only")
        other.execute("SELECT pg_reload_conf()")
        changed = time.monotonic()
        time.sleep(SECONDS)

    report("PostgreSQL read-only after a failover", load, cluster.url, load.find_recovery(changed))
    assert (ready.status, ready.body["detail"]) == (503, "The database is read-only.")
    assert set(load.count("GET")) == {200}
    assert load.count("POST")[503] > 0
    assert load.find_recovery(changed) < RECOVERY


def test_slow_statements_and_held_locks_are_503_at_their_limits(cluster, ada, nobody):
    path = f"/shapes/parcels-by-key/{ada('POST', '/shapes/parcels-by-key/', {'title': 'held'}).body['id']}/"
    load = Load()
    with psycopg.connect(cluster.url) as other, ThreadPoolExecutor(THREADS) as threads:
        other.execute("SELECT 1 FROM shapes_parcel WHERE title = 'held' FOR UPDATE")
        locked = threads.submit(load.send, ada, "PATCH", path, {"title": "other"})
        slow = [threads.submit(load.send, ada, "GET", "/slow/") for _ in range(THREADS // 2 - 1)]
        slowest = find_slowest_livez(nobody, LOCK_TIMEOUT)
        ready = nobody("GET", "/readyz").status
        calls = [each.result() for each in (locked, *slow)]

    report("slow statements and a held lock", load, cluster.url, 0)
    assert {call.status for call in calls} == {503}
    assert LOCK_TIMEOUT - 0.5 < calls[0].seconds < 2 * LOCK_TIMEOUT + CONNECT_TIMEOUT
    assert all(STATEMENT_TIMEOUT - 0.5 < call.seconds < STATEMENT_TIMEOUT + CONNECT_TIMEOUT for call in calls[1:])
    assert ready == 200
    assert slowest < SLOW * ALIVE
