"""An update merges the template's changes into a project that a team has edited."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import GIT_IDENTITY, TEMPLATE, TREE, copy_template, run

CRUFT = [sys.executable, "-m", "cruft"]
RENDERED = [TREE.name, "hooks", "cookiecutter.json"]

Git = Callable[..., str]


def make_git(folder: Path) -> Git:
    def git(*arguments: str) -> str:
        return run(["git", *arguments], folder, **GIT_IDENTITY).stdout.strip()

    return git


@pytest.fixture
def template(tmp_path) -> Path:
    """Return a clone of this repository whose last commit is the current working tree."""
    clone = tmp_path / "template"
    make_git(tmp_path)("clone", "--quiet", str(TEMPLATE), str(clone))
    git = make_git(clone)
    git("switch", "--quiet", "--force-create", "main")
    if git("rev-list", "--count", "HEAD") == "1":  # a shallow checkout: create an earlier state without a page
        git("rm", "--quiet", f"{TREE.name}/docs/validation.md")
        git("commit", "--quiet", "--message", "Previous state")
    git("rm", "--quiet", "-r", ".")
    copy_template(clone)
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "--message", "Current state")
    return clone


def find_previous_commit(template: Path) -> str:
    """Return the commit before the last change of the rendered files."""
    git = make_git(template)
    commits = git("rev-list", "HEAD", "--", *RENDERED).splitlines()
    assert len(commits) > 1, "The repository has only one commit: fetch the history."
    return commits[1]


def edit(project: Path) -> dict[str, str]:
    """Edit the project as a team would; return the added line of each file."""
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
def test_an_update_merges_the_templates_changes_and_keeps_the_teams(template, config, tmp_path):
    create = [*CRUFT, "create", str(template), "--no-input", "--config-file", str(config)]
    run([*create, "--checkout", find_previous_commit(template), "--output-dir", str(tmp_path)], tmp_path)
    project = tmp_path / "my-api"
    git = make_git(project)
    git("init", "--quiet")
    lines, secret = edit(project), (project / ".env").read_text()
    git("add", "--all")
    git("commit", "--quiet", "--message", "Our project")

    run([*CRUFT, "update", "--skip-apply-ask"], project, **GIT_IDENTITY)

    assert json.loads((project / ".cruft.json").read_text())["commit"] == make_git(template)("rev-parse", "HEAD")
    assert [name for name, line in lines.items() if line not in (project / name).read_text()] == []
    assert [path.name for path in project.rglob("*.rej")] == []
    assert (project / ".env").read_text() == secret
    run(["make", "test-fast"], project)
