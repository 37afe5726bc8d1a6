"""Run git in a repository."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from update.programs import run_program
from update.record import GIT_VARIABLES

# Renames are found however many there are, but a team's file stays where it is, even if the template moved the files
# around it. Hooks, signatures and line-ending checks of the team are for its own commits.
SETTINGS = {
    "merge.renames": "true",
    "merge.renameLimit": "100000",
    "merge.directoryRenames": "false",
    "core.hooksPath": os.devnull,
    "commit.gpgSign": "false",
    "core.safecrlf": "false",
    "core.quotePath": "false",
    "advice.detachedHead": "false",
    "core.editor": "true",
}
OPTIONS = [option for name, value in SETTINGS.items() for option in ("-c", f"{name}={value}")]
NOBODY = {"NAME": "template-update", "EMAIL": "template-update@localhost"}


class UpdateError(Exception):
    """The update cannot begin or continue; the message says why and what to do."""


@dataclass(frozen=True)
class Repository:
    """A git working tree, or a bare repository."""

    folder: Path

    def run(
        self, *arguments: str, check: bool = True, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run git; with *check*, raise `UpdateError` with git's message if it fails."""
        inherited = {name: value for name, value in os.environ.items() if name not in GIT_VARIABLES}
        done = run_program(["git", *OPTIONS, *arguments], self.folder, inherited | dict(environment or {}))
        if check and done.returncode:
            raise UpdateError(done.stderr.strip() or f"git {arguments[0]} failed.")
        return done

    def ask(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """Return the output of git without the last line break."""
        return self.run(*arguments, environment=environment).stdout.rstrip("\n")

    def try_ask(self, *arguments: str) -> str | None:
        """Return the output of git, or None if it fails."""
        done = self.run(*arguments, check=False)
        return None if done.returncode else done.stdout.strip()

    def list(self, *arguments: str, environment: Mapping[str, str] | None = None) -> list[str]:
        """Return the names that git prints with `-z`."""
        return [name for name in self.run(*arguments, environment=environment).stdout.split("\0") if name]

    def identify(self) -> dict[str, str]:
        """Return environment variables for a name and an email address where git does not know the user's."""
        if self.try_ask("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"):
            return {}
        return {f"GIT_{role}_{name}": value for role in ("AUTHOR", "COMMITTER") for name, value in NOBODY.items()}
