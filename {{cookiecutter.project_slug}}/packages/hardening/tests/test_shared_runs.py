"""Which of two runs, on SQLite and on PostgreSQL, has a test that one database is enough for."""

from types import SimpleNamespace
from typing import Any

import pytest

from hardening.testing import plugin


@pytest.fixture
def is_left_out(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that tells whether a run leaves out the test that asks."""

    def left_out(vendor: str, *, shared: bool) -> bool:
        monkeypatch.setattr(plugin, "connection", SimpleNamespace(vendor=vendor))
        monkeypatch.setattr(request.config.option, "shared", shared)
        monkeypatch.setenv("TEST_DATABASE_URL", "postgresql://")
        return plugin._is_for_another_database(request.node)

    return left_out


@pytest.mark.once
@pytest.mark.parametrize(
    ("vendor", "shared", "expected"),
    [("sqlite", True, True), ("postgresql", True, False), ("sqlite", False, False), ("postgresql", False, True)],
)
def test_a_test_without_a_database_is_in_the_run_on_postgresql_if_the_runs_are_shared(
    is_left_out, vendor, shared, expected
):
    assert is_left_out(vendor, shared=shared) is expected


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("shared", [False, True])
def test_a_test_with_the_same_result_on_every_database_is_in_the_run_on_sqlite(is_left_out, shared):
    assert (is_left_out("sqlite", shared=shared), is_left_out("postgresql", shared=shared)) == (False, True)


@pytest.mark.once
def test_a_fixture_that_needs_the_database_counts_as_the_marker_django_db(ada, is_left_out):
    assert (is_left_out("sqlite", shared=True), is_left_out("postgresql", shared=True)) == (False, True)


@pytest.mark.parametrize("shared", [False, True])
def test_a_test_that_needs_both_databases_is_in_both_runs(is_left_out, shared):
    assert not is_left_out("sqlite", shared=shared)
    assert not is_left_out("postgresql", shared=shared)
