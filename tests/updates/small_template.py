"""A template of a few files with this repository's updater, so that a test of an update takes a second."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import GIT_IDENTITY, TEMPLATE, TREE, run

HOOK = '''
import json, runpy
from pathlib import Path
answers = json.loads(r"""{{ cookiecutter | tojson }}""")
folder = Path(r"""{{ lipsum.__globals__.os.getcwd() }}""")
runpy.run_path("packages/hardening/checksum.py")["record"]()
runpy.run_path(str(folder / "update" / "record.py"))["record_rendering"](Path.cwd(), folder, answers)
'''
LINES = "".join(f"line {number}\n" for number in range(1, 21))
FILES = {
    "README.md": "# {{ cookiecutter.name }}\n\n" + LINES,
    "settings.py": LINES,
    "views.py": LINES,
    "example/__init__.py": "",
    "example/models.py": LINES,
    "plugins/__init__.py": "",
    "plugins/default.py": LINES,
    "packages/hardening/core.py": LINES,
    "packages/hardening/checksum.py": (TREE / "packages" / "hardening" / "checksum.py").read_text(encoding="utf-8"),
}


STEP = """
import sys
from pathlib import Path

for path in map(Path, sys.stdin.read().split()):
    text = path.read_text()
    if "old_name" in text:
        path.write_text(text.replace("old_name", "new_name"))
        print(f"  {path}: renamed")
"""


def git(folder: Path, *arguments: str) -> str:
    return run(["git", *arguments], folder, **GIT_IDENTITY).stdout.strip()


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def commit(folder: Path, message: str = "Change") -> str:
    """Commit everything in *folder*, and return the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def replace(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1
    file.write_text(text.replace(before, after), encoding="utf-8")


class SmallTemplate:
    """A repository with the template and this repository's `update` folder."""

    def __init__(self, folder: Path, config: Path) -> None:
        self.folder, self.config = folder, config
        self.tree = folder / "{{cookiecutter.project_slug}}"

    @classmethod
    def create(cls, folder: Path, config: Path) -> "SmallTemplate":
        """Write the template into *folder*, and commit it."""
        template = cls(folder, config)
        shutil.copytree(TEMPLATE / "update", folder / "update", ignore=shutil.ignore_patterns("__pycache__", "v*.py"))
        write(template.tree, FILES)
        write(folder, {"hooks/post_gen_project.py": HOOK, ".gitignore": "__pycache__/\n"})
        template.configure(name="Demo", project_slug="demo", _version="1.0.0")
        git(folder, "init", "--quiet", "--initial-branch", "main")
        template.release()
        return template

    def configure(self, **variables: object) -> None:
        """Change cookiecutter.json."""
        file = self.folder / "cookiecutter.json"
        before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        file.write_text(json.dumps({**before, **variables}), encoding="utf-8")

    def release(self, tag: str = "") -> str:
        """Commit the template's files, and return the commit."""
        made = commit(self.folder)
        if tag:
            git(self.folder, "tag", tag)
        return made

    def render(self, folder: Path, address: str = "") -> Path:
        """Render the template, or that at *address*, and commit the project."""
        command = [sys.executable, "-m", "cookiecutter", address or str(self.folder), "--no-input"]
        run([*command, "--config-file", str(self.config), "--output-dir", str(folder)], folder)
        return self.commit_project(folder / "demo")

    def commit_project(self, project: Path) -> Path:
        git(project, "init", "--quiet", "--initial-branch", "main")
        commit(project, "Render")
        return project

    def update(self, project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Update *project* in a process of its own; without a terminal."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return subprocess.run(
            [sys.executable, "-m", "update", str(project), *arguments],
            cwd=self.folder,
            env={**inherited, **GIT_IDENTITY, "PYTHONDONTWRITEBYTECODE": "1", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def describe(project: Path) -> dict[str, object]:
    """Return all that an update may change: the branch, the commit, the state of git, and every file."""
    files = {path: path.read_bytes() for path in project.rglob("*") if path.is_file() and ".git" not in path.parts}
    states = [name for name in ("CHERRY_PICK_HEAD", "MERGE_HEAD", "index.lock") if (project / ".git" / name).exists()]
    return {
        "branch": git(project, "branch", "--show-current"),
        "branches": git(project, "branch", "--format", "%(refname) %(objectname)"),
        "status": git(project, "status", "--porcelain"),
        "states": states,
        "files": files,
    }


def read_record(project: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((project / ".cruft.json").read_text(encoding="utf-8"))
    return record
