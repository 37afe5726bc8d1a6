"""The benchmark runs, and every stack returns the expected responses; times are not tested."""

import subprocess
import sys

import pytest

from tests.conftest import TEMPLATE


@pytest.mark.deep
def test_the_benchmark_measures_every_operation_and_writes_the_page(tmp_path):
    command = [sys.executable, "-m", "bench", "--rounds", "1", "--rows", "10000", "--output", str(tmp_path)]

    done = subprocess.run(command, cwd=TEMPLATE, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stderr.count("hardening x") == 9
    assert done.stderr.count("10,000 rows, ") == 4
    assert "## Growth with the table" in (tmp_path / "performance.md").read_text()
    assert (tmp_path / "performance.svg").exists()
