"""Callers of every kind, and an object of each kind for each of them that may have one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from knox.models import get_token_model

from hardening.testing import tables
from hardening.testing.client import Client


@dataclass
class Caller:
    """A client, which of the table's columns it stands for, and the ids of its objects by kind."""

    client: Client
    column: str
    ids: dict[str, int]


@pytest.fixture
def callers(ada: Client, client: Client, sign_in: Callable[..., Client]) -> dict[str, Caller]:
    """Return the callers by name; the rows of the table are about Ada's objects."""
    own = tables.make(ada)
    found = {"nobody": Caller(client, "nobody", own), "owner": Caller(ada, "owner", own)}
    for name, rights in (
        ("other", {}),
        ("staff", {"is_staff": True}),
        ("superuser", {"is_staff": True, "is_superuser": True}),
    ):
        someone = sign_in(name)
        found[name] = Caller(someone, "other", tables.make(someone))
        type(someone.user).objects.filter(pk=someone.user.pk).update(**rights)
    return found | {name: Caller(each, "dead", own) for name, each in dead(ada, sign_in).items()}


def dead(ada: Client, sign_in: Callable[..., Client]) -> dict[str, Client]:
    """Return clients whose token is no good any more, or never was."""
    tokens = get_token_model().objects
    _stored, expired = tokens.create(ada.user, expiry=timedelta(seconds=-1))
    revoked, gone = tokens.create(ada.user)
    revoked.delete()
    inactive = sign_in("inactive")
    type(inactive.user).objects.filter(pk=inactive.user.pk).update(is_active=False)
    sent = {"expired": expired, "revoked": gone, "garbled": "garbled"}
    found = {name: Client(HTTP_AUTHORIZATION=f"Bearer {token}") for name, token in sent.items()}
    return found | {"inactive": inactive}
