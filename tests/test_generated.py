"""The rendered project's own commands, run as its README says, and the unrendered tree in its place."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TREE


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run *command*, show what it says where it fails, and assert that it succeeded."""
    kept = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "DATABASE_URL")}
    done = subprocess.run(command, cwd=folder, env=kept | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    return done


def test_the_tree_passes_its_tests_before_it_is_rendered(tmp_path):
    run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--ds", "tests.settings"],
        TREE,
        PYTHONDONTWRITEBYTECODE="1",
        TEST_DATABASE_URL="",
    )


def test_a_rendered_project_passes_its_checks_and_its_tests(project):
    run(["make", "check"], project)
    tested = run(["make", "test"], project)

    assert tested.stdout.count(" passed") == 2
    assert not re.search(r"\d+ (failed|skipped)", tested.stdout)


def newer_python() -> str | None:
    """Return an interpreter for Django 6.1, which takes Python 3.12."""
    found = [shutil.which(f"python3.{minor}") for minor in (14, 13, 12)]
    found += sorted(map(str, Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python")), reverse=True)
    for python in filter(None, found):
        probe = subprocess.run([python, "-c", "import sys; sys.exit(sys.version_info < (3, 12))"], check=False)
        if probe.returncode == 0:
            return python
    return None


def test_a_project_on_django_6_1_passes_its_checks_and_its_tests(render):
    python = newer_python()
    if python is None:
        assert not os.environ.get("REQUIRE_61"), "Django 6.1 takes Python 3.12, and there is none."
        pytest.skip("Django 6.1 was not tested: it takes Python 3.12, and there is none.")
    rendering = render(django_version="6.1")

    run(["make", "check"], rendering.project, UV_PYTHON=python)
    tested = run(["make", "test"], rendering.project, UV_PYTHON=python)

    assert tested.stdout.count(" passed") == 2
