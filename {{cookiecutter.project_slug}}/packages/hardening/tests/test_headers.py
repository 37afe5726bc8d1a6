"""The headers of the responses that only conditional requests have."""

from typing import Any

import pytest

from hardening.testing.client import Client

pytestmark = pytest.mark.django_db

TICKETS = "/shapes/tickets/"


@pytest.fixture
def ticket(ada: Client) -> str:
    """The path of a ticket."""
    return f"{TICKETS}{ada.post(TICKETS, {'title': 'A'}).json()['id']}/"


@pytest.mark.parametrize(
    ("status", "method", "headers"),
    [
        (304, "get", {"If-None-Match": "*"}),
        (412, "delete", {"If-Match": '"other"'}),
        (428, "delete", {}),
    ],
)
def test_a_conditional_response_has_the_security_headers(status: int, method: str, headers: Any, ticket, ada):
    response = getattr(ada, method)(ticket, headers=headers, secure=True)

    assert response.status_code == status
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response["Content-Security-Policy"]
