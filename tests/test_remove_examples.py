"""`make remove-examples` leaves the project that is rendered without the examples, whose tests the suite runs."""

import filecmp
import subprocess
from pathlib import Path

import pytest

from tests.conftest import GIT_IDENTITY, run

GENERATED = [".env", ".git", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".uv", ".venv", "__pycache__", "uv.lock"]


def compare(one: Path, other: Path) -> list[str]:
    """Return the paths that differ between two folders."""
    compared = filecmp.dircmp(one, other, ignore=GENERATED, hide=[])
    found = [*compared.left_only, *compared.right_only, *compared.diff_files, *compared.funny_files]
    for name in compared.common_dirs:
        found += [f"{name}/{path}" for path in compare(one / name, other / name)]
    return found


@pytest.mark.deep
def test_a_project_without_its_examples_equals_one_that_was_rendered_without_them(render):
    project, without = render().project, render(examples="no").project
    run(["git", "init", "--quiet"], project)
    run(["make", ".venv/ready"], project)

    refused = subprocess.run(["make", "remove-examples"], cwd=project, capture_output=True, text=True, check=False)
    run(["git", "add", "--all"], project)
    run(["git", "commit", "--quiet", "--message=Start"], project, **GIT_IDENTITY)
    removed = run(["make", "remove-examples"], project)

    assert "has changes that are not committed, which would be lost: commit them first." in refused.stderr
    assert "(purchases_location, purchases_contact" in removed.stdout
    assert compare(project, without) == []
    again = subprocess.run(["make", "remove-examples"], cwd=project, capture_output=True, text=True, check=False)
    assert (again.returncode, again.stderr.splitlines()[0]) == (2, "make: there is no example to remove")
