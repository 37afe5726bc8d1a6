"""What the tests with real servers share."""

import os
from collections.abc import Iterator

import pytest

from deep.faults import REPORT
from deep.server import Server, database, serving
from hardening.testing.postgres import Cluster, run_cluster

# It takes as long as SOAK_SECONDS says, and is no part of `make test-deep`.
collect_ignore = [] if os.environ.get("SOAK_SECONDS") else ["test_soak.py"]


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on each database."""
    folder = tmp_path_factory.mktemp(request.param)
    with database(request.param, folder, f"races_{os.getpid()}") as url, serving(url, folder) as running:
        running.vendor = request.param
        yield running


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A database server that a test may stop."""
    with run_cluster() as running:
        yield running


@pytest.fixture(scope="session")
def faulty_server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of two processes with four threads each, on the database that a test may stop."""
    folder = tmp_path_factory.mktemp("faults")
    threads = ("--threads", str(4))
    with serving(cluster.url, folder, *threads, DJANGO_SETTINGS_MODULE="deep.faulty") as running:
        yield running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what each fault cost."""
    if REPORT:
        terminalreporter.section("faults")
        head = "| fault | requests | statuses | writes unlike the response | slowest | recovery |"
        for line in (head, "|---|---|---|---|---|---|", *REPORT):
            terminalreporter.write_line(line)
