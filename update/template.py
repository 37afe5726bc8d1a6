"""The versions of the template: their commits, their files and what they render."""

import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cookiecutter.prompt import prompt_choice_for_config, read_user_variable, read_user_yes_no, render_variable
from cookiecutter.utils import create_env_with_context

from update.git import Repository, UpdateError
from update.programs import run_program


@dataclass(frozen=True)
class Version:
    """A commit of the template and the folder of its files."""

    commit: str
    folder: Path

    @cached_property
    def variables(self) -> dict[str, Any]:
        """The contents of cookiecutter.json."""
        variables: dict[str, Any] = json.loads((self.folder / "cookiecutter.json").read_text(encoding="utf-8"))
        return variables

    @property
    def release(self) -> str | None:
        """The number of the release; versions before 1.0.0 have none."""
        release: str | None = self.variables.get("_version")
        return release

    @property
    def questions(self) -> dict[str, Any]:
        """The questions and their defaults, as cookiecutter.json has them."""
        return {name: value for name, value in self.variables.items() if not name.startswith("_")}

    @property
    def name(self) -> str:
        """The release and the commit, for messages."""
        return f"{self.release or '0'} ({self.commit[:7]})"

    def render(self, answers: Mapping[str, Any], folder: Path) -> Path:
        """Render the version into *folder*, where nothing of the user's configuration counts; return the project."""
        folder.mkdir()
        config = folder.with_suffix(".yaml")
        places = {"replay_dir": "replay", "cookiecutters_dir": "templates"}
        config.write_text(json.dumps({name: str(folder.with_name(place)) for name, place in places.items()}))
        arguments = [f"{name}={value}" for name, value in answers.items() if name in self.questions]
        command = [sys.executable, "-m", "cookiecutter", str(self.folder), "--no-input", "--config-file", str(config)]
        done = run_program([*command, "--output-dir", str(folder), *arguments], folder)
        if done.returncode:
            raise UpdateError(f"The template's version {self.name} cannot be rendered:\n{done.stderr.strip()}")
        [project] = folder.iterdir()
        (project / ".env").unlink(missing_ok=True)  # secrets, which git ignores
        return project


@dataclass(frozen=True)
class Template:
    """The template's history, as a mirror in a temporary folder."""

    repository: Repository

    @classmethod
    def copy(cls, source: Path, folder: Path) -> "Template":
        """Copy the history of the template in *source*."""
        Repository(source).run("clone", "--quiet", "--mirror", str(source), str(folder))
        return cls(Repository(folder))

    def find(self, name: str) -> str | None:
        """Return the commit that *name*, a tag, a commit or a branch, is for; None without one."""
        for revision in (f"refs/tags/{name}", f"refs/remotes/origin/{name}", name):
            if commit := self.repository.try_ask("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"):
                return commit
        return None

    def check_out(self, commit: str) -> Version:
        """Return the version of *commit*, with its files in a folder."""
        folder = self.repository.folder.with_name(f"version-{commit[:12]}")
        if not folder.exists():
            self.repository.run("worktree", "add", "--quiet", "--detach", str(folder), commit)
        return Version(commit, folder)


def parse_answers(arguments: list[str], version: Version) -> dict[str, str]:
    """Return the answers of `name=value` arguments; raise `UpdateError` for an unknown question."""
    answers = dict(argument.partition("=")[::2] for argument in arguments)
    for name in answers:
        if name not in version.questions:
            known = ", ".join(version.questions)
            raise UpdateError(f"The template has no question {name!r}. Its questions are {known}.")
    return answers


def ask_new_questions(version: Version, answers: dict[str, Any], *, interactive: bool) -> dict[str, Any]:
    """Return *answers* with those to questions of *version* that have none; without a terminal, the default."""
    variables = version.variables
    environment = create_env_with_context({"cookiecutter": variables})
    complete: dict[str, Any] = {}
    for name, default in version.questions.items():
        if name in answers:
            complete[name] = answers[name]
        elif interactive:
            complete[name] = ask(name, default, complete, environment, variables.get("__prompts__", {}))
        else:
            first = default[0] if isinstance(default, list) else default
            complete[name] = render_variable(environment, first, complete)
            shown = shlex.quote(f"{name}={complete[name]}")
            print(f"New question {name}: the default is used. For another answer, set ANSWERS={shown}")
    return complete


def ask(name: str, default: Any, answers: dict[str, Any], environment: Any, prompts: dict[str, Any]) -> Any:
    """Ask a question as cookiecutter does."""
    if isinstance(default, bool):
        return read_user_yes_no(name, default, prompts)
    if isinstance(default, list):
        return prompt_choice_for_config(answers, environment, name, default, no_input=False, prompts=prompts)
    return read_user_variable(name, render_variable(environment, default, answers), prompts)
