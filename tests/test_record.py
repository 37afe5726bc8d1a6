"""Rendering records the template, its version and commit, and the answers in `.cruft.json`."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.conftest import GIT_IDENTITY, TEMPLATE, copy_template, run

ADDRESS = "https://ada:" + "secret@example.com/template.git"


def read(project: Path) -> dict:
    return json.loads((project / ".cruft.json").read_text(encoding="utf-8"))


def git(folder: Path, *arguments: str) -> str:
    return run(["git", *arguments], folder, **GIT_IDENTITY).stdout.strip()


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """Return a repository with one commit, the current working tree, and a remote."""
    folder = tmp_path_factory.mktemp("clones") / "template"
    folder.mkdir()
    copy_template(folder)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "remote", "add", "origin", "https://example.com/another.git")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Current state")
    return folder


def test_a_clone_is_recorded_with_its_path_commit_version_and_answers(clone, render):
    rendering = render(template=clone, project_name='Ädams "API"', ci="none")

    assert read(rendering.project) == {
        "template": str(clone),
        "commit": git(clone, "rev-parse", "HEAD"),
        "checkout": None,
        "context": {
            "cookiecutter": {
                "author_email": "ada@example.com",
                "author_name": "Ada Lovelace",
                "ci": "none",
                "description": "A REST API that leaves integrity to its database.",
                "django_version": "5.2 LTS",
                "examples": True,
                "project_name": 'Ädams "API"',
                "project_slug": "adams-api",
                "_template": str(clone),
                "_version": read_version(),
            }
        },
        "directory": None,
    }
    assert "uncommitted" not in rendering.output


def read_version() -> str:
    return json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))["_version"]


def test_a_relative_path_is_recorded_as_an_absolute_one(clone, config, tmp_path):
    command = [sys.executable, "-m", "cookiecutter", "template", "--no-input", "--config-file", str(config)]

    run([*command, "--output-dir", str(tmp_path)], clone.parent)

    assert read(tmp_path / "my-api")["template"] == str(clone)


def test_a_changed_clone_is_recorded_with_its_commit_and_a_warning(clone, render, tmp_path):
    copy = tmp_path / "changed"
    shutil.copytree(clone, copy)
    (copy / "LICENSE").write_text("changed")

    rendering = render(template=copy)

    assert read(rendering.project)["commit"] == git(clone, "rev-parse", "HEAD")
    assert "The template has uncommitted changes" in rendering.output


@pytest.mark.parametrize("relative", [False, True])
def test_an_archive_is_recorded_with_its_path_and_without_a_commit(clone, render, tmp_path, monkeypatch, relative):
    git(clone, "archive", "--prefix", "template/", "--output", str(tmp_path / "template.zip"), "HEAD")
    git(tmp_path, "init", "--quiet")  # not the template's repository
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PWD", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    record = read(render(template="template.zip" if relative else tmp_path / "template.zip").project)

    assert record["template"] == str(tmp_path / "template.zip")
    assert record["commit"] is None
    assert record["context"]["cookiecutter"]["_version"] == read_version()


def test_without_git_the_version_is_recorded(clone, render, tmp_path):
    rendering = render(template=clone, environment={"PATH": str(tmp_path)})

    assert rendering.status == 0, rendering.output
    assert read(rendering.project)["commit"] is None


def test_the_repository_of_a_git_hook_is_not_taken_for_the_templates(clone, render):
    rendering = render(template=clone, environment={"GIT_DIR": str(TEMPLATE / ".git")})

    assert read(rendering.project)["commit"] == git(clone, "rev-parse", "HEAD")


def test_cruft_writes_its_own_record_and_reads_ours(clone, render, config, tmp_path):
    cruft, options = [sys.executable, "-m", "cruft"], ["--no-input", "--config-file", str(config)]
    run([*cruft, "create", str(clone), *options, "--output-dir", str(tmp_path)], tmp_path)
    created, ours = read(tmp_path / "my-api"), render(template=clone).project

    assert created["context"]["cookiecutter"]["_version"] == read_version()
    assert created["commit"] == read(ours)["commit"]
    assert "up to date" in run([*cruft, "check"], ours).stdout


@pytest.mark.parametrize(
    ("given", "recorded"),
    [
        ("gh:owner/template", "gh:owner/template"),
        ("git@example.com:owner/template.git", "git@example.com:owner/template.git"),
        ("ssh://git@example.com/template.git", "ssh://git@example.com/template.git"),
        ("git+file:///srv/template", "git+file:///srv/template"),
        ("https://example.com/template.zip", "https://example.com/template.zip"),
        (ADDRESS, "https://example.com/template.git"),
        ("missing.zip", "missing.zip"),
        (".", "/srv/template"),
        ("C:\\template", "/srv/template"),
    ],
)
def test_an_address_is_recorded_as_given_without_its_password(given, recorded):
    probe = "import sys; from pathlib import Path; from update.record import find_address; "
    probe += "print(find_address(sys.argv[1], Path('/srv/template')))"

    assert run([sys.executable, "-c", probe, given], TEMPLATE).stdout.strip() == recorded


def test_make_check_tells_whether_the_library_was_edited(project, tmp_path):
    copy = tmp_path / "hardening"
    shutil.copytree(project / "packages" / "hardening", copy)
    (copy / "src" / "hardening" / "__pycache__").mkdir(exist_ok=True)
    (copy / "src" / "hardening" / "__pycache__" / "views.pyc").touch()
    (copy / "README.md").write_bytes((copy / "README.md").read_bytes().replace(b"\n", b"\r\n"))
    check = [sys.executable, str(copy / "checksum.py")]

    assert run(check, tmp_path).stdout == ""
    (copy / "src" / "hardening" / "views.py").touch()
    assert run(check, tmp_path).stdout == ""
    (copy / "src" / "hardening" / "ours.py").touch()
    assert "hardening was edited" in run(check, tmp_path).stdout
    assert "checksum.py" in run(["make", "--dry-run", "check"], project).stdout


def test_the_version_is_in_one_place_and_has_a_section_with_upgrade_notes():
    changes = (TEMPLATE / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", changes, flags=re.MULTILINE)

    [section] = [section for section in sections if section.startswith(f"{read_version()}\n")]
    assert "### Upgrade notes\n" in section
    assert "version =" not in (TEMPLATE / "pyproject.toml").read_text(encoding="utf-8")


def test_a_broken_configuration_of_git_does_not_stop_the_rendering(clone, render, tmp_path):
    (tmp_path / "broken").write_text("[")

    rendering = render(template=clone, environment={"GIT_CONFIG_GLOBAL": str(tmp_path / "broken")})

    assert rendering.status == 0, rendering.output
