"""The Dockerfile and compose.yaml, tested without a container engine."""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from tests.conftest import find_free_port, run

TOOLS = Path(sys.executable).parent


def test_the_dockerfile_passes_its_linter(project):
    run([str(TOOLS / "hadolint"), "Dockerfile"], project)


def test_the_compose_file_is_valid_against_its_schema(project):
    run([str(TOOLS / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "compose.yaml"], project)


def test_the_api_starts_after_its_database_is_healthy_and_migrated(project):
    services = yaml.safe_load((project / "compose.yaml").read_text())["services"]

    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["api"]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"},
        "valkey": {"condition": "service_healthy"},
    }
    assert all("healthcheck" in services[name] for name in ("postgres", "valkey"))


def test_every_variable_of_the_project_can_be_set_for_the_containers(project):
    services = yaml.safe_load((project / "compose.yaml").read_text())["services"]
    listed = set(re.findall(r"^(?:# ?)?([A-Z][A-Z0-9_]*)=", (project / ".env.example").read_text(), re.MULTILINE))

    assert listed - services["api"]["environment"].keys() == {"DEBUG", "ENV_FILE", "PORT", "POSTGRES_PASSWORD"}
    assert services["api"]["environment"] == services["migrate"]["environment"]


def parse_instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile as (name, arguments)."""
    text = re.sub(r"^#.*\n", "", dockerfile.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


def test_the_container_runs_without_root_and_without_a_shell(project):
    last = dict(parse_instructions(project / "Dockerfile"))

    assert last["USER"] == "10001:10001"
    assert json.loads(last["CMD"])[0] == "gunicorn"


def list_build_context(project: Path) -> Iterator[Path]:
    """Yield the files that `.dockerignore` does not exclude from a build; it supports only simple patterns."""
    patterns = [line for line in (project / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    for path in project.rglob("*"):
        parts = path.relative_to(project).parts
        ignored = any(
            any(fnmatch(part, pattern[3:]) for part in parts)
            if pattern.startswith("**/")
            else fnmatch(parts[0], pattern)
            for pattern in patterns
        )
        if path.is_file() and not ignored and "__pycache__" not in parts:
            yield path.relative_to(project)


def test_the_build_context_contains_neither_secrets_nor_tests(project):
    names = {path.as_posix() for path in list_build_context(project)}

    assert {"manage.py", "pyproject.toml", "packages/hardening/src/hardening/views.py"} <= names
    assert not {name for name in names if name.startswith(".") or {"tests", "docs"} & set(Path(name).parts[:-1])}


class Build:
    """A build of the Dockerfile in a folder, which stands for / and has a Python environment of its own."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.project, self.folder = project, folder
        subprocess.run([sys.executable, "-m", "venv", folder / "python"], check=True)
        (folder / "app").mkdir()
        inherited = {name: value for name, value in os.environ.items() if name in ("HOME", "SSL_CERT_FILE")}
        self.environment = inherited | {"PATH": f"{folder}/python/bin:/usr/bin:/bin"}

    def replace_paths(self, text: str) -> str:
        return re.sub(r"(?<![\w.])/app\b", str(self.folder / "app"), text)

    def env(self, arguments: str) -> None:
        for name, value in re.findall(r"(\w+)=(\S+)", self.replace_paths(arguments)):
            self.environment[name] = value.replace("$PATH", self.environment["PATH"])

    def copy(self, arguments: str) -> None:
        if arguments.startswith("--from="):
            return  # all stages share the folder
        *sources, _target = arguments.split()
        for path in list_build_context(self.project) if sources == ["."] else map(Path, sources):
            target = self.folder / "app" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.project / path, target)

    def run(self, arguments: str) -> None:
        self.check(["sh", "-euc", self.replace_paths(arguments)])

    def check(self, command: list[str]) -> None:
        done = subprocess.run(
            command, cwd=self.folder / "app", env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"

    def parse_command(self, arguments: str, port: int) -> list[str]:
        local = arguments.replace("0.0.0.0:8000", f"127.0.0.1:{port}").replace("127.0.0.1:8000", f"127.0.0.1:{port}")
        return [self.replace_paths(part) for part in json.loads(local)]


@pytest.mark.deep
def test_an_api_built_by_the_steps_of_the_dockerfile_is_healthy(project, tmp_path):
    run(["make", ".venv/ready"], project)  # writes the lock file
    build = Build(project, tmp_path)
    instructions = parse_instructions(project / "Dockerfile")
    for name, arguments in instructions:
        if name in ("ENV", "COPY", "RUN"):
            getattr(build, name.lower())(arguments)
    build.environment |= {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "api.example.com",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
    }
    migrate = yaml.safe_load((project / "compose.yaml").read_text())["services"]["migrate"]["command"]
    build.check(migrate)
    port = find_free_port()
    probe = build.parse_command(dict(instructions)["HEALTHCHECK"].partition("CMD")[2], port)

    with subprocess.Popen(
        build.parse_command(dict(instructions)["CMD"], port), cwd=tmp_path / "app", env=build.environment
    ) as server:
        try:
            assert is_healthy(probe, build)
        finally:
            server.terminate()


def is_healthy(probe: list[str], build: Build) -> bool:
    """Return whether the probe succeeds within 30 seconds, with a proxy in the environment that does not exist."""
    environment = build.environment | {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    for _attempt in range(60):
        if subprocess.run(probe, env=environment, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return True
        time.sleep(0.5)
    return False
