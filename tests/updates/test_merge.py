"""An update merges the changes of the template and of the team on a branch, and loses nothing."""

import sys
from pathlib import Path

import pytest

from tests.conftest import run
from tests.updates.small_template import LINES, commit, describe, git, read_record, replace, write


def test_changes_of_both_sides_are_merged_on_a_branch_and_the_record_moves(template, project):
    replace(template.tree / "settings.py", "line 3\n", "the template's\n")
    write(template.tree, {"new.py": "new\n"})
    (template.tree / "views.py").unlink()
    head = template.release()
    replace(project / "settings.py", "line 15\n", "the team's\n")
    write(project, {"ours.py": "ours\n"})
    before = commit(project)
    write(project, {"uv.lock": "untracked\n"})

    done = template.update(project)

    assert done.returncode == 0, done.stderr
    text = (project / "settings.py").read_text()
    assert text == LINES.replace("line 3\n", "the template's\n").replace("line 15\n", "the team's\n")
    assert (project / "new.py").exists()
    assert not (project / "views.py").exists()
    assert (project / "ours.py").read_text() == "ours\n"
    assert read_record(project)["commit"] == head
    assert git(project, "branch", "--show-current") == "template-update"
    assert git(project, "rev-parse", "main") == before
    assert git(project, "status", "--porcelain") == "?? uv.lock"
    assert "The project is up to date." in template.update(project).stdout


def test_one_conflicting_line_leaves_one_marker_and_the_update_is_finished_after_it_is_resolved(template, project):
    replace(template.tree / "settings.py", "line 3\n", "the template's\n")
    head = template.release()
    replace(project / "settings.py", "line 3\n", "the team's\n")
    commit(project)

    first, second = template.update(project), template.update(project)

    text = (project / "settings.py").read_text()
    assert [first.returncode, second.returncode] == [1, 1]
    assert "settings.py" in first.stdout
    assert [text.count(marker) for marker in ("<<<<<<< ", "=======\n", ">>>>>>> ")] == [1, 1, 1]
    assert "the template's\n" in text
    assert "the team's\n" in text
    assert "UU settings.py" in git(project, "status", "--porcelain")

    (project / "settings.py").write_text(LINES.replace("line 3\n", "both\n"))
    third = template.update(project)

    assert third.returncode == 0, third.stderr
    assert git(project, "show", "HEAD:settings.py").splitlines()[2] == "both"
    assert read_record(project)["commit"] == head
    assert git(project, "status", "--porcelain") == ""


def test_a_marker_that_was_added_by_mistake_is_not_committed(template, project):
    replace(template.tree / "settings.py", "line 3\n", "the template's\n")
    template.release()
    replace(project / "settings.py", "line 3\n", "the team's\n")
    before = commit(project)
    template.update(project)
    git(project, "add", "settings.py")

    done = template.update(project)

    assert done.returncode == 1
    assert "settings.py" in done.stdout
    assert git(project, "rev-parse", "HEAD") == before


def test_a_file_that_one_side_changed_and_the_template_deleted_is_the_teams_decision(template, project):
    (template.tree / "views.py").unlink()
    template.release()
    replace(project / "views.py", "line 3\n", "the team's\n")
    commit(project)

    done = template.update(project)

    assert done.returncode == 1
    assert "the team's\n" in (project / "views.py").read_text()
    assert "views.py" in template.update(project).stdout
    git(project, "rm", "--quiet", "views.py")
    assert template.update(project).returncode == 0
    assert not (project / "views.py").exists()


def test_deleted_files_and_folders_stay_deleted(template, project):
    replace(template.tree / "views.py", "line 3\n", "the template's\n")
    replace(template.tree / "example/models.py", "line 3\n", "the template's\n")
    write(template.tree, {"example/urls.py": "new\n"})
    template.release()
    git(project, "rm", "--quiet", "-r", "views.py", "example")
    commit(project)

    done = template.update(project)

    assert done.returncode == 0, done.stderr
    assert not (project / "views.py").exists()
    assert not (project / "example").exists()
    assert "Not added, because its folder was deleted: example/urls.py" in done.stdout


def test_a_file_of_the_template_that_the_team_keeps_outside_of_git_is_not_changed(template, project):
    replace(template.tree / "views.py", "line 3\n", "the template's\n")
    template.release()
    git(project, "rm", "--quiet", "--cached", "views.py")
    write(project, {"views.py": "mine\n", ".gitignore": "views.py\n"})
    git(project, "add", ".gitignore")
    git(project, "commit", "--quiet", "--message", "Keep our own views")

    done = template.update(project)

    assert done.returncode == 0, done.stderr
    assert (project / "views.py").read_text() == "mine\n"


