"""Compare each app's `schema.json` with the one of the last release, and fail on a change that breaks clients."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hardening.openapi.compatibility import find_breaking_changes

CHANGE_LOG = "CHANGELOG.md"
MARK = "BREAKING"


class Command(BaseCommand):
    help = "Fail if a schema.json breaks clients of the last release, unless CHANGELOG.md has a new line BREAKING."

    def handle(self, *args: Any, **options: Any) -> None:
        project = Path(settings.BASE_DIR)
        release, reason = find_release(project)
        if release is None:
            self.stdout.write(f"schema.json was not compared with the last release: {reason}.")
            return
        before = [json.loads(read(project, release, name)) for name in list_schemas(project, release)]
        after = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(project.glob("*/schema.json"))]
        changes = find_breaking_changes(before, after)
        if not changes:
            return
        report = "\n".join(changes)
        if announces(project, release):
            self.stdout.write(f"{CHANGE_LOG} announces the breaking changes since {release}:\n{report}")
            return
        raise CommandError(
            f"{report}\nThese changes since {release} break clients. Undo them, or describe them in {CHANGE_LOG} in a "
            f"line with the word {MARK}."
        )


def find_release(project: Path) -> tuple[str | None, str]:
    """Return the last tag or `origin/main`, and the reason if there is neither."""
    if shutil.which("git") is None:
        return None, "git is not installed"
    top = ask_git(project, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != project.resolve():
        return None, "this folder is not the top level of a git repository"
    for command in (("describe", "--tags", "--abbrev=0"), ("rev-parse", "--verify", "--abbrev-ref", "origin/main")):
        if release := ask_git(project, *command):
            return release, ""
    return None, "there is neither a tag nor origin/main"


def list_schemas(project: Path, release: str) -> list[str]:
    """Return the paths of the apps' `schema.json` in *release*."""
    names = ask_git(project, "ls-tree", "-r", "--name-only", "-z", release) or ""
    return [name for name in names.split("\0") if name.endswith("/schema.json") and name.count("/") == 1]


def announces(project: Path, release: str) -> bool:
    """Return whether the change log has a line with `BREAKING` that it does not have in *release*."""
    path = project / CHANGE_LOG
    known = (ask_git(project, "show", f"{release}:{CHANGE_LOG}") or "").splitlines()
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return any(MARK in line and line not in known for line in lines)


def read(project: Path, release: str, name: str) -> str:
    """Return the content of the file *name* in *release*."""
    return ask_git(project, "show", f"{release}:{name}") or "{}"


def ask_git(project: Path, *arguments: str) -> str | None:
    """Return the output of git, or None if it fails."""
    done = subprocess.run(  # noqa: S603  # git, with the arguments of this module
        ["git", *arguments],  # noqa: S607  # from PATH, as in make
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else None
