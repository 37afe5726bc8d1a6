"""A project of commit 9dfd671, which a team has edited in twenty places, is updated over the redesign and beyond."""

import json
import re
import sys
import tarfile
from pathlib import Path

import pytest

from tests.conftest import GIT_IDENTITY, TREE, copy_template, run
from tests.test_documents import steps
from tests.updates.small_template import commit, git, read_record, replace, write

FIXTURES = Path(__file__).parent / "fixtures"
PATCH = FIXTURES / "edits.patch"
ADDED = re.findall(r"^\+\+\+ b/(.*)\n((?:(?!diff ).*\n)*)", PATCH.read_text(encoding="utf-8"), re.MULTILINE)

# The default answers, with which the archive was rendered.
QUESTIONS = {
    "project_name": "My API",
    "project_slug": "my-api",
    "description": "A REST API that leaves integrity to its database.",
    "author_name": "Ada Lovelace",
    "author_email": "ada@example.com",
    "django_version": ["5.2 LTS", "6.1"],
    "ci": ["github", "gitlab", "none"],
    "examples": True,
}

# {a line of the team: the line after the update}
REWRITTEN = {
    "import hardening.strictness": "import hardening.json_types",
    "from hardening import events": "from hardening.operations import security_events as events",
    "from hardening.mail import send_later": "from hardening.operations.email import send_later",
    "TYPES = hardening.strictness": "TYPES = hardening.json_types",
    "from tests.client import Client": "from hardening.testing.client import Client",
    '    monkeypatch.setattr("hardening.mail._sender.submit", lambda send, message: send(message))': (
        '    monkeypatch.setattr("hardening.operations.email._sender.submit", lambda send, message: send(message))'
    ),
}

# What the release asks the team to write, because nothing can derive it.
FACTORY = """import factory
from factory.django import DjangoModelFactory

from notes.models import Note
from tests.accounts.factories import UserFactory


class NoteFactory(DjangoModelFactory):
    class Meta:
        model = Note
        skip_postgeneration_save = True

    owner = factory.SubFactory(UserFactory)
    title = factory.Sequence(lambda number: f"Note {number}")
"""


def extract(folder: Path) -> None:
    with tarfile.open(FIXTURES / "project-9dfd671.tar.xz") as archive:
        archive.extractall(folder, filter="data")


@pytest.fixture
def template(tmp_path) -> Path:
    """Return a repository whose first commit renders what 9dfd671 does, and whose last one is this working tree."""
    folder = tmp_path / "template"
    extract(folder / TREE.name)
    write(folder, {"cookiecutter.json": json.dumps({**QUESTIONS, "_copy_without_render": ["*"]})})
    git(tmp_path, "init", "--quiet", "--initial-branch", "main", str(folder))
    commit(folder, "9dfd671")
    git(folder, "rm", "--quiet", "-r", ".")
    copy_template(folder)
    commit(folder, "Current state")
    return folder


@pytest.fixture
def edited(tmp_path) -> Path:
    """Return the project with the edits, and with an app of the team as that edition's page describes it."""
    folder = tmp_path / "my-api"
    extract(folder)
    git(tmp_path, "init", "--quiet", "--initial-branch", "main", str(folder))
    commit(folder, "Render")
    git(folder, "apply", str(PATCH))
    page = (folder / "docs" / "resources.md").read_text(encoding="utf-8")
    write(folder, {step.name: step.text for step in steps(page) if step.name and "test_statements" not in step.name})
    write(folder, {f"{package}/__init__.py": "" for package in ("notes", "notes/migrations", "tests/notes")})
    commit(folder, "Our edits")
    write(folder, {".env": "SECRET_KEY=" + "0a1b2c3d4e" * 6 + "\nDEBUG=true\n"})
    return folder


def list_missing_lines(project: Path) -> list[str]:
    """Return the team's lines that are not in their files any more."""
    missing = []
    for name, hunks in ADDED:
        lines = (project / name).read_text(encoding="utf-8").splitlines()
        added = [line[1:] for line in hunks.splitlines() if line.startswith("+")]
        missing += [line for line in (REWRITTEN.get(line, line) for line in added) if line not in lines]
    return missing


def list_differences(project: Path, rendered: Path) -> list[str]:
    """Return the files, of those that nobody edited, that differ from a new rendering.

    The OpenAPI documents follow from a setting of the team.
    """
    edited = {name for name, _hunks in ADDED} | {".cruft.json", ".env", "accounts/schema.json", "purchases/schema.json"}
    names = {path.relative_to(rendered).as_posix() for path in rendered.rglob("*") if path.is_file()} - edited
    return [name for name in sorted(names) if read(project / name) != read(rendered / name)]


def read(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def update(template: Path, project: Path, module: str, *arguments: str) -> str:
    return run([sys.executable, "-m", module, str(project), *arguments], template, **GIT_IDENTITY).stdout


@pytest.mark.deep
@pytest.mark.long
def test_an_edited_project_of_9dfd671_is_updated_to_this_state_and_to_three_later_ones(template, edited, render):
    first = git(template, "rev-list", "--max-parents=0", "HEAD")

    adopted = update(template, edited, "update.adopt", "--commit", first)
    commit(edited, "Adopt")
    updated = update(template, edited, "update")

    assert "examples: True" in adopted
    assert "notes/" not in updated.replace("tests/notes/tables.py", "")  # its imports are still right
    assert read_record(edited)["commit"] == git(template, "rev-parse", "HEAD")
    assert list_missing_lines(edited) == []
    assert list_differences(edited, render(template=template).project) == []
    assert not (edited / "hardening").exists()
    write(edited, {"tests/notes/factories.py": FACTORY})
    (edited / "tests" / "notes" / "tables.py").unlink()
    run(["make", "format", "migrations", "schema", "contract", "check"], edited)
    tested = run(["make", "test"], edited)
    assert tested.stdout.count(" passed") == 2
    assert not re.search(r"\d+ (failed|skipped)", tested.stdout)
    assert list_missing_lines(edited) == []
    commit(edited, "Follow the release")

    for number in (1, 2, 3):
        replace(template / TREE.name / "docs" / "security.md", "# Security\n", f"# Security\n\nState {number}.\n")
        write(
            template / TREE.name, {f"docs/state{number}.md": f"# {number}\n", "packages/hardening/STATE": f"{number}\n"}
        )
        (template / TREE.name / "docs" / f"state{number - 1}.md").unlink(missing_ok=True)
        head = commit(template, f"State {number}")
        run(["make", "update"], edited, **GIT_IDENTITY)
        assert read_record(edited)["commit"] == head
        assert list_missing_lines(edited) == []
        assert list_differences(edited, render(template=template).project) == []
        assert not (edited / "docs" / f"state{number - 1}.md").exists()
    run(["make", "test-fast"], edited)
