"""Transactions that lose against others, statements that take too long, and too few connections, under load."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from deep.faults import SECONDS, Load, report, under_load
from deep.server import Server, serving_migrated
from hardening.operations.limits import CONNECT_TIMEOUT, STATEMENT_TIMEOUT
from hardening.testing.postgres import Cluster

# A third of the writes lose, and half of those are reported at their COMMIT.
LOSE = """
    CREATE OR REPLACE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF random() < 0.17 THEN RAISE 'lost' USING ERRCODE = '{sqlstate}'; END IF;
        RETURN NULL;
    END $$;
"""
TRIGGER = "CREATE CONSTRAINT TRIGGER {name} AFTER INSERT ON shapes_parcel {when} FOR EACH ROW EXECUTE FUNCTION lose()"


@pytest.fixture(params=[("serialization failures", "40001"), ("deadlocks", "40P01")], ids=lambda each: each[0])
def losing(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[str]:
    """Let writes lose in one of two ways; return its name."""
    name, sqlstate = request.param
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(LOSE.format(sqlstate=sqlstate))
        connection.execute(TRIGGER.format(name="lose_at_once", when=""))
        connection.execute(TRIGGER.format(name="lose_at_commit", when="INITIALLY DEFERRED"))
        yield name
        connection.execute("DROP FUNCTION lose CASCADE")


@pytest.fixture
def small(cluster: Cluster, faulty_server: Server, tmp_path) -> Iterator[Server]:
    """A server of four threads with a single connection."""
    few = {"DJANGO_SETTINGS_MODULE": "deep.faulty", "DEEP_POOL_SIZE": "1", "WEB_CONCURRENCY": "1"}
    with serving_migrated(cluster.url, tmp_path, "--threads", "4", **few) as running:
        yield running


def test_a_write_that_loses_is_503_and_not_stored(losing, cluster, faulty_server):
    ada = faulty_server.caller("ada")
    with under_load(ada, readers=1, writers=6) as load:
        time.sleep(2 * SECONDS)

    report(f"{losing} in a third of the writes", load, cluster.url, 0)
    posts = load.count("POST")
    assert 0 < posts[503] < posts[201]
    assert {call.code for call in load.calls if call.status == 503} == {"try_again"}


def test_requests_that_get_no_connection_are_503_in_time(small, cluster):
    ada, load = small.caller("ada"), Load()
    with ThreadPoolExecutor(4) as threads:
        slow = threads.submit(load.send, ada, "GET", "/slow/")
        time.sleep(0.5)
        waiting = [threads.submit(load.send, ada, "GET") for _ in range(3)]
        waited = [each.result() for each in waiting]
        assert slow.result().status == 503
    last = load.send(ada, "GET")

    report("pool exhausted", load, cluster.url, 0)
    assert Counter(call.status for call in waited) == {503: 3}
    assert max(call.seconds for call in waited) < 2.5 * CONNECT_TIMEOUT
    assert slow.result().seconds < 1.5 * STATEMENT_TIMEOUT
    assert last.status == 200
