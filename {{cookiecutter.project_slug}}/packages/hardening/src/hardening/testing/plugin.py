"""The pytest plugin: authenticated clients, the log output, and a faster database setup.

A project loads it in its top-level `conftest.py`: `pytest_plugins = ["hardening.testing.plugin"]`.
"""

import io
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection
from django.db.models.signals import post_migrate
from knox.models import get_token_model
from rest_framework.settings import api_settings
from structlog.stdlib import ProcessorFormatter

from hardening.authentication import BearerAuthentication
from hardening.testing.client import Client
from hardening.testing.contract.recording import Contract
from hardening.testing.factories import find_factory

RECORDING = pytest.StashKey[Contract]()
_DATABASE = {"db", "transactional_db"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option with which `manage.py contract` records each app's `contract.json`."""
    help_text = "record what the contract tests compare with contract.json into this file, and run no other tests"
    group = parser.getgroup("hardening")
    group.addoption("--record-contract", metavar="FILE", help=help_text)
    help_text = (
        "a run on SQLite and one on PostgreSQL, at the same time, share the tests that one database is enough for"
    )
    group.addoption("--shared", action="store_true", help=help_text)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers of this plugin."""
    config.addinivalue_line("markers", "once: gives the same result on every database, so that one is enough")
    config.addinivalue_line("markers", "recorded: compares with contract.json, or records it with --record-contract")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests that do not apply, so that nothing counts as passed or skipped that did not have to run."""
    left_out = [item for item in items if _is_for_another_database(item) or _has_no_parameters(item)]
    if config.getoption("record_contract"):
        left_out += [item for item in items if item.get_closest_marker("recorded") is None]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write what was recorded."""
    if file := session.config.getoption("record_contract"):
        recorded = session.config.stash.get(RECORDING, None)
        if recorded is not None:
            recorded.save(Path(file), connection.vendor)


def _is_for_another_database(item: pytest.Item) -> bool:
    """Return whether *item* needs the other database, or one database is enough for it and the other run has it.

    That is the run on SQLite, except for tests without a database if the runs are shared, so that both take as long. A
    project that is tested on PostgreSQL only does not set `TEST_DATABASE_URL`.
    """
    on_postgresql = connection.vendor == "postgresql"
    if item.get_closest_marker("once") is None:
        return not on_postgresql and "postgresql" in _list_fixtures(item)
    if item.config.getoption("shared"):
        return on_postgresql == _uses_database(item)
    return on_postgresql and "TEST_DATABASE_URL" in os.environ


def _uses_database(item: pytest.Item) -> bool:
    return item.get_closest_marker("django_db") is not None or not _DATABASE.isdisjoint(_list_fixtures(item))


def _list_fixtures(item: pytest.Item) -> Sequence[str]:
    return getattr(item, "fixturenames", ())


def _has_no_parameters(item: pytest.Item) -> bool:
    """Return whether *item* stands for a parametrized test without parameters, as in a project without related fields.

    pytest would report it as skipped.
    """
    reasons = [str(mark.kwargs.get("reason", "")) for mark in item.iter_markers("skip")]
    return any(reason.startswith("got empty parameter set") for reason in reasons)


@pytest.fixture(scope="session")
def contract(pytestconfig: pytest.Config) -> Contract:
    """Return each app's `contract.json`, or record it with `--record-contract`."""
    recorded = Contract(recording=bool(pytestconfig.getoption("record_contract")))
    pytestconfig.stash[RECORDING] = recorded
    return recorded


@pytest.fixture
def postgresql() -> None:
    """Request this in a test of a feature that only PostgreSQL has; it is deselected on other databases."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Create the databases as pytest-django does; do not create permissions after each flush, which is slow."""
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


@pytest.fixture
def mail_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send email before the response instead of in a thread."""
    monkeypatch.setattr("hardening.operations.email._sender.submit", lambda send, message: send(message))


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The log output of the test, as on standard output."""
    handlers: list[Any] = logging.getLogger().handlers
    handler = next(candidate for candidate in handlers if isinstance(candidate.formatter, ProcessorFormatter))
    output = io.StringIO()
    previous = handler.setStream(output)
    yield output
    handler.setStream(previous)


@pytest.fixture
def client() -> Client:
    """An anonymous client."""
    return Client()


@pytest.fixture
def api_client(db: None) -> Callable[..., Client]:
    """Return a function that returns a client for a user: with a token if the API has bearer tokens."""

    def authenticate(user: Any) -> Client:
        if not _has_bearer_tokens():
            client = Client(user=user)
            client.force_authenticate(user)
            return client
        _stored, token = get_token_model().objects.create(user)
        return Client(user=user, HTTP_AUTHORIZATION=f"Bearer {token}")

    return authenticate


def _has_bearer_tokens() -> bool:
    kinds: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    return any(issubclass(kind, BearerAuthentication) for kind in kinds)


@pytest.fixture
def sign_in(api_client: Callable[..., Client]) -> Callable[..., Client]:
    """Return a function that creates a user and returns a client of that user."""
    return lambda username: api_client(_create_user(username))


def _create_user(username: str) -> Any:
    """Create a user; with the factory of the user model if its users have no username."""
    model: Any = get_user_model()
    if model.USERNAME_FIELD == "username":
        return model.objects.create_user(username, f"{username}@example.com", "correct horse battery")
    return find_factory(model)()


@pytest.fixture
def ada(sign_in: Callable[..., Client]) -> Client:
    """A client authenticated as Ada."""
    return sign_in("ada")


@pytest.fixture
def bob(sign_in: Callable[..., Client]) -> Client:
    """A client authenticated as Bob, to whom Ada's objects are not visible."""
    return sign_in("bob")
