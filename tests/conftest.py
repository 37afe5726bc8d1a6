"""Fixtures and functions to render the template and to run commands."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import MappingProxyType, ModuleType

import pytest

TEMPLATE = Path(__file__).parent.parent
TREE = TEMPLATE / "{{cookiecutter.project_slug}}"

# The environment variables that git needs to commit.
GIT_IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest tests first, and deselect those of a program that this machine does not have.

    A long test that starts last would run alone, while the other processes have nothing to do.
    """
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    if shutil.which("kustomize") or shutil.which("kubectl"):
        return
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("kustomize")])
    items[:] = [item for item in items if not item.get_closest_marker("kustomize")]


def list_files(suffix: str = "") -> list[Path]:
    """Return the tracked files, and the untracked ones that git does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=TEMPLATE, capture_output=True, text=True, check=True).stdout
    return [TEMPLATE / name for name in names.split("\0") if name.endswith(suffix) and (TEMPLATE / name).is_file()]


def copy_template(folder: Path) -> None:
    """Copy the files that git knows, or would, to *folder*."""
    for path in list_files():
        copy = folder / path.relative_to(TEMPLATE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)


def load_hook(name: str) -> ModuleType:
    """Import and return a hook that cookiecutter has not rendered."""
    spec = spec_from_file_location(name, TEMPLATE / "hooks" / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Rendering:
    """The result of one call of cookiecutter: the project's folder (None without one), exit status and output."""

    project: Path | None
    status: int
    output: str


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a configuration file that keeps cookiecutter out of the user's home directory."""
    folder = tmp_path_factory.mktemp("cookiecutter")
    file = folder / "config.yml"
    file.write_text(json.dumps({"replay_dir": str(folder / "replay"), "cookiecutters_dir": str(folder / "templates")}))
    return file


@pytest.fixture(scope="session")
def render(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Rendering]:
    """Return a function that renders the template with answers in a separate process, as a user would."""

    def render_template(
        *flags: str, template: Path = TEMPLATE, environment: Mapping[str, str] = MappingProxyType({}), **answers: str
    ) -> Rendering:
        folder = tmp_path_factory.mktemp("rendered")
        command = [sys.executable, "-m", "cookiecutter", str(template), "--no-input", "--config-file", str(config)]
        arguments = [f"{name}={value}" for name, value in answers.items()]
        done = subprocess.run(
            [*command, "--output-dir", str(folder), *flags, *arguments],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        projects = list(folder.iterdir())
        return Rendering(projects[0] if projects else None, done.returncode, done.stdout + done.stderr)

    return render_template


@pytest.fixture(scope="session")
def project(render: Callable[..., Rendering]) -> Path:
    """Return a project rendered with default answers."""
    rendering = render()
    assert rendering.status == 0, rendering.output
    assert rendering.project is not None
    return rendering.project


def find_uv() -> str:
    """Return the path of uv: from PATH, or as the Makefile installed it."""
    return shutil.which("uv") or str(TEMPLATE / ".uv" / "bin" / "uv")


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run *command* in *folder* and return the process; fail with its output if it exits with an error.

    uv is in its PATH, because a rendered project would otherwise install one of its own, which takes longer than to
    create its environment. The tests of `make run` and `make demo` install it.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "DATABASE_URL")}
    known = {**inherited, "PATH": f"{os.environ['PATH']}{os.pathsep}{Path(find_uv()).parent}", **environment}
    done = subprocess.run(command, cwd=folder, env=known, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    return done


def read_contracts(project: Path) -> dict[str, bytes]:
    """Return the content of each app's `contract.json` by the name of the app."""
    return {file.parent.name: file.read_bytes() for file in project.glob("*/contract.json")}


def find_free_port() -> int:
    """Return an unused port of the loopback interface."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def newer_python() -> str:
    """Return an interpreter for Django 6.1, which requires Python 3.12."""
    candidates = [shutil.which(f"python3.{minor}") for minor in (14, 13, 12)]
    candidates += sorted(map(str, Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python")), reverse=True)
    for python in filter(None, candidates):
        probe = subprocess.run([python, "-c", "import sys; sys.exit(sys.version_info < (3, 12))"], check=False)
        if probe.returncode == 0:
            return python
    assert not os.environ.get("REQUIRE_61"), "Django 6.1 requires Python 3.12, which was not found."
    pytest.skip("Django 6.1 was not tested: it requires Python 3.12, which was not found.")


@pytest.fixture(scope="session")
def project_61(render: Callable[..., Rendering], newer_python: str) -> Path:
    """Return a project on Django 6.1 with its environment and without the examples."""
    rendering = render(django_version="6.1", examples="no", ci="gitlab")
    assert rendering.project is not None, rendering.output
    run(["make", ".venv/ready"], rendering.project, UV_PYTHON=newer_python)
    return rendering.project
