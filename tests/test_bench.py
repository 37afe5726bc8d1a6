"""The benchmark runs, and every stack returns the expected responses; times are not tested."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from bench.agreement import check_agreement
from tests.conftest import TEMPLATE

PEERS = ("django-modern-rest", "django-bolt in runbolt", "FastAPI, SQLAlchemy")


@pytest.mark.deep
def test_the_benchmark_measures_every_operation_and_writes_the_page(tmp_path):
    command = [sys.executable, "-m", "bench", "--rounds", "1", "--rows", "10000", "--output", str(tmp_path)]

    done = subprocess.run(command, cwd=TEMPLATE, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stderr.count("modern-rest x") == 9
    assert done.stderr.count("hardening x") == 9
    assert done.stderr.count("10,000 rows, ") == 4
    page = (tmp_path / "performance.md").read_text()
    assert "## Growth with the table" in page
    assert "| ours | django-modern-rest |" in page
    assert (tmp_path / "performance.svg").exists()


@pytest.mark.deep
@pytest.mark.long
def test_the_benchmark_of_servers_measures_every_stack_and_writes_the_page(tmp_path):
    command = [sys.executable, "-m", "bench.server", "--rounds", "1", "--requests", "3", "--output", str(tmp_path)]

    done = subprocess.run(command, cwd=TEMPLATE, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr[-3000:]
    page = (tmp_path / "performance-server.md").read_text()
    operations = page.count("\n## ")
    assert operations == 6
    assert {name: page.count(f"\n| {name} |") for name in PEERS} == dict.fromkeys(PEERS, operations)


def check_responses(plain, other, *, method="GET", body=None):
    """Check the agreement of two stacks that return the given JSON to one request."""
    stacks = [SimpleNamespace(name="plain", text=plain), SimpleNamespace(name="fastapi", text=other)]
    request = SimpleNamespace(method=method, body=body)
    check_agreement("an operation", stacks, lambda stack: request, lambda stack, request: stack.text)


def test_stacks_may_return_related_ids_in_another_order_and_other_new_primary_keys():
    body = {"reference": "new", "contacts": [1, 2]}

    check_responses(
        '{"id": 1, "reference": "new", "contacts": [1, 2]}',
        '{"id": 2, "reference": "new", "contacts": [2, 1]}',
        method="POST",
        body=body,
    )


@pytest.mark.parametrize(
    ("plain", "other"),
    [
        ('{"id": 1}', '{"id": 2}'),
        ('{"username": ["exists"], "email": ["exists"]}', '{"username": ["exists"]}'),
        ('{"results": [{"id": 1, "contacts": [1]}]}', '{"results": [{"id": 1, "contacts": []}]}'),
    ],
)
def test_stacks_that_return_different_json_stop_the_benchmark(plain, other):
    with pytest.raises(RuntimeError, match="an operation: fastapi returned"):
        check_responses(plain, other)
