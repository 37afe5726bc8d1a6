"""The probes: what tells a platform that this process lives, and that it can serve."""

import pytest
from django.db import OperationalError, connection, connections

pytestmark = pytest.mark.django_db


def test_alive_asks_nothing_of_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/livez")

    assert (response.status_code, response.json()) == (200, {"status": "alive"})


def test_ready_is_who_reaches_a_migrated_database(client):
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"status": "ready"})


def test_who_does_not_reach_the_database_is_not_ready_and_alive(client, monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError

    monkeypatch.setattr(connections["default"], "cursor", refuse)

    response = client.get("/readyz")

    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert response.json() == {"detail": "The database is not reachable.", "code": "not_ready"}
    assert client.get("/livez").status_code == 200


def test_a_database_that_is_not_migrated_is_not_ready(client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'accounts'")

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"detail": "The database is not migrated.", "code": "not_ready"}


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_probe_only_reads(client, path, method):
    assert getattr(client, method)(path).status_code == 405
