"""Which version an update renders, with which answers, and the steps that it runs."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import GIT_IDENTITY, run
from tests.updates.small_template import FILES, STEP, SmallTemplate, commit, describe, git, read_record, replace, write

pytestmark = pytest.mark.deep


@pytest.mark.parametrize("name", ["v2.0.0", "commit"])
def test_version_names_a_tag_or_a_commit(template, project, name):
    replace(template.tree / "settings.py", "line 3\n", "second\n")
    second = template.release("v2.0.0")
    replace(template.tree / "settings.py", "second\n", "third\n")
    template.release()

    done = template.update(project, "--version", second if name == "commit" else name)

    assert done.returncode == 0, done.stderr
    assert read_record(project)["commit"] == second
    assert "second\n" in (project / "settings.py").read_text()


def test_an_unknown_version_is_an_error(template, project):
    before = describe(project)

    done = template.update(project, "--version", "v9")

    assert done.returncode == 1
    assert done.stderr == "update: The template has neither a tag nor a commit v9.\n"
    assert describe(project) == before


def add_question(template: SmallTemplate) -> None:
    template.configure(database=["sqlite", "postgresql"])
    write(template.tree, {"database.txt": "{{ cookiecutter.database }}\n"})
    template.release()


@pytest.mark.parametrize(
    ("arguments", "answer"), [([], "sqlite"), (["database=postgresql"], "postgresql")], ids=["default", "given"]
)
def test_a_new_question_is_answered_by_its_default_or_by_an_argument(template, project, arguments, answer):
    add_question(template)

    done = template.update(project, *arguments)

    assert done.returncode == 0, done.stderr
    assert ("New question database" in done.stdout) == (not arguments)
    assert (project / "database.txt").read_text() == f"{answer}\n"
    assert read_record(project)["context"]["cookiecutter"]["database"] == answer


def test_a_new_question_is_asked_at_a_terminal(template, project):
    add_question(template)
    leader, follower = pty.openpty()
    os.write(leader, b"2\n")

    done = subprocess.run(
        [sys.executable, "-m", "update", str(project)],
        cwd=template.folder,
        env={**os.environ, **GIT_IDENTITY},
        stdin=follower,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert (project / "database.txt").read_text() == "postgresql\n"


def test_an_answer_can_be_changed_and_an_unknown_question_is_an_error(template, project):
    assert template.update(project, "name=Other").returncode == 0
    assert (project / "README.md").read_text().startswith("# Other\n")

    done = template.update(project, "nmae=Other")

    assert done.returncode == 1
    assert "The template has no question 'nmae'" in done.stderr


def test_a_step_of_a_release_runs_once_on_the_teams_files_and_is_printed(template, project):
    write(template.folder, {"update/steps/v2_0_0_rename.py": STEP})
    template.release()
    write(project, {"ours.py": "old_name\n"})
    replace(project / "settings.py", "line 15\n", "old_name\n")
    commit(project)

    done = template.update(project)

    assert "v2_0_0_rename.py:\n  ours.py: renamed\n  settings.py: renamed\n" in done.stdout
    assert (project / "ours.py").read_text() == "new_name\n"
    assert "new_name\n" in (project / "settings.py").read_text()
    replace(project / "ours.py", "new_name\n", "old_name\n")
    commit(project)
    replace(template.tree / "settings.py", "line 3\n", "the template's\n")
    template.release()
    assert "v2_0_0_rename.py" not in template.update(project).stdout
    assert (project / "ours.py").read_text() == "old_name\n"


def test_a_step_that_fails_changes_nothing(template, project):
    write(template.folder, {"update/steps/v2_0_0_rename.py": "raise SystemExit('It failed.')"})
    template.release()
    before = describe(project)

    done = template.update(project)

    assert done.returncode == 1
    assert "v2_0_0_rename.py failed; nothing was changed.\nIt failed." in done.stderr
    assert describe(project) == before


def render_archive(template: SmallTemplate, folder: Path) -> Path:
    archive = str(folder / "template.zip")
    git(template.folder, "archive", "--prefix", "template/", "--output", archive, "HEAD")
    return template.render(folder, archive)


def render_with_cruft(template: SmallTemplate, folder: Path) -> Path:
    options = ["--no-input", "--config-file", str(template.config), "--output-dir", str(folder)]
    run([sys.executable, "-m", "cruft", "create", str(template.folder), *options], folder)
    return template.commit_project(folder / "demo")


@pytest.mark.parametrize("render", [render_archive, render_with_cruft])
def test_a_project_from_an_archive_or_of_cruft_is_updated(template, tmp_path, render):
    git(template.folder, "tag", "v1.0.0")
    project = render(template, tmp_path)
    replace(template.tree / "settings.py", "line 3\n", "the template's\n")
    head = template.release()
    replace(project / "settings.py", "line 15\n", "the team's\n")
    commit(project)

    done = template.update(project, "--template", "https://example.com/template.git")

    assert done.returncode == 0, done.stderr
    assert (project / "settings.py").read_text().splitlines()[2:15:12] == ["the template's", "the team's"]
    assert [read_record(project)[key] for key in ("template", "commit")] == ["https://example.com/template.git", head]


def test_adopting_replaces_the_record_of_cruft_and_reports_how_well_it_fits(template, tmp_path):
    project = render_with_cruft(template, tmp_path)
    (project / "views.py").write_text("the team's\n")
    command = [sys.executable, "-m", "update.adopt", str(project)]

    adopted = run(command, template.folder).stdout
    wrong = run([*command, "name=Other"], template.folder).stdout

    total = len(FILES) + 2  # and the two that the hook writes
    assert f"Of the {total} files that 1.0.0" in adopted
    assert f"{total - 2} are unchanged" in adopted  # views.py, and cruft's record
    assert f"{total - 3} are unchanged" in wrong
    assert read_record(project)["context"]["cookiecutter"]["name"] == "Other"
    assert read_record(project)["commit"] == git(template.folder, "rev-parse", "HEAD")
    commit(project)
    assert "up to date" in template.update(project).stdout


def test_adopting_without_a_commit_is_an_error_if_none_is_recorded(template, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "update.adopt", str(tmp_path)],
        cwd=template.folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == "adopt: Name the commit of the template that rendered the project: COMMIT=…\n"


def test_without_a_commit_and_without_the_tag_the_error_names_what_to_do(template, project):
    (project / ".cruft.json").write_text(json.dumps(read_record(project) | {"commit": None}))
    commit(project)

    done = template.update(project)

    assert done.returncode == 1
    assert "The template has no v1.0.0 or 1.0.0" in done.stderr
    assert "make adopt" in done.stderr
