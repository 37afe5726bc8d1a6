"""The health probes tell a platform whether the process is alive, and whether it can serve requests."""

import pytest
from django.db import OperationalError, connection, connections

pytestmark = pytest.mark.django_db


def test_livez_executes_no_query(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/livez")

    assert (response.status_code, response.json()) == (200, {"status": "alive"})


def test_readyz_is_200_with_a_migrated_database(client):
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (200, {"status": "ready"})


def test_readyz_is_503_and_livez_200_if_the_database_is_unreachable(client, monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError

    monkeypatch.setattr(connections["default"], "cursor", refuse)

    response = client.get("/readyz")

    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert response.json() == {"detail": "The database is not reachable.", "code": "not_ready"}
    assert client.get("/livez").status_code == 200


def test_readyz_is_503_if_the_database_is_not_migrated(client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'accounts'")

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"detail": "The database is not migrated.", "code": "not_ready"}


def test_readyz_is_503_and_livez_200_while_the_server_is_about_to_stop(client, monkeypatch):
    monkeypatch.setattr("hardening.operations.health.is_draining", lambda: True)

    response = client.get("/readyz")

    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert response.json() == {"detail": "The server is stopping.", "code": "not_ready"}
    assert client.get("/livez").status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_probes_reject_unsafe_methods(client, path, method):
    assert getattr(client, method)(path).status_code == 405
