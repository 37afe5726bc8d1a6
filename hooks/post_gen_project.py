"""Drop what was not asked for, write the secrets, and look at what was rendered before anyone else does.

It takes the standard library, and PyYAML, which cookiecutter needs itself: no network, no install. What fails
is named on standard error, with a status that makes cookiecutter remove the project.
"""

import ast
import json
import os
import re
import secrets
import shutil
import sys
import tomllib
from pathlib import Path

import yaml

# Cookiecutter fills this in; a raw JSON text also parses as Python before that.
ANSWERS = r"""{{ cookiecutter | tojson }}"""

# (answer, value): the paths that only this value keeps.
OPTIONS = {
    ("ci", "github"): (".github",),
    ("ci", "gitlab"): (".gitlab-ci.yml",),
    ("examples", True): ("purchases", "tests/purchases"),
}

# Said at the end, since cookiecutter takes a misspelt question for none, and its default for the answer.
CHOICES = ("django_version", "ci", "examples")
YES_NO = {True: "yes", False: "no"}

# What tools leave in the template's own tree; each can be made again, so that nothing is lost with -f.
LEFTOVERS = (
    "__pycache__",
    ".coverage",
    ".hypothesis",
    ".import_linter_cache",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
)

# Folders of a project that was there before, with -f.
NOT_OURS = {".git", ".uv", ".venv", "static"}

# Written so that rendering this file leaves it alone.
MARKER = re.compile(r"\{(?:\{|%)-?[^}]*\bcookiecutter\b")


def drop_leftovers(project):
    """Remove what is no part of the template."""
    for path in [path for path in walk(project) if path.name in LEFTOVERS]:
        remove(path)


def walk(folder):
    """Yield the paths below *folder*, without what is not ours."""
    for path in sorted(folder.iterdir()):
        yield path
        if path.is_dir() and path.name not in NOT_OURS and path.name not in LEFTOVERS:
            yield from walk(path)


def drop_options(project, answers):
    """Remove the paths of options that were not chosen."""
    for (answer, value), paths in OPTIONS.items():
        if answers[answer] != value:
            for path in paths:
                remove(project / path)


def remove(path):
    """Remove a file or a folder; one that is missing is a fault of the table, and fails."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def write_env(project):
    """Write `.env` for development, readable by its owner only, with a key of its own."""
    if (project / ".env").exists():
        return
    settings = {"SECRET_KEY": secrets.token_urlsafe(50), "DEBUG": "true"}
    text = (project / ".env.example").read_text(encoding="utf-8")
    for name, value in settings.items():
        text = re.sub(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
    descriptor = os.open(project / ".env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def faults(project, answers):
    """Yield a sentence for everything in the rendered project that is not as it should be."""
    for path in walk(project):
        if path.is_file() and not path.match("*.sqlite3*"):
            yield from faults_of_file(path, path.relative_to(project).as_posix())
    for (answer, value), paths in OPTIONS.items():
        for path in paths:
            wanted, there = answers[answer] == value, (project / path).exists()
            if wanted and not there:
                yield f"{path} is missing: {answer} is {value}."
            if there and not wanted:
                yield f"{path} is there, and {answer} is {answers[answer]}."


def faults_of_file(path, name):
    """Yield what is wrong with one file."""
    try:
        text = path.read_text(encoding="utf-8")
        PARSERS.get(path.suffix, len)(text)
    except (SyntaxError, ValueError, yaml.YAMLError) as error:
        yield f"{name} does not parse: {error}"
        return
    if left_over := MARKER.search(text):
        yield f"{name} has a marker left over: {left_over[0]}"


PARSERS = {
    ".py": ast.parse,
    ".toml": tomllib.loads,
    ".json": json.loads,
    ".yml": yaml.safe_load,
    ".yaml": yaml.safe_load,
}


def main():
    """Finish the project in the working directory; return the exit status."""
    project, answers = Path.cwd(), json.loads(ANSWERS)
    drop_leftovers(project)
    drop_options(project, answers)
    found = list(faults(project, answers))
    for fault in found:
        print(fault, file=sys.stderr)
    if found:
        return 1
    write_env(project)
    chosen = ", ".join(f"{name} {YES_NO.get(answers[name], answers[name])}" for name in CHOICES)
    print(f"\nRendered with {chosen}.\nNow:  cd {project.name} && make run")
    print("Later, and before every commit:  make check")
    return 0


if __name__ == "__main__":
    sys.exit(main())
