"""Clients of anonymous users, owners, other users and staff, each with an object of every kind."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from knox.models import get_token_model

from hardening.testing import tables
from hardening.testing.client import Client


@dataclass
class Caller:
    """A client, its column in the table of expected statuses, and the ids of its objects by kind."""

    client: Client
    column: str
    ids: dict[str, int]


@pytest.fixture
def callers(ada: Client, client: Client, sign_in: Callable[..., Client]) -> dict[str, Caller]:
    """Return the clients by name; the requests are for Ada's objects."""
    own = tables.make(ada)
    clients = {"nobody": Caller(client, "nobody", own), "owner": Caller(ada, "owner", own)}
    for name, rights in (
        ("other", {}),
        ("staff", {"is_staff": True}),
        ("superuser", {"is_staff": True, "is_superuser": True}),
    ):
        other = sign_in(name)
        clients[name] = Caller(other, "other", tables.make(other))
        type(other.user).objects.filter(pk=other.user.pk).update(**rights)
    invalid = create_invalid_clients(ada, sign_in)
    return clients | {name: Caller(other, "dead", own) for name, other in invalid.items()}


def create_invalid_clients(ada: Client, sign_in: Callable[..., Client]) -> dict[str, Client]:
    """Return clients whose token is expired, revoked, malformed, or that of an inactive user."""
    tokens = get_token_model().objects
    _stored, expired = tokens.create(ada.user, expiry=timedelta(seconds=-1))
    revoked, gone = tokens.create(ada.user)
    revoked.delete()
    inactive = sign_in("inactive")
    type(inactive.user).objects.filter(pk=inactive.user.pk).update(is_active=False)
    invalid = {"expired": expired, "revoked": gone, "garbled": "garbled"}
    clients = {name: Client(HTTP_AUTHORIZATION=f"Bearer {token}") for name, token in invalid.items()}
    return clients | {"inactive": inactive}
