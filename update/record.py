"""Write and read `.cruft.json`: the template, its version and commit, and the answers that rendered a project.

The format is cruft's, so that cruft works as well. This module uses only the standard library and opens no connection,
because the post hook runs it.
"""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

NAME = ".cruft.json"

# An address that git or a browser resolves: with a scheme, as `git@host:path`, or abbreviated like `gh:owner/name`.
REMOTE = re.compile(r"[a-z]+(\+[a-z]+)?://|[\w.-]+@[\w.-]+:|[a-z]{2,}:", re.IGNORECASE)
PASSWORD = re.compile(r"(?<=://)[^/@]*:[^/@]*@")

# git sets these in its hooks, where they would name another repository than the template's.
GIT_VARIABLES = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"}


def ask_git(folder: Path, *arguments: str) -> str | None:
    """Return the output of git in *folder*; None if git is missing or fails."""
    environment = {name: value for name, value in os.environ.items() if name not in GIT_VARIABLES}
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603  # git
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def find_commit(template: Path) -> str | None:
    """Return the commit of *template*, or None if the folder is not the top of a git working tree.

    A template without git may be inside of another repository, whose commit would be wrong.
    """
    top = ask_git(template, "rev-parse", "--show-toplevel")
    if not top or not os.path.samefile(top, template):  # noqa: PTH121  # both may be links
        return None
    return ask_git(template, "rev-parse", "--verify", "HEAD")


def is_changed(template: Path) -> bool:
    """Return whether the git working tree *template* differs from its commit."""
    return bool(ask_git(template, "status", "--porcelain"))


def find_address(given: str, template: Path) -> str:
    """Return the address to record for the template in *template*, which cookiecutter found at *given*."""
    if given.lower().endswith(".zip") and not REMOTE.match(given):  # unpacked elsewhere
        started_in = Path(os.environ.get("PWD", "."))
        return clean_address(given, started_in) if (started_in / given).is_file() else given
    return PASSWORD.sub("", given) if REMOTE.match(given) else str(template)


def clean_address(given: str, folder: Path) -> str:
    """Return *given* without a password; a local path is absolute, and begins in *folder* if it is relative."""
    return PASSWORD.sub("", given) if REMOTE.match(given) else os.path.normpath(folder / given)


def make_record(address: str, commit: str | None, answers: dict[str, Any]) -> dict[str, Any]:
    """Return the record of a project.

    cruft ignores `_version` and rejects nothing that is missing here. Other private variables are derived from the
    answers or name folders of this machine.
    """
    questions = {name: answers[name] for name in sorted(answers) if not name.startswith("_")}
    context = {**questions, "_template": address, "_version": answers["_version"]}
    return {
        "template": address,
        "commit": commit,
        "checkout": answers.get("_checkout"),
        "context": {"cookiecutter": context},
        "directory": None,
    }


def write(project: Path, record: dict[str, Any]) -> None:
    """Write *record* into *project*."""
    text = json.dumps(record, indent=2, ensure_ascii=False)
    (project / NAME).write_text(text + "\n", encoding="utf-8", newline="\n")


def record_rendering(project: Path, template: Path, answers: dict[str, Any]) -> list[str]:
    """Write the record of the project that was just rendered from *template*; return what the user should know."""
    if "_commit" in answers:  # cruft is rendering, and writes the file itself
        return []
    commit = find_commit(template)
    write(project, make_record(find_address(answers["_template"], template), commit, answers))
    if commit and is_changed(template):
        return [f"The template has uncommitted changes, but {NAME} can only name its commit {commit[:7]}."]
    return []
