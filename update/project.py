"""The project's repository: its state before an update, and the merge on the branch `template-update`."""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from update.git import Repository, UpdateError
from update.programs import defer_signals
from update.record import NAME

BRANCH = "template-update"
SUBJECT = "Merge the template's version "
MARKER = re.compile(rb"^(<{7}|>{7}) ", re.MULTILINE)


@dataclass(frozen=True)
class Merge:
    """The commits of an update: *own* is the project, to which the changes from *base* to *new* are applied."""

    own: str
    new: str
    subject: str


@dataclass(frozen=True)
class Project:
    """A rendered project, which may be a folder of a larger repository."""

    folder: Path

    @cached_property
    def repository(self) -> Repository:
        top = Repository(self.folder).try_ask("rev-parse", "--show-toplevel")
        if top is None or Repository(Path(top)).try_ask("rev-parse", "--verify", "HEAD") is None:
            raise UpdateError(f"{self.folder} is not in a git repository with a commit. Commit the project first.")
        return Repository(Path(top))

    @cached_property
    def prefix(self) -> str:
        """The folder of the project inside of its repository, with a slash; empty if it is the repository's own."""
        return Repository(self.folder).ask("rev-parse", "--show-prefix")

    @property
    def branch(self) -> str | None:
        return self.repository.try_ask("symbolic-ref", "--quiet", "--short", "HEAD")

    @property
    def is_merging(self) -> bool:
        """Whether an update waits for its conflicts to be resolved."""
        subject = self.repository.try_ask("log", "-1", "--format=%s", "CHERRY_PICK_HEAD")
        return bool(subject and subject.startswith(SUBJECT))

    def reject_changes(self) -> None:
        """Raise `UpdateError` if a tracked file differs from the last commit."""
        changed = self.repository.ask("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=dirty")
        if changed:
            raise UpdateError(f"Commit or stash your changes first; the update merges with your commits.\n{changed}")
        if not self.list_tracked(f"{self.prefix}{NAME}"):
            raise UpdateError(f"Commit {NAME} first.")

    def reject_branch(self) -> None:
        """Raise `UpdateError` if the branch has commits that would be lost, such as those of an update before."""
        exists = self.repository.try_ask("rev-parse", "--verify", "--quiet", f"refs/heads/{BRANCH}")
        if exists and self.repository.try_ask("merge-base", "--is-ancestor", BRANCH, "HEAD") is None:
            raise UpdateError(
                f"The branch {BRANCH} has commits that {self.branch or 'this commit'} does not contain. Merge it, or, "
                f"if it is merged as another commit or not needed, delete it: git branch -D {BRANCH}"
            )

    def reject_overwriting(self, names: set[str]) -> None:
        """Raise `UpdateError` if a file that the update adds exists, but not in git; ignored files count, too."""
        top, tracked = self.repository.folder, set(self.list_tracked())
        found = sorted(name for name in names - tracked if (top / name).is_symlink() or (top / name).exists())
        if found:
            raise UpdateError("The update adds files that exist, but not in git. Move them away:\n" + "\n".join(found))

    def list_tracked(self, *patterns: str) -> list[str]:
        return self.repository.list("ls-files", "-z", "--", *patterns)

    def list_unmerged(self) -> dict[str, set[str]]:
        """Return the stages of each file in conflict: 1 before, 2 the project's, 3 the template's."""
        stages: dict[str, set[str]] = defaultdict(set)
        for entry in self.repository.list("ls-files", "-z", "--unmerged"):
            entry_stage, name = entry.split("\t", 1)
            stages[name].add(entry_stage.split(" ")[2])
        return stages

    def list_marked(self) -> list[str]:
        """Return the changed files that contain conflict markers."""
        names = self.repository.list("diff", "-z", "--name-only", "HEAD")
        files = {name: self.repository.folder / name for name in names}
        return [name for name, file in files.items() if file.is_file() and MARKER.search(file.read_bytes())]

    def merge(self, merge: Merge) -> None:
        """Switch to the branch and merge there; if git fails or a signal arrives, leave everything as it was."""
        before, commit = self.branch, self.repository.ask("rev-parse", "HEAD")
        existing = self.repository.try_ask("rev-parse", "--verify", "--quiet", f"refs/heads/{BRANCH}")
        with defer_signals() as arrived:
            try:
                self.start(merge)
            except UpdateError:
                self.restore(before, commit, existing)
                raise
            if arrived:
                self.restore(before, commit, existing)

    def start(self, merge: Merge) -> None:
        if self.branch != BRANCH:
            self.repository.run("switch", "--quiet", "--force-create", BRANCH)
        self.repository.run("merge", "--quiet", "--ff-only", merge.own)
        identity = self.repository.identify()
        picked = self.repository.run("cherry-pick", "--allow-empty", merge.new, check=False, environment=identity)
        if picked.returncode and not self.is_merging:
            raise UpdateError(picked.stderr.strip())
        if picked.returncode:
            self.keep_deleted()

    def keep_deleted(self) -> None:
        """Leave files deleted that the team has deleted and the template has changed; finish if that is all."""
        unmerged = self.list_unmerged()
        deleted = [name for name, stages in unmerged.items() if stages == {"1", "3"}]
        if deleted:
            self.repository.run("rm", "--quiet", "--", *deleted)
        if len(deleted) == len(unmerged):
            self.commit()

    def commit(self) -> None:
        """Commit the merge; raise `UpdateError` if git does not."""
        self.repository.run("cherry-pick", "--continue", environment=self.repository.identify())

    def restore(self, branch: str | None, commit: str, existing: str | None) -> None:
        """Return to the branch and the commit before the update; the working tree had no changes."""
        self.repository.run("cherry-pick", "--abort", check=False)
        if branch == BRANCH:
            self.repository.run("reset", "--quiet", "--keep", commit)
            return
        self.repository.run("switch", "--quiet", *([branch] if branch else ["--detach", commit]))
        move = ["--force", BRANCH, existing] if existing else ["-D", BRANCH]
        self.repository.run("branch", "--quiet", *move, check=False)

    def resolve(self) -> list[str]:
        """Mark the files as resolved whose markers are gone; return the others.

        Where one side deleted a file, or where a file is not text, nothing shows that somebody has decided.
        """
        unmerged = self.list_unmerged()
        for name, stages in list(unmerged.items()):
            file = self.repository.folder / name
            if stages >= {"2", "3"} and file.is_file():
                content = file.read_bytes()
                if b"\0" not in content and not MARKER.search(content):
                    self.repository.run("add", "--", name)
                    del unmerged[name]
        return sorted({*unmerged, *self.list_marked()})
