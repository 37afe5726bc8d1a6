"""Folders as trees of git: the renderings before and after, and the project with the steps of the release."""

import os
import runpy
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from update.git import Repository, UpdateError
from update.programs import run_program
from update.project import Project
from update.template import Version

STEPS = Path("update", "steps")
LIBRARY = Path("packages", "hardening")


@dataclass(frozen=True)
class Workspace:
    """A temporary folder, in which trees of *project* are built without touching its files or its index."""

    project: Project
    folder: Path

    def export(self) -> Path:
        """Write the files of the project's last commit into a folder."""
        own = self.folder / "own"
        own.mkdir()
        self.run("own", own, "read-tree", f"HEAD:{self.project.prefix}")
        self.run("own", own, "checkout-index", "--all", "--index")
        return own

    def store(self, name: str, files: Path) -> str:
        """Store *files* in the project's repository, and return the tree of the whole repository with them."""
        self.run(name, files, "add", "--all", "--force", ".")
        tree = self.run(name, files, "write-tree")
        if not (prefix := self.project.prefix):
            return tree
        whole, top = f"{name}-whole", self.project.repository.folder
        self.run(whole, top, "read-tree", "HEAD")
        self.run(whole, top, "rm", "-r", "--quiet", "--cached", "--", prefix)
        self.run(whole, top, "read-tree", f"--prefix={prefix}", tree)
        return self.run(whole, top, "write-tree")

    def run(self, index: str, files: Path, *arguments: str) -> str:
        """Run git with an index of this workspace and *files* as the working tree."""
        repository, environment = self.project.repository, {"GIT_INDEX_FILE": str(self.folder / f"{index}.index")}
        options = ["--git-dir", repository.ask("rev-parse", "--absolute-git-dir"), "--work-tree", str(files)]
        return Repository(files).ask(*options, *arguments, environment=environment)

    def list_added(self, before: str, after: str) -> set[str]:
        """Return the names of files that the tree *after* has and *before* has not."""
        names = self.project.repository.list(
            "diff", "-z", "--name-only", "--diff-filter=A", "--no-renames", before, after
        )
        return set(names)

    def commit(self, tree: str, message: str, *parents: str) -> str:
        """Return a new commit of *tree*."""
        repository = self.project.repository
        options = [option for parent in parents for option in ("-p", parent)]
        return repository.ask("commit-tree", tree, *options, "-m", message, environment=repository.identify())


def list_steps(old: Version, new: Version) -> list[Path]:
    """Return the steps that *new* has and *old* has not, by release."""
    before = {path.name for path in (old.folder / STEPS).glob("v*.py")}
    added = [path for path in (new.folder / STEPS).glob("v*.py") if path.name not in before]
    return sorted(added, key=lambda path: ([int(part) for part in path.stem[1:].split("_")[:3]], path.name))


def run_step(step: Path, base: Path, own: Path) -> str:
    """Run *step* in both folders, so that both sides of the merge have its changes; return what it prints.

    It gets the names of the files that the team added or edited; all others are replaced by the merge. Lines that it
    prints for *base*, too, are about code of the template.
    """
    paths = [path.relative_to(own) for path in own.rglob("*") if path.is_file() and not path.is_symlink()]
    edited = sorted(path for path in paths if not is_equal(base / path, own / path))
    outputs = []
    for folder in (base, own):
        names = "\n".join(path.as_posix() for path in edited if (folder / path).is_file())
        done = run_program([sys.executable, str(step)], folder, text=names)
        if done.returncode:
            raise UpdateError(f"{step.name} failed; nothing was changed.\n{done.stderr.strip()}")
        outputs.append(done.stdout.splitlines())
    return "".join(f"{line}\n" for line in outputs[1] if line not in outputs[0])


def is_equal(file: Path, other: Path) -> bool:
    return file.is_file() and file.read_bytes() == other.read_bytes()


def replace_unedited_library(base: Path, own: Path, new: Path) -> bool:
    """Prepare *base* so that the merge replaces the library as a whole; return False if somebody edited it.

    The project's digest decides, because *base* may differ from what was rendered: a template with uncommitted changes
    is recorded with its commit.
    """
    if not (own / LIBRARY).is_dir() or not (new / LIBRARY / "checksum.py").is_file():
        return True
    if runpy.run_path(str(new / LIBRARY / "checksum.py"))["is_edited"](own / LIBRARY):
        return False
    shutil.rmtree(base / LIBRARY, ignore_errors=True)
    shutil.copytree(own / LIBRARY, base / LIBRARY, symlinks=True)
    return True


def ignore_untracked(project: Path, base: Path, own: Path, new: Path) -> None:
    """Remove files of the template from both renderings that exist in *project*, but outside of git: they are kept."""
    for path in [path.relative_to(base) for path in base.rglob("*") if path.is_file()]:
        if not os.path.lexists(own / path) and os.path.lexists(project / path):
            (base / path).unlink()
            (new / path).unlink(missing_ok=True)


def keep_packages(base: Path, own: Path, new: Path) -> None:
    """Keep each empty `__init__.py` that *new* has no longer, if the team added files below its folder.

    A package that moved below `packages` is not kept, because it would hide the one there.
    """
    for path in [path.relative_to(base) for path in base.rglob("__init__.py") if not path.stat().st_size]:
        added = (file.relative_to(own) for file in (own / path).parent.rglob("*") if file.is_file())
        if any(new.glob(path.as_posix())) or any(new.glob(f"packages/*/src/{path.as_posix()}")):
            continue
        if any(not (base / file).exists() for file in added):
            (new / path).parent.mkdir(parents=True, exist_ok=True)
            (new / path).touch()


def remove_deleted_folders(base: Path, own: Path, new: Path) -> list[str]:
    """Remove files from *new* that are new in a folder whose files the team has all deleted; return their names."""
    files = {root: {path.relative_to(root) for path in root.rglob("*") if path.is_file()} for root in (base, own, new)}
    folders = {root: {folder for path in files[root] for folder in path.parents} for root in (base, own)}
    deleted = folders[base] - folders[own]
    removed = sorted(path for path in files[new] - files[base] if deleted.intersection(path.parents))
    for path in removed:
        (new / path).unlink()
    return [path.as_posix() for path in removed]
