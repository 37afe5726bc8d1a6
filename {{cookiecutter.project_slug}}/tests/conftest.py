"""Fixtures for all tests."""

import io
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection
from django.db.models.signals import post_migrate
from knox.models import get_token_model
from structlog.stdlib import ProcessorFormatter

from tests.client import Client


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what lies in `tests/deep` and `tests/system` for their rings; leave out what another database is for.

    On PostgreSQL that is what has run on SQLite once, on SQLite what only PostgreSQL has.
    """
    for item in items:
        for ring in {"deep", "system"} & set(item.path.relative_to(Path(__file__).parent).parts):
            item.add_marker(ring)
    is_postgresql = connection.vendor == "postgresql"
    others = [item for item in items if (item.get_closest_marker("once") if is_postgresql else _needs_postgresql(item))]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


def _needs_postgresql(item: pytest.Item) -> bool:
    return "postgresql" in getattr(item, "fixturenames", ())


@pytest.fixture
def postgresql() -> None:
    """For tests of what only PostgreSQL has."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Make the databases as pytest-django does; what is flushed later gets no new permissions, which take longest."""
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


@pytest.fixture
def mail_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send mail before the answer, and not in a thread."""
    monkeypatch.setattr("hardening.mail._sender.submit", lambda send, message: send(message))


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged while the test runs, as it would stand on standard output."""
    handler = next(each for each in logging.getLogger().handlers if isinstance(each.formatter, ProcessorFormatter))
    written = io.StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


@pytest.fixture
def client() -> Client:
    """A client without a token."""
    return Client()


@pytest.fixture
def sign_in(db: None) -> Callable[..., Client]:
    """Return a function that makes a user and returns a client with a token of theirs."""

    def signed_in(username: str) -> Client:
        user = get_user_model().objects.create_user(username, f"{username}@example.com", "correct horse battery")
        _stored, token = get_token_model().objects.create(user)
        return Client(user=user, HTTP_AUTHORIZATION=f"Bearer {token}")

    return signed_in


@pytest.fixture
def ada(sign_in: Callable[..., Client]) -> Client:
    """A client signed in as Ada."""
    return sign_in("ada")


@pytest.fixture
def bob(sign_in: Callable[..., Client]) -> Client:
    """A client signed in as Bob, who sees nothing of Ada's."""
    return sign_in("bob")
