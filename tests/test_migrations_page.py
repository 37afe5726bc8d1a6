"""The steps of docs/migrations.md work while the old code and the new code use one database."""

import re
import shutil
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import TREE, run

PAGE = TREE / "docs" / "migrations.md"

# Reads and changes every profile through the API, and creates one; argv: the number of the run.
SMOKE = """
import sys
import django
django.setup()
from django.core.management import call_command
from rest_framework.test import APIClient
from accounts.models import Profile, User

number = int(sys.argv[1])
if "migrate" in sys.argv:
    call_command("migrate", verbosity=0)
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
user = User.objects.create(username=f"user{number}", email=f"user{number}@example.com")
client = APIClient()
for profile in Profile.objects.select_related("owner").only("owner"):
    client.force_authenticate(profile.owner)
    path = f"/api/v1/profiles/{profile.pk}/"
    response = client.get(path, secure=True)
    assert response.json()["bio"] == f"run {number - 1}", response.content
    response = client.patch(path, {"bio": f"run {number}"}, format="json", secure=True)
    assert response.json()["bio"] == f"run {number}", response.content
client.force_authenticate(user)
body = {"username": f"user{number}", "email": f"user{number}@example.com", "bio": f"run {number}"}
response = client.post("/api/v1/profiles/", body, format="json", secure=True)
assert response.status_code == 201, response.content
"""


class Edit(NamedTuple):
    """A part of a file that a diff of the page replaces."""

    file: str
    old: str
    new: str


def parse_diff(text: str) -> list[Edit]:
    """Return the edits of a diff whose hunks have no line numbers."""
    edits, file = [], ""
    for part in re.split(r"^(?=--- a/|@@$)", text, flags=re.MULTILINE):
        if part.startswith("--- a/"):
            file = part.splitlines()[1].removeprefix("+++ b/")
        elif part.strip():
            lines = part.splitlines()[1:]
            old, new = ("".join(f"{line[1:]}\n" for line in lines if line[:1] != sign) for sign in "+-")
            edits.append(Edit(file, old, new))
    return edits


def find_edits(release: str) -> list[Edit]:
    return [edit for diff in re.findall(r"(?ms)^```diff\n(.*?)^```", release) for edit in parse_diff(diff)]


def parse_releases() -> list[str]:
    return re.split(r"^### Release \d+.*\n", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]


def apply_release(text: str, folder: Path) -> None:
    """Apply the diffs of a release to the code in *folder*, and write its migrations."""
    for edit in find_edits(text):
        path = folder / edit.file
        before = path.read_text(encoding="utf-8")
        assert before.count(edit.old) == 1, f"{edit.file} does not contain once:\n{edit.old}"
        path.write_text(before.replace(edit.old, edit.new), encoding="utf-8")
    for name, block in re.findall(r"(?ms)^`([\w/]+\.py)`:\n\n```python\n(.*?)^```", text):
        (folder / name).write_text(block, encoding="utf-8")


@pytest.fixture
def copy_code(project, tmp_path):
    """Return a function that copies the code of a project to a folder; the environment is the project's own."""
    run(["make", ".venv/ready"], project)

    def copy(source: Path, name: str) -> Path:
        ignored = shutil.ignore_patterns(".venv", "packages", "*.sqlite3", "__pycache__")
        return Path(shutil.copytree(source, tmp_path / name, ignore=ignored))

    return copy


@pytest.fixture
def database():
    """Run a PostgreSQL server for the test."""
    path = TREE / "packages" / "hardening" / "src" / "hardening" / "testing" / "postgres.py"
    spec = spec_from_file_location("postgres", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    with module.server() as url:
        yield url


@pytest.mark.deep
def test_the_old_and_the_new_code_work_after_every_migration_of_the_page(project, copy_code, database):
    python = str(project / ".venv" / "bin" / "python")
    settings = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": "."}

    def use(folder: Path, number: int, *arguments: str, url: str = database) -> None:
        run([python, "-c", SMOKE, str(number), *arguments], folder, TEST_DATABASE_URL=url, **settings)

    releases = parse_releases()
    current, number = copy_code(project, "code-0"), 0
    use(current, number, "migrate")
    for release in releases:
        old, current = current, copy_code(current, f"code-{number + 1}")
        apply_release(release, current)
        use(current, number + 1, "migrate")
        use(old, number + 2)
        number += 2

    assert len(releases) == 6
    lint = run([python, "manage.py", "lint_migrations"], current, **settings, TEST_DATABASE_URL=database)
    assert lint.stdout.startswith("11 migrations neither lock")
    use(current, 0, "migrate", url=f"sqlite:///{current}/db.sqlite3")


def test_every_release_of_the_page_is_complete():
    releases = parse_releases()
    numbers = re.findall(r"^### Release (\d+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert [int(number) for number in numbers] == [1, 2, 3, 4, 5, 6]
    assert all(re.search(r"^`accounts/migrations/\w+\.py`:\n\n```python\n", each, re.MULTILINE) for each in releases)
    assert [len(find_edits(release)) for release in releases] == [1, 2, 2, 2, 0, 1]
