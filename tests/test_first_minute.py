"""What a team does first with a project: commit it, and run it where there may be no network."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import GIT_IDENTITY, run


def test_a_project_is_committed_under_its_own_hooks_and_without_a_secret(render, tmp_path):
    project = render().project
    run(["make", ".venv/ready"], project)
    environment = GIT_IDENTITY | {"PRE_COMMIT_HOME": str(tmp_path)}
    run(["git", "init", "--quiet"], project, **environment)
    run([".venv/bin/pre-commit", "install"], project, **environment)
    run(["git", "add", "."], project, **environment)

    committed = run(["git", "commit", "--message", "Render the project"], project, **environment)

    assert committed.stderr.count("Passed") == 2
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
def cut_off(tmp_path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs make where no index of packages answers, with the named programs in its path."""

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


def interpreter() -> Path:
    """Return the interpreter itself, since a shim or an environment needs more than a link to it."""
    return Path(sys.base_prefix, "bin", "python3")


def test_where_there_is_no_network_one_sentence_says_so(render, cut_off):
    done = cut_off(render().project, interpreter())

    assert done.returncode
    assert "make: uv could not be installed; is there a network?\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_where_uv_is_there_and_no_network_one_sentence_says_so(render, cut_off, project):
    uv = shutil.which("uv") or (run(["make", ".venv/ready"], project) and project / ".uv" / "bin" / "uv")

    done = cut_off(render().project, interpreter(), Path(uv))

    assert done.returncode
    assert "make: the packages could not be installed; is there a network?\n" in done.stderr
    assert "Traceback" not in done.stderr
