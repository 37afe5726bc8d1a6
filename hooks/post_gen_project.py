"""Remove the files of options that were not chosen, write the secrets, and validate what was rendered.

The hook uses the standard library, and PyYAML, which cookiecutter itself needs: no network, no install. It names
each fault on standard error and exits with 1, so that cookiecutter removes the project.
"""

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

# (answer, value): the files that only this value keeps, one by one: with -f, a folder also has files of the user's.
OPTIONS = {
    ("ci", "github"): (
        ".github/dependabot.yml",
        ".github/workflows/checks.yml",
        ".github/workflows/hardening.yml",
        ".github/workflows/update.yml",
    ),
    ("ci", "gitlab"): (".gitlab-ci.yml", "renovate.json"),
    ("examples", True): """
purchases/__init__.py purchases/apps.py purchases/management/__init__.py purchases/management/commands/__init__.py
purchases/management/commands/demo_purchases.py purchases/migrations/0001_initial.py purchases/migrations/__init__.py
purchases/models.py purchases/schema.json purchases/serializers.py purchases/urls.py purchases/views.py
tests/purchases/__init__.py tests/purchases/completions.py tests/purchases/conftest.py tests/purchases/tables.py
tests/purchases/test_closing.py tests/purchases/test_contacts.py tests/purchases/test_locations.py
tests/purchases/test_purchases.py tests/purchases/test_search.py tests/purchases/test_statements.py
""".split(),
}

# Said at the end, since cookiecutter takes a misspelt question for none, and its default for the answer.
CHOICES = ("django_version", "ci", "examples")
YES_NO = {True: "yes", False: "no"}

# The files that hold Jinja, and so may come out wrong; cookiecutter copies all others byte for byte. Tests keep this
# list true, and judge the others in the template itself.
RENDERED = (".devcontainer/devcontainer.json", ".env.example", "README.md", "compose.yaml", "pyproject.toml")

# What tools leave in the template's own tree; each can be made again, so that nothing is lost with -f.
LEFTOVERS = (
    "__pycache__",
    ".coverage",
    ".hypothesis",
    ".import_linter_cache",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "*.egg-info",
    "dist",
)

# Folders of a project that was there before, with -f.
NOT_OURS = {".git", ".uv", ".venv", "static"}

# Written so that rendering this file leaves it alone.
MARKER = re.compile(r"\{(?:\{|%)-?[^}]*\bcookiecutter\b")


def drop_leftovers(project):
    """Remove what tools left in the template's tree."""
    for path in [path for path in walk(project) if is_leftover(path)]:
        remove(path)


def is_leftover(path):
    """Tell whether a tool made *path*."""
    return any(path.match(pattern) for pattern in LEFTOVERS)


def walk(folder):
    """Yield the paths below *folder*, without what is not ours."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            continue  # the template has no links: with -f, it is the user's, and may lead out of the project
        yield path
        if path.is_dir() and path.name not in NOT_OURS and not is_leftover(path):
            yield from walk(path)


def drop_options(project, answers):
    """Remove the paths of options that were not chosen."""
    for (answer, value), paths in OPTIONS.items():
        if answers[answer] != value:
            for path in paths:
                remove(project / path)
                remove_empty(project, (project / path).parent)


def remove(path):
    """Remove a file or a folder; one that is missing is a fault of the table, and fails."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def remove_empty(project, folder):
    """Remove *folder*, and those around it, where nothing is left in them."""
    while folder != project and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def write_env(project):
    """Write `.env` for development, readable by its owner only, with a key of its own."""
    if os.path.lexists(project / ".env"):  # a link that leads nowhere, too
        return
    made = {"SECRET_KEY": secrets.token_urlsafe(50), "POSTGRES_PASSWORD": secrets.token_urlsafe(24), "DEBUG": "true"}
    text = (project / ".env.example").read_text(encoding="utf-8")
    for name, value in made.items():
        text = re.sub(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
    descriptor = os.open(project / ".env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def faults(project, answers):
    """Yield a sentence for everything in the rendered project that is not as it should be."""
    for name in RENDERED:
        yield from faults_of_file(project / name, name)
    yield from faults_of_options(project, answers)


def faults_of_file(path, name):
    """Yield what is wrong with one rendered file."""
    if not path.is_file():
        yield f"{name} is missing."
        return
    text = path.read_text(encoding="utf-8")
    try:
        PARSERS.get(path.suffix, len)(text)
    except (ValueError, yaml.YAMLError) as error:
        yield f"{name} does not parse: {error}"
    if left_over := MARKER.search(text):
        yield f"{name} has a marker left over: {left_over[0]}"


PARSERS = {".toml": tomllib.loads, ".json": json.loads, ".yaml": yaml.safe_load}


def faults_of_options(project, answers):
    """Yield the paths that are there against the table, or missing."""
    for (answer, value), paths in OPTIONS.items():
        for path in paths:
            wanted, there = answers[answer] == value, (project / path).exists()
            if wanted and not there:
                yield f"{path} is missing: {answer} is {value}."
            if there and not wanted:
                yield f"{path} is there, and {answer} is {answers[answer]}."


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
