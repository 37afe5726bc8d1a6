"""The paths that each option keeps."""

import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import TEMPLATE, TREE, copy_template, list_files, load_hook

CI = {"github": [".github"], "gitlab": [".gitlab-ci.yml", "renovate.json"]}


@pytest.mark.parametrize("ci", ["github", "gitlab", "none"])
def test_only_the_files_of_the_chosen_ci_exist(render, ci):
    project = render(ci=ci).project

    paths = {path for options in CI.values() for path in options if (project / path).exists()}
    assert paths == set(CI.get(ci, ()))


@pytest.mark.parametrize("answer", ["no", "n", "false", "0", "off"])
def test_without_the_examples_no_file_mentions_purchases(render, answer):
    project = render(examples=answer).project

    texts = {path: path.read_text(encoding="utf-8") for path in project.rglob("*") if path.is_file()}
    assert [path for path, text in texts.items() if "purchases" in text or "purchases" in path.parts] == []


def test_with_the_examples_the_app_and_its_tests_exist(project):
    assert (project / "purchases" / "models.py").exists()
    assert (project / "tests" / "purchases" / "test_purchases.py").exists()


@pytest.mark.parametrize(
    ("version", "django", "python"), [("5.2 LTS", ">=5.2.19,<5.3", ">=3.11"), ("6.1", ">=6.1.3,<6.2", ">=3.12")]
)
def test_the_django_version_determines_the_python_version(render, version, django, python):
    project = render(django_version=version).project

    project_table = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    assert f"django{django}" in project_table["dependencies"]
    assert project_table["requires-python"] == python


def test_env_is_readable_only_by_its_owner_and_has_a_random_key(render):
    files = [render().project / ".env" for _ in range(2)]

    keys = [next(line for line in file.read_text().splitlines() if line.startswith("SECRET_KEY=")) for file in files]
    assert len(set(keys)) == 2
    assert all(len(key) > 60 for key in keys)
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * 2


def test_rendering_prints_the_choices_and_the_next_commands(render):
    rendering = render(project_slug="next")

    assert "Rendered version 1.0.0 with django_version 5.2 LTS, ci github, examples yes." in rendering.output
    assert "make run" in rendering.output
    assert "make check" in rendering.output


def test_the_same_answers_render_the_same_bytes_except_for_env(render):
    one, two = (render().project for _ in range(2))

    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(two) for path in two.rglob("*") if path.is_file())
    assert [str(name) for name in files if (one / name).read_bytes() != (two / name).read_bytes()] == [".env"]


@pytest.mark.parametrize("folder", [".github", "purchases", "tests/purchases"])
def test_an_option_lists_every_file_of_its_folders(folder):
    listed = {path for paths in load_hook("post_gen_project").OPTIONS.values() for path in paths}
    shipped = {path.relative_to(TREE).as_posix() for path in list_files() if path.is_relative_to(TREE / folder)}

    assert shipped
    assert {path for path in listed if Path(path).is_relative_to(folder)} == shipped


def render_again(config: Path, folder: Path, **answers: str) -> subprocess.CompletedProcess[str]:
    """Render with -f into the folder of an existing project."""
    command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", "-f", "--config-file", str(config)]
    arguments = [f"{name}={value}" for name, value in answers.items()]
    return subprocess.run(
        [*command, "--output-dir", str(folder), *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture
def own_project(render) -> Path:
    return render().project


def test_rendering_again_keeps_files_that_the_template_does_not_have(own_project, config):
    names = (".github/workflows/ours.yml", "purchases/reports.py", "tests/purchases/ours.py", "dist/ours.js", "a.yml")
    own = [own_project / name for name in names]
    for path in own:
        path.parent.mkdir(exist_ok=True)
        path.write_text("# ours\n")
    own[-1].write_text("not: [YAML\n")  # which the hook does not judge

    done = render_again(config, own_project.parent, ci="none", examples="no")

    assert done.returncode == 0, done.stderr
    assert [path.read_text() for path in own] == ["# ours\n"] * 4 + ["not: [YAML\n"]
    assert sorted(path.name for path in (own_project / ".github").rglob("*") if path.is_file()) == ["ours.yml"]


@pytest.mark.parametrize("name", [".github", "purchases", "tests", "docs/errors.md", ".env", "README.md"])
@pytest.mark.parametrize("dangling", [False, True])
def test_a_link_out_of_the_project_is_rejected_and_its_target_is_not_changed(
    own_project, config, tmp_path, name, dangling
):
    path, outside = own_project / name, tmp_path / "outside"
    path.rename(outside)
    path.symlink_to(tmp_path / "nowhere" if dangling else outside)
    before = {file: file.read_bytes() for file in (outside, *outside.rglob("*")) if file.is_file()}

    done = render_again(config, own_project.parent, ci="none", examples="no")

    assert done.returncode != 0
    assert f"{name} is a symbolic link out of the project, or to a missing path; nothing was rendered." in done.stderr
    assert {file: file.read_bytes() for file in before} == before
    assert not (tmp_path / "nowhere").exists()
    assert os.path.lexists(path)


def test_files_that_tools_left_in_the_template_are_not_in_a_project(render, tmp_path):
    copy_template(tmp_path)
    package = tmp_path / TREE.name / "packages" / "hardening"
    left = ["dist/a.whl", "src/hardening.egg-info/PKG-INFO", "src/hardening/__pycache__/a.pyc", ".pytest_cache/a"]
    for name in left:
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).touch()

    rendering = render(template=tmp_path)

    assert rendering.status == 0, rendering.output
    assert [name for name in left if (rendering.project / "packages" / "hardening" / name).parent.exists()] == []
