"""The post hook prints the errors of a rendered project and removes the project."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import TREE, Rendering, copy_template


@pytest.fixture
def render_broken(render, tmp_path) -> Callable[..., Rendering]:
    """Return a function that renders a copy of the template with a broken file.

    The function appends *added* to the file, or removes its top-level folder if *added* is None.
    """

    def render_copy(name: str, added: str | None) -> Rendering:
        copy_template(tmp_path)
        file = tmp_path / TREE.name / name
        if added is None:
            shutil.rmtree(tmp_path / TREE.name / Path(name).parts[0])
        else:
            file.write_text(file.read_text(encoding="utf-8") + added, encoding="utf-8")
        return render(template=tmp_path)

    return render_copy


@pytest.mark.parametrize(
    ("name", "added", "message"),
    [
        ("pyproject.toml", "a = \n", "pyproject.toml does not parse"),
        ("compose.yaml", "a: [\n", "compose.yaml does not parse"),
        (".devcontainer/devcontainer.json", "[\n", ".devcontainer/devcontainer.json does not parse"),
        ("README.md", "{{ '{{' }} cookiecutter.name }}\n", "README.md contains Jinja that was not rendered"),
        (".github/workflows/checks.yml", None, ".github/workflows/checks.yml is missing, but ci is github."),
        ("purchases/models.py", None, "purchases/models.py is missing, but examples is True."),
        (".devcontainer/devcontainer.json", None, ".devcontainer/devcontainer.json is missing."),
    ],
)
def test_an_error_in_a_rendered_file_is_printed_and_the_project_is_removed(render_broken, name, added, message):
    rendering = render_broken(name, added)

    assert rendering.status == 1
    assert message in rendering.output
    assert rendering.project is None
