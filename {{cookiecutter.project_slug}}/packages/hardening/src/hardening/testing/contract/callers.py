"""Clients of anonymous users, owners, other users, staff and superusers, and clients with an invalid token."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from knox.models import get_token_model

from hardening.testing.client import Client

RIGHTS: dict[str, dict[str, bool]] = {
    "owner": {},
    "another user": {},
    "staff": {"is_staff": True},
    "superuser": {"is_staff": True, "is_superuser": True},
}


@dataclass
class Caller:
    """A client, and the user whose objects its request bodies refer to."""

    client: Client
    user: Any


@pytest.fixture
def callers(client: Client, sign_in: Callable[..., Client]) -> dict[str, Caller]:
    """Return the clients by the name of their user; the requests are for the owner's objects."""
    found = {}
    for name, rights in RIGHTS.items():
        signed_in = sign_in(name.replace(" ", "-"))
        give_rights(signed_in.user, rights)
        found[name] = Caller(signed_in, signed_in.user)
    return found | {"anonymous": Caller(client, found["owner"].user)}


def give_rights(user: Any, rights: dict[str, bool]) -> None:
    """Set the attributes of *rights* that the user model stores."""
    stored = {name: value for name, value in rights.items() if name in {field.name for field in user._meta.fields}}
    if stored:
        type(user)._base_manager.filter(pk=user.pk).update(**stored)
        user.refresh_from_db()


@pytest.fixture
def invalid_clients(callers: dict[str, Caller], sign_in: Callable[..., Client]) -> dict[str, Client]:
    """Return clients whose token is expired, revoked, malformed, or that of an inactive user."""
    tokens, owner = get_token_model().objects, callers["owner"].user
    _stored, expired = tokens.create(owner, expiry=timedelta(seconds=-1))
    revoked, gone = tokens.create(owner)
    revoked.delete()
    inactive = sign_in("inactive")
    type(inactive.user)._base_manager.filter(pk=inactive.user.pk).update(is_active=False)
    invalid = {"expired": expired, "revoked": gone, "garbled": "garbled"}
    clients = {name: Client(HTTP_AUTHORIZATION=f"Bearer {token}") for name, token in invalid.items()}
    return clients | {"inactive": inactive}
