"""The connection to PostgreSQL is lost after it has committed: no client is told that nothing was written."""

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from psycopg import sql

from deep.faults import Wire, relayed
from deep.server import Caller, Server, serving
from hardening.testing.postgres import Cluster, run_cluster

PARCELS, TICKETS = "/shapes/parcels-by-key/", "/shapes/tickets/"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, Wire, Caller, Server]]:
    """A database, the relay before it, and a caller of a server that knows only the relay."""
    folder = tmp_path_factory.mktemp("lost")
    with ExitStack() as stack:
        cluster = stack.enter_context(run_cluster())
        wire = stack.enter_context(relayed(folder, cluster.home))
        url = cluster.url.replace(str(cluster.home), str(folder))
        server = stack.enter_context(serving(url, folder, DJANGO_SETTINGS_MODULE="deep.faulty", WEB_CONCURRENCY="1"))
        yield cluster, wire, server.caller("ada"), server


def count(cluster: Cluster, table: str, column: str, value: str) -> int:
    with psycopg.connect(cluster.url) as connection:
        query = sql.SQL("SELECT count(*) FROM {} WHERE {} = %s").format(sql.Identifier(table), sql.Identifier(column))
        row = connection.execute(query, [value]).fetchone()
    return int(row[0]) if row else 0


@pytest.mark.parametrize(
    ("statement", "path", "body", "table"),
    [
        # A transaction of its own, and one that ends with COMMIT.
        (b'INSERT INTO "shapes_parcel"', PARCELS, {"title": "lost"}, "shapes_parcel"),
        (b"COMMIT", "/shapes/baskets/", {"name": "lost", "items": [{"name": "a"}]}, "shapes_basket"),
    ],
)
def test_a_write_that_was_lost_after_its_commit_has_an_unknown_outcome(parts, statement, path, body, table):
    cluster, wire, ada, _server = parts

    wire.cut_after = statement
    answer = ada("POST", path, body)

    assert wire.cut_after == b""
    assert (answer.status, answer.body["code"]) == (503, "outcome_unknown")
    assert "unknown whether the change was saved" in answer.body["detail"]
    assert "Idempotency-Key" in answer.body["detail"]
    assert "Retry-After" not in answer.headers
    assert count(cluster, table, next(iter(body)), "lost") == 1


def test_a_write_with_an_idempotency_key_can_be_repeated(parts):
    cluster, wire, ada, _server = parts
    body, key = {"title": "once"}, {"Idempotency-Key": "once"}

    wire.cut_after = b"COMMIT"
    lost = ada("POST", TICKETS, body, **key)
    repeated = ada("POST", TICKETS, body, **key)

    assert (lost.status, lost.body["code"], lost.headers["Retry-After"]) == (503, "try_again", "1")
    assert (repeated.status, repeated.headers["Idempotency-Replayed"]) == (201, "true")
    assert count(cluster, "shapes_ticket", "title", "once") == 1


def test_a_write_that_was_lost_before_its_commit_is_to_be_repeated(parts):
    cluster, wire, ada, _server = parts

    wire.cut_after = b'INSERT INTO "shapes_basket"'
    lost = ada("POST", "/shapes/baskets/", {"name": "before", "items": [{"name": "b"}]})

    assert (lost.status, lost.body["code"], lost.headers["Retry-After"]) == (503, "try_again", "1")
    assert count(cluster, "shapes_basket", "name", "before") == 0


def test_a_read_that_was_lost_is_repeated(parts):
    _cluster, wire, ada, _server = parts

    wire.cut_after = b'FROM "shapes_ticket"'
    answer = ada("GET", TICKETS)

    assert wire.cut_after == b""
    assert answer.status == 200
