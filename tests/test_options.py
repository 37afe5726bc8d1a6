"""Which paths an option keeps."""

import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import TEMPLATE, TREE, hook, tracked

CI = {"github": [".github"], "gitlab": [".gitlab-ci.yml", "renovate.json"]}


@pytest.mark.parametrize("ci", ["github", "gitlab", "none"])
def test_only_the_chosen_ci_is_there(render, ci):
    project = render(ci=ci).project

    paths = {path for each in CI.values() for path in each if (project / path).exists()}
    assert paths == set(CI.get(ci, ()))


@pytest.mark.parametrize("answer", ["no", "n", "false", "0", "off"])
def test_without_the_examples_nothing_names_them(render, answer):
    project = render(examples=answer).project

    texts = {path: path.read_text(encoding="utf-8") for path in project.rglob("*") if path.is_file()}
    assert [path for path, text in texts.items() if "purchases" in text or "purchases" in path.parts] == []


def test_with_the_examples_they_are_there_with_their_tests(project):
    assert (project / "purchases" / "models.py").exists()
    assert (project / "tests" / "purchases" / "test_purchases.py").exists()


@pytest.mark.parametrize(
    ("version", "django", "python"), [("5.2 LTS", ">=5.2.19,<5.3", ">=3.11"), ("6.1", ">=6.1.3,<6.2", ">=3.12")]
)
def test_the_django_version_decides_on_the_python(render, version, django, python):
    project = render(django_version=version).project

    about = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    assert f"django{django}" in about["dependencies"]
    assert about["requires-python"] == python


def test_the_environment_is_private_and_has_a_key_of_its_own(render):
    files = [render().project / ".env" for _ in range(2)]

    keys = [next(line for line in file.read_text().splitlines() if line.startswith("SECRET_KEY=")) for file in files]
    assert len(set(keys)) == 2
    assert all(len(key) > 60 for key in keys)
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * 2


def test_rendering_ends_with_the_next_command(render):
    rendering = render(project_slug="next")

    assert "Rendered with django_version 5.2 LTS, ci github, examples yes." in rendering.said
    assert "make run" in rendering.said
    assert "make check" in rendering.said


def test_the_same_answers_render_the_same_bytes_but_for_the_key(render):
    one, two = (render().project for _ in range(2))

    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(two) for path in two.rglob("*") if path.is_file())
    assert [str(name) for name in files if (one / name).read_bytes() != (two / name).read_bytes()] == [".env"]


@pytest.mark.parametrize("folder", [".github", "purchases", "tests/purchases"])
def test_an_option_names_every_file_of_its_folders(folder):
    listed = {path for paths in hook("post_gen_project").OPTIONS.values() for path in paths}
    shipped = {path.relative_to(TREE).as_posix() for path in tracked() if path.is_relative_to(TREE / folder)}

    assert shipped
    assert {path for path in listed if Path(path).is_relative_to(folder)} == shipped


def render_again(config: Path, folder: Path, **answers: str) -> subprocess.CompletedProcess[str]:
    """Render over the project in *folder* with -f."""
    command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", "-f", "--config-file", str(config)]
    given = [f"{name}={value}" for name, value in answers.items()]
    return subprocess.run([*command, "--output-dir", str(folder), *given], capture_output=True, text=True, check=False)


@pytest.fixture
def rendered(render) -> Path:
    return render().project


def test_rendering_again_keeps_files_that_the_template_does_not_have(rendered, config):
    own = [
        rendered / name for name in (".github/workflows/ours.yml", "purchases/reports.py", "tests/purchases/ours.py")
    ]
    for path in own:
        path.write_text("# ours\n")

    done = render_again(config, rendered.parent, ci="none", examples="no")

    assert done.returncode == 0, done.stderr
    assert [path.read_text() for path in own] == ["# ours\n"] * 3
    assert sorted(path.name for path in (rendered / ".github").rglob("*") if path.is_file()) == ["ours.yml"]


@pytest.mark.parametrize("name", [".github", "purchases", "tests", "docs/errors.md", ".env", "README.md"])
@pytest.mark.parametrize("dangling", [False, True])
def test_a_link_out_of_the_project_is_refused_and_what_it_leads_to_is_left_alone(
    rendered, config, tmp_path, name, dangling
):
    path, outside = rendered / name, tmp_path / "outside"
    path.rename(outside)
    path.symlink_to(tmp_path / "nowhere" if dangling else outside)
    before = {each: each.read_bytes() for each in (outside, *outside.rglob("*")) if each.is_file()}

    done = render_again(config, rendered.parent, ci="none", examples="no")

    assert done.returncode != 0
    assert f"{name} is a link that leads out of the project: nothing was rendered." in done.stderr
    assert {each: each.read_bytes() for each in before} == before
    assert not (tmp_path / "nowhere").exists()
    assert os.path.lexists(path)
