"""Every guard that is taken away turns a test red: in copies of the project, with the tests that have to notice."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import pytest

from deep.guards import GUARDS
from deep.guards.guard import Guard
from deep.server import PROJECT

LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "static", "*.sqlite3*", "deploy")
# Plugins that cost more to load than these tests take.
FASTER = [part for name in ("randomly", "schemathesis", "hypothesispytest", "cov") for part in ("-p", f"no:{name}")]
FAILED = 1  # pytest's exit code; others mean that no test was run


def path_of(guard: Guard) -> Path:
    """Return the path of the file of *guard*; a module of `hardening` is named without the folders around it."""
    return Path("packages/hardening/src" if guard.file.startswith("hardening/") else "", guard.file)


def run_tests(guard: Guard, copy: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests of *guard* in *copy*."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "PYTEST_", "TEST_"))}
    suite = ["-c", "packages/hardening/pyproject.toml"] if guard.tests.startswith("packages/") else []
    server = ["-m", "hardening.testing.postgres", "pytest"] if guard.server else ["-m", "pytest"]
    command = [sys.executable, *server, *suite, "-q", "-x", "-p", "no:cacheprovider", *FASTER, guard.tests]
    known = kept | {"PYTHONPATH": str(copy / "packages/hardening/src")}
    return subprocess.run(command, cwd=copy, env=known, capture_output=True, text=True, check=False)


def without(guard: Guard, copies: SimpleQueue[Path]) -> subprocess.CompletedProcess[str]:
    """Run the tests of *guard* in a copy of the project that lacks it, and repair the copy."""
    copy = copies.get()
    file = copy / path_of(guard)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(guard.text, guard.without, 1), encoding="utf-8")
    try:
        return run_tests(guard, copy)
    finally:
        file.write_text(text, encoding="utf-8")
        copies.put(copy)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Guard, Future[subprocess.CompletedProcess[str]]]]:
    """The runs of all guards, as many at once as there are processors, each of which has a copy of the project."""
    count = os.cpu_count() or 1
    copies: SimpleQueue[Path] = SimpleQueue()
    for _ in range(count):
        copies.put(shutil.copytree(PROJECT, tmp_path_factory.mktemp("guards") / "project", ignore=LEFT_OUT))
    with ThreadPoolExecutor(count) as threads:
        yield {guard: threads.submit(without, guard, copies) for guard in GUARDS}


def test_there_are_guards_enough():
    assert len(set(GUARDS)) == len(GUARDS) >= 25


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: f"{guard.file}: {guard.text.strip()[:60]}")
def test_a_guard_that_is_taken_away_is_missed(runs, guard):
    assert (PROJECT / path_of(guard)).read_text(encoding="utf-8").count(guard.text) == 1

    done = runs[guard].result()

    assert done.returncode == FAILED, f"{guard.tests} did not notice:\n{done.stdout[-2000:]}{done.stderr[-500:]}"
    assert guard.message in done.stdout, f"{guard.tests} fails with another message:\n{done.stdout[-2000:]}"
