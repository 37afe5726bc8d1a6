"""The post hook names what is wrong with a rendered project, and leaves no project behind."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import TEMPLATE, TREE, Rendering, tracked


@pytest.fixture
def broken(render, tmp_path) -> Callable[..., Rendering]:
    """Return a function that renders the template with something added to a file of its tree, or without its folder."""

    def rendered(name: str, added: str | None) -> Rendering:
        for path in tracked():
            copy = tmp_path / path.relative_to(TEMPLATE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
        file = tmp_path / TREE.name / name
        if added is None:
            shutil.rmtree(tmp_path / TREE.name / Path(name).parts[0])
        else:
            file.write_text(file.read_text(encoding="utf-8") + added, encoding="utf-8")
        return render(template=tmp_path)

    return rendered


@pytest.mark.parametrize(
    ("name", "added", "sentence"),
    [
        ("pyproject.toml", "a = \n", "pyproject.toml does not parse"),
        ("compose.yaml", "a: [\n", "compose.yaml does not parse"),
        (".devcontainer/devcontainer.json", "[\n", ".devcontainer/devcontainer.json does not parse"),
        ("README.md", "{{ '{{' }} cookiecutter.name }}\n", "README.md has a marker left over"),
        (".github/workflows/checks.yml", None, ".github/workflows/checks.yml is missing: ci is github."),
        ("purchases/models.py", None, "purchases/models.py is missing: examples is True."),
        (".devcontainer/devcontainer.json", None, ".devcontainer/devcontainer.json is missing."),
    ],
)
def test_a_file_that_came_out_wrong_is_named_and_no_project_is_left(broken, name, added, sentence):
    rendering = broken(name, added)

    assert rendering.status == 1
    assert sentence in rendering.said
    assert rendering.project is None
