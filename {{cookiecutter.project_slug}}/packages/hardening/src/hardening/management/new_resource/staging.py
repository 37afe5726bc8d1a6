"""A copy of the project in which `startresource` works, so that the project itself is changed only at the end."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import unified_diff
from pathlib import Path

from django.core.management.base import CommandError

_LEFT_OUT = shutil.ignore_patterns(
    ".*", "__pycache__", "*.pyc", "*.sqlite3*", "*.egg-info", "media", "node_modules", "static"
)
# Fixed, so that the result does not depend on `.env` or the shell.
_ENVIRONMENT = {
    "ENV_FILE": "",
    "DEBUG": "false",
    "ALLOWED_HOSTS": "localhost",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "DATABASE_URL": "sqlite://:memory:",
    "CACHE_URL": "locmemcache://",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@contextmanager
def copy_project(project: Path) -> Iterator[Path]:
    """Yield the folder of a copy of *project* without caches, databases and environments."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, project.name)
        shutil.copytree(project, copy, ignore=_LEFT_OUT, symlinks=True)
        yield copy


def run(copy: Path, *arguments: str) -> None:
    """Run Python with *arguments* in the copy; raise `CommandError` with the end of its output if it fails."""
    done = subprocess.run(  # noqa: S603  # Python, with the arguments of this package
        [sys.executable, *arguments],
        cwd=copy,
        env={**os.environ, **_ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        output = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        raise CommandError(f"{' '.join(arguments)} failed, and nothing was written:\n{output}")


def list_files(copy: Path, *folders: str) -> list[Path]:
    """Return the relative paths of the files in *folders* of *copy*."""
    paths = [path for folder in folders for path in sorted((copy / folder).rglob("*"))]
    return [path.relative_to(copy) for path in paths if path.is_file() and path.suffix != ".pyc"]


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def show_changes(copy: Path, project: Path, changes: list[Path]) -> Iterator[str]:
    """Yield the differences between the files of *project* and of *copy*, as `diff --unified` prints them."""
    for path in changes:
        before, after = ((_read(folder / path) or b"").decode().splitlines() for folder in (project, copy))
        yield from unified_diff(before, after, str(path) if before else os.devnull, str(path), lineterm="")


def take_over(copy: Path, project: Path, changes: list[Path], changed: frozenset[str]) -> None:
    """Move *changes* from *copy* to *project*; undo everything if one of them fails.

    Only the files that *changed* names may exist in *project* before.
    """
    created: list[Path] = []
    replaced = {path: (project / path).read_bytes() for path in changes if path.as_posix() in changed}
    try:
        for path in changes:
            _write(copy / path, project / path, created, replace=path in replaced)
    except BaseException:
        for path in reversed(created):
            path.rmdir() if path.is_dir() else path.unlink()
        for path, content in replaced.items():
            (project / path).write_bytes(content)
        raise


def _write(source: Path, target: Path, created: list[Path], *, replace: bool) -> None:
    """Copy *source* to *target*, and append the files and folders that this creates to *created*."""
    for folder in reversed(target.parents):
        if not folder.exists():
            folder.mkdir()
            created.append(folder)
    try:
        with target.open("wb" if replace else "xb") as file:
            if not replace:
                created.append(target)
            file.write(source.read_bytes())
    except OSError as error:
        raise CommandError(f"{target} could not be written, and nothing was changed: {error}.") from error