def test_a_package_with_modules_of_the_team_stays_a_package(template, project):
    git(
        template.folder,
        "rm",
        "--quiet",
        "-r",
        "{{cookiecutter.project_slug}}/example",
        "{{cookiecutter.project_slug}}/plugins",
    )
    template.release()
    write(project, {"plugins/ours.py": "ours\n"})
    commit(project)

    done = template.update(project)

    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (project / "plugins").iterdir()) == ["__init__.py", "ours.py"]
    assert not (project / "example").exists()


def test_a_renamed_file_gets_the_templates_changes(template, project):
    replace(template.tree / "views.py", "line 3\n", "the template's\n")
    template.release()
    git(project, "mv", "views.py", "pages.py")
    commit(project)

    assert template.update(project).returncode == 0
    assert "the template's\n" in (project / "pages.py").read_text()
    assert not (project / "views.py").exists()


def change_tracked(project: Path) -> None:
    replace(project / "settings.py", "line 3\n", "the team's\n")


def stage(project: Path) -> None:
    write(project, {"ours.py": "ours\n"})
    git(project, "add", "ours.py")


def occupy(project: Path) -> None:
    write(project, {"new.py": "untracked\n"})


def occupy_and_ignore(project: Path) -> None:
    write(project, {"new.py": "untracked\n", ".git/info/exclude": "new.py\n"})


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (change_tracked, "Commit or stash your changes first"),
        (stage, "Commit or stash your changes first"),
        (occupy, "The update adds files that exist, but not in git. Move them away:\nnew.py"),
        (occupy_and_ignore, "The update adds files that exist, but not in git. Move them away:\nnew.py"),
    ],
)
def test_work_that_is_not_committed_is_not_touched(template, project, prepare, message):
    write(template.tree, {"new.py": "new\n"})
    replace(template.tree / "settings.py", "line 9\n", "the template's\n")
    template.release()
    prepare(project)
    before = describe(project)

    done = template.update(project)

    assert done.returncode == 1
    assert message in done.stderr
    assert describe(project) == before


def test_a_branch_of_an_update_that_was_not_merged_is_not_lost(template, project):
    replace(template.tree / "settings.py", "line 3\n", "first\n")
    template.release()
    assert template.update(project).returncode == 0
    git(project, "switch", "--quiet", "main")
    before = describe(project)

    done = template.update(project)

    assert done.returncode == 1
    assert "git branch -D template-update" in done.stderr
    assert describe(project) == before
    git(project, "merge", "--quiet", "template-update")
    replace(template.tree / "settings.py", "first\n", "second\n")
    template.release()
    assert template.update(project).returncode == 0
    assert "second\n" in (project / "settings.py").read_text()


def test_three_later_states_are_merged_one_after_the_other(template, project):
    replace(project / "settings.py", "line 18\n", "the team's\n")
    commit(project)

    for number in (3, 6, 9):
        replace(template.tree / "settings.py", f"line {number}\n", f"state {number}\n")
        head = template.release()
        assert template.update(project).returncode == 0
        assert read_record(project)["commit"] == head

    text = (project / "settings.py").read_text()
    assert [line for line in text.splitlines() if not line.startswith("line")] == [
        *("state 3", "state 6", "state 9", "the team's")
    ]


def test_an_unedited_library_is_replaced_even_if_the_recorded_commit_renders_another_one(template, tmp_path):
    replace(template.tree / "packages/hardening/core.py", "line 3\n", "not committed\n")
    project = template.render(tmp_path)  # recorded with the commit before this change
    replace(template.tree / "packages/hardening/core.py", "not committed\n", "released\n")
    template.release()

    done = template.update(project)

    assert done.returncode == 0, done.stdout
    assert "edited" not in done.stdout
    assert (project / "packages/hardening/core.py").read_text() == LINES.replace("line 3\n", "released\n")
    assert run([sys.executable, "packages/hardening/checksum.py"], project).stdout == ""


def test_an_edited_library_is_merged_and_reported(template, project):
    replace(template.tree / "packages/hardening/core.py", "line 3\n", "released\n")
    template.release()
    replace(project / "packages/hardening/core.py", "line 15\n", "the team's\n")
    commit(project)

    done = template.update(project)

    assert "packages/hardening was edited" in done.stdout
    text = (project / "packages/hardening/core.py").read_text()
    assert "released\n" in text
    assert "the team's\n" in text
    assert "was edited" in run([sys.executable, "packages/hardening/checksum.py"], project).stdout


def test_a_project_in_a_folder_of_a_repository_is_updated_there(template, tmp_path):
    (tmp_path / "services").mkdir()
    project = template.render(tmp_path / "services")
    (project / ".git").rename(tmp_path / "services" / ".git")
    write(tmp_path / "services", {"settings.py": "not the project's\n"})
    commit(tmp_path / "services")
    replace(template.tree / "settings.py", "line 3\n", "the template's\n")
    template.release()

    done = template.update(project)

    assert done.returncode == 0, done.stderr
    assert "the template's\n" in (project / "settings.py").read_text()
    assert (tmp_path / "services" / "settings.py").read_text() == "not the project's\n"
    assert git(project, "status", "--porcelain") == ""
