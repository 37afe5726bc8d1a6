"""Rendering, as a test needs it."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

TEMPLATE = Path(__file__).parent.parent
TREE = TEMPLATE / "{{cookiecutter.project_slug}}"


def hook(name: str) -> ModuleType:
    """Return a hook as a module, as it is before cookiecutter renders it."""
    spec = spec_from_file_location(name, TEMPLATE / "hooks" / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Rendering:
    """What came of one call of cookiecutter: the folder of the project, None where there is none, and the words."""

    project: Path | None
    status: int
    said: str


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration of cookiecutter's that keeps the tests out of the user's home."""
    folder = tmp_path_factory.mktemp("cookiecutter")
    file = folder / "config.yml"
    file.write_text(json.dumps({"replay_dir": str(folder / "replay"), "cookiecutters_dir": str(folder / "templates")}))
    return file


@pytest.fixture(scope="session")
def render(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Rendering]:
    """Return a function that renders the template with answers, in a process of its own as a user would."""

    def rendered(*flags: str, **answers: str) -> Rendering:
        folder = tmp_path_factory.mktemp("rendered")
        command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", "--config-file", str(config)]
        given = [f"{name}={value}" for name, value in answers.items()]
        done = subprocess.run(
            [*command, "--output-dir", str(folder), *flags, *given], capture_output=True, text=True, check=False
        )
        projects = list(folder.iterdir())
        return Rendering(projects[0] if projects else None, done.returncode, done.stdout + done.stderr)

    return rendered


@pytest.fixture(scope="session")
def project(render: Callable[..., Rendering]) -> Path:
    """A project with default answers."""
    rendering = render()
    assert rendering.status == 0, rendering.said
    assert rendering.project is not None
    return rendering.project
