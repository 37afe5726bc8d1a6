"""Remove the files of options that were not chosen, write `.env` and the record, and validate the rendered files.

The hook uses only the standard library and PyYAML, which cookiecutter requires. It needs neither a network nor an
installation. It prints each error to standard error and exits with 1, so that cookiecutter removes the project.
"""

import json
import os
import re
import runpy
import secrets
import shutil
import sys
import tomllib
from pathlib import Path

import yaml

# Cookiecutter renders this to JSON. A raw string, so that the unrendered file is valid Python, too.
ANSWERS = r"""{{ cookiecutter | tojson }}"""

# The template's folder, in which cookiecutter renders and then runs a copy of this file. `_repo_dir` may be relative,
# and cruft does not set it; Jinja itself has no name for the working directory.
TEMPLATE = r"""{{ lipsum.__globals__.os.getcwd() }}"""

# (question, answer): the files that exist only with this answer. They are listed one by one, because with -f a folder
# may also contain the user's own files.
OPTIONS = {
    ("ci", "github"): (
        ".github/dependabot.yml",
        ".github/workflows/checks.yml",
        ".github/workflows/hardening.yml",
        ".github/workflows/update.yml",
    ),
    ("ci", "gitlab"): (".gitlab-ci.yml", "renovate.json"),
    ("examples", True): """
purchases/__init__.py purchases/apps.py purchases/contract.json purchases/management/__init__.py
purchases/management/commands/__init__.py
purchases/management/commands/remove_examples.py
purchases/migrations/0001_initial.py purchases/migrations/__init__.py
purchases/models.py purchases/schema.json purchases/serializers.py purchases/urls.py purchases/views.py
tests/purchases/__init__.py tests/purchases/completions.py tests/purchases/conftest.py tests/purchases/factories.py
tests/purchases/guards.py
tests/purchases/test_closing.py tests/purchases/test_contacts.py tests/purchases/test_locations.py
tests/purchases/test_purchases.py tests/purchases/test_search.py tests/purchases/test_statements.py
""".split(),
}

# Printed at the end: cookiecutter ignores a misspelt question and uses the default.
CHOICES = ("django_version", "ci", "examples")
YES_NO = {True: "yes", False: "no"}

# The files that contain Jinja, so that rendering can break them. Cookiecutter copies all others byte for byte; tests of
# the template compare this list and validate the other files.
RENDERED = (".devcontainer/devcontainer.json", ".env.example", "README.md", "compose.yaml", "pyproject.toml")

# Files that tools create in the template's own tree. All can be created again, so that -f loses nothing.
LEFTOVERS = (
    "__pycache__",
    ".coverage",
    ".hypothesis",
    ".import_linter_cache",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "packages/hardening/dist",
    "packages/hardening/src/*.egg-info",
)

# Folders of an existing project (rendered with -f) that the template does not write to.
NOT_RENDERED = {".git", ".uv", ".venv", "static"}

# Unrendered Jinja. The pattern itself does not contain any, because this file is rendered, too.
MARKER = re.compile(r"\{(?:\{|%)-?[^}]*\bcookiecutter\b")


def remove_leftovers(project):
    """Remove the files that tools created in the template's tree."""
    for path in [path for path in walk(project) if is_leftover(path)]:
        remove(path)


def is_leftover(path):
    """Return whether a tool created *path*."""
    return any(path.match(pattern) for pattern in LEFTOVERS)


def walk(folder):
    """Yield the paths below *folder* that the template may have written."""
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            continue  # the template has no links: with -f, it is the user's and may lead out of the project
        yield path
        if path.is_dir() and path.name not in NOT_RENDERED and not is_leftover(path):
            yield from walk(path)


def remove_options(project, answers):
    """Remove the files of options that were not chosen."""
    for (question, answer), paths in OPTIONS.items():
        if answers[question] != answer:
            for path in paths:
                remove(project / path)
                remove_empty(project, (project / path).parent)


def remove(path):
    """Remove a file or a folder; raise `FileNotFoundError` if a table names a path that does not exist."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def remove_empty(project, folder):
    """Remove *folder* and its parents as long as they are empty."""
    while folder != project and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def write_env(project):
    """Write `.env` for development, with random secrets and readable only by its owner."""
    if os.path.lexists(project / ".env"):  # also true for a dangling link
        return
    values = {"SECRET_KEY": secrets.token_urlsafe(50), "POSTGRES_PASSWORD": secrets.token_urlsafe(24), "DEBUG": "true"}
    text = (project / ".env.example").read_text(encoding="utf-8")
    for name, value in values.items():
        text = re.sub(rf"^{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
    descriptor = os.open(project / ".env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def write_records(project, answers):
    """Write `.cruft.json` and the digest of `packages/hardening`; return notes for the user."""
    runpy.run_path(str(project / "packages" / "hardening" / "checksum.py"))["record"]()
    record_rendering = runpy.run_path(str(Path(TEMPLATE, "update", "record.py")))["record_rendering"]
    return record_rendering(project, Path(TEMPLATE), answers)


def find_errors(project, answers):
    """Yield a sentence for each error in the rendered project."""
    for name in RENDERED:
        yield from find_file_errors(project / name, name)
    yield from find_option_errors(project, answers)


def find_file_errors(path, name):
    """Yield the errors of one rendered file."""
    if not path.is_file():
        yield f"{name} is missing."
        return
    text = path.read_text(encoding="utf-8")
    try:
        PARSERS.get(path.suffix, len)(text)
    except (ValueError, yaml.YAMLError) as error:
        yield f"{name} does not parse: {error}"
    if jinja := MARKER.search(text):
        yield f"{name} contains Jinja that was not rendered: {jinja[0]}"


PARSERS = {".toml": tomllib.loads, ".json": json.loads, ".yaml": yaml.safe_load}


def find_option_errors(project, answers):
    """Yield an error for each path of an option that is missing, or that exists without its option."""
    for (question, answer), paths in OPTIONS.items():
        for path in paths:
            chosen, exists = answers[question] == answer, (project / path).exists()
            if chosen and not exists:
                yield f"{path} is missing, but {question} is {answer}."
            if exists and not chosen:
                yield f"{path} exists, but {question} is {answers[question]}."


def main():
    """Finish the project in the working directory; return the exit status."""
    project, answers = Path.cwd(), json.loads(ANSWERS)
    remove_leftovers(project)
    remove_options(project, answers)
    errors = list(find_errors(project, answers))
    for error in errors:
        print(error, file=sys.stderr)
    if errors:
        return 1
    write_env(project)
    for note in write_records(project, answers):
        print(note, file=sys.stderr)
    choices = ", ".join(f"{name} {YES_NO.get(answers[name], answers[name])}" for name in CHOICES)
    print(f"\nRendered version {answers['_version']} with {choices}.\nNext:  cd {project.name} && make run")
    print("Before every commit:  make check")
    return 0


if __name__ == "__main__":
    sys.exit(main())
