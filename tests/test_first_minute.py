"""The first steps with a new project: commit it, and run it without a network."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import GIT_IDENTITY, find_uv, run


@pytest.mark.long
def test_the_first_commit_passes_the_hooks_and_contains_no_secret(render, tmp_path):
    project = render().project
    run(["make", ".venv/ready"], project)
    environment = GIT_IDENTITY | {"PRE_COMMIT_HOME": str(tmp_path)}
    run(["git", "init", "--quiet"], project, **environment)
    run([".venv/bin/pre-commit", "install"], project, **environment)
    run(["git", "add", "."], project, **environment)

    commit = run(["git", "commit", "--message", "Render the project"], project, **environment)

    assert commit.stderr.count("Passed") == 2
    assert run(["git", "status", "--porcelain"], project).stdout == ""
    tracked = run(["git", "ls-files"], project).stdout.splitlines()
    assert {"uv.lock", ".env.example"} <= set(tracked)
    secrets = [line.partition("=")[2] for line in (project / ".env").read_text().splitlines() if is_secret(line)]
    assert len(secrets) == 2
    texts = [(project / name).read_text(encoding="utf-8") for name in tracked]
    assert not [secret for secret in secrets for text in texts if secret in text]


def is_secret(line: str) -> bool:
    return line.startswith(("SECRET_KEY=", "POSTGRES_PASSWORD="))


@pytest.fixture
def make_offline(tmp_path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs make with *programs* in its path and without a reachable package index."""

    def make(project: Path, *programs: Path) -> subprocess.CompletedProcess[str]:
        tools = tmp_path / "tools"
        tools.mkdir()
        for program in programs:
            (tools / program.name).symlink_to(program)
        dead = "http://127.0.0.1:9/simple"
        environment = {
            "HOME": str(tmp_path),
            "PATH": f"{tools}:/usr/bin:/bin",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": dead,
            "PIP_RETRIES": "0",
            "UV_DEFAULT_INDEX": dead,
            "UV_CACHE_DIR": str(tmp_path / "cache"),
            "UV_HTTP_RETRIES": "0",
            "UV_PYTHON_DOWNLOADS": "never",
        }
        return subprocess.run(
            ["make", "migrate"], cwd=project, env=environment, capture_output=True, text=True, check=False
        )

    return make


def find_interpreter() -> Path:
    """Return the base interpreter, because a link to a shim or to an environment's interpreter does not work."""
    return Path(sys.base_prefix, "bin", "python3")


def test_make_without_a_network_prints_one_sentence(render, make_offline):
    done = make_offline(render().project, find_interpreter())

    assert done.returncode
    assert "make: uv could not be installed; is there a network?\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_make_with_uv_but_without_a_network_prints_one_sentence(render, make_offline):
    done = make_offline(render().project, find_interpreter(), Path(find_uv()))

    assert done.returncode
    assert "make: the packages could not be installed; is there a network?\n" in done.stderr
    assert "Traceback" not in done.stderr
