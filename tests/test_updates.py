"""A project that a team has changed takes what the template changed since, and still passes its tests."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import GIT_IDENTITY, TEMPLATE, TREE, list_files, run

CRUFT = [sys.executable, "-m", "cruft"]
RENDERED = [TREE.name, "hooks", "cookiecutter.json"]

Git = Callable[..., str]


def git_in(folder: Path) -> Git:
    def git(*arguments: str) -> str:
        return run(["git", *arguments], folder, **GIT_IDENTITY).stdout.strip()

    return git


@pytest.fixture
def template(tmp_path) -> Path:
    """A clone of this repository whose last commit is what stands here now."""
    clone = tmp_path / "template"
    git_in(tmp_path)("clone", "--quiet", str(TEMPLATE), str(clone))
    git = git_in(clone)
    git("switch", "--quiet", "--force-create", "main")
    if git("rev-list", "--count", "HEAD") == "1":  # a shallow checkout: let the state before lack a page
        git("rm", "--quiet", f"{TREE.name}/docs/validation.md")
        git("commit", "--quiet", "--message", "The state before")
    git("rm", "--quiet", "-r", ".")
    for path in list_files():
        copy = clone / path.relative_to(TEMPLATE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "--message", "What stands here now")
    return clone


def before(template: Path) -> str:
    """Return the state of the template before the last one that renders something else."""
    git = git_in(template)
    states = git("rev-list", "HEAD", "--", *RENDERED).splitlines()
    assert len(states) > 1, "There is one commit only: fetch the history."
    return states[1]


def edit(project: Path) -> dict[str, str]:
    """Change the project as a team would; return a line of theirs in each file that they changed."""
    lines = {
        "CHANGELOG.md": "- Our own change.",
        "README.md": "## Who we are",
        "accounts/apps.py": "# Ours.",
        "accounts/reports.py": '"""Ours."""',
        "tests/accounts/test_reports.py": "def test_ours(): pass",
    }
    for name, line in lines.items():
        with (project / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    return lines


@pytest.mark.deep
def test_a_changed_project_takes_the_templates_changes_and_keeps_its_own(template, config, tmp_path):
    create = [*CRUFT, "create", str(template), "--no-input", "--config-file", str(config)]
    run([*create, "--checkout", before(template), "--output-dir", str(tmp_path)], tmp_path)
    project = tmp_path / "my-api"
    git = git_in(project)
    git("init", "--quiet")
    lines, secret = edit(project), (project / ".env").read_text()
    git("add", "--all")
    git("commit", "--quiet", "--message", "Our project")

    run([*CRUFT, "update", "--skip-apply-ask"], project, **GIT_IDENTITY)

    assert json.loads((project / ".cruft.json").read_text())["commit"] == git_in(template)("rev-parse", "HEAD")
    assert [name for name, line in lines.items() if line not in (project / name).read_text()] == []
    assert [path.name for path in project.rglob("*.rej")] == []
    assert (project / ".env").read_text() == secret
    run(["make", "test-fast"], project)
