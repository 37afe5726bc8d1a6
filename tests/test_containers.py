"""The Dockerfile and compose.yaml, as far as they can be tried without an engine."""

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


def test_the_compose_file_keeps_its_schema(project):
    run([str(TOOLS / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "compose.yaml"], project)


def test_the_api_starts_after_its_database_is_there_and_migrated(project):
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


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Return what a Dockerfile says, as (instruction, the rest of it)."""
    text = re.sub(r"^#.*\n", "", dockerfile.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


def test_nothing_runs_as_root_or_through_a_shell(project):
    said = dict(instructions(project / "Dockerfile"))  # of each instruction, the last one

    assert said["USER"] == "10001:10001"
    assert json.loads(said["CMD"])[0] == "gunicorn"


def sent(project: Path) -> Iterator[Path]:
    """Yield what `.dockerignore` lets through to a build; its patterns are simple ones."""
    patterns = [line for line in (project / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    for path in project.rglob("*"):
        parts = path.relative_to(project).parts
        ignored = any(
            any(fnmatch(part, each[3:]) for part in parts) if each.startswith("**/") else fnmatch(parts[0], each)
            for each in patterns
        )
        if path.is_file() and not ignored and "__pycache__" not in parts:
            yield path.relative_to(project)


def test_no_secret_and_no_test_is_sent_to_a_build(project):
    names = {path.as_posix() for path in sent(project)}

    assert {"manage.py", "pyproject.toml", "packages/hardening/src/hardening/views.py"} <= names
    assert not {name for name in names if name.startswith(".") or {"tests", "docs"} & set(Path(name).parts[:-1])}


class Build:
    """A build in a folder: every path below /app lies below it, and the interpreter is one of its own."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.project, self.folder = project, folder
        subprocess.run([sys.executable, "-m", "venv", folder / "python"], check=True)
        (folder / "app").mkdir()
        kept = {name: value for name, value in os.environ.items() if name in ("HOME", "SSL_CERT_FILE")}
        self.environment = kept | {"PATH": f"{folder}/python/bin:/usr/bin:/bin"}

    def within(self, text: str) -> str:
        return re.sub(r"(?<![\w.])/app\b", str(self.folder / "app"), text)

    def env(self, said: str) -> None:
        for name, value in re.findall(r"(\w+)=(\S+)", self.within(said)):
            self.environment[name] = value.replace("$PATH", self.environment["PATH"])

    def copy(self, said: str) -> None:
        if said.startswith("--from="):
            return  # the same folder serves for all stages
        *sources, _target = said.split()
        for path in sent(self.project) if sources == ["."] else map(Path, sources):
            target = self.folder / "app" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.project / path, target)

    def run(self, said: str) -> None:
        self.check(["sh", "-euc", self.within(said)])

    def check(self, command: list[str]) -> None:
        done = subprocess.run(
            command, cwd=self.folder / "app", env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"

    def command(self, said: str, port: int) -> list[str]:
        listening = said.replace("0.0.0.0:8000", f"127.0.0.1:{port}").replace("127.0.0.1:8000", f"127.0.0.1:{port}")
        return [self.within(part) for part in json.loads(listening)]


@pytest.mark.deep
def test_the_steps_of_the_dockerfile_make_an_api_that_is_healthy(project, tmp_path):
    run(["make", ".venv/ready"], project)  # writes the lock file
    build = Build(project, tmp_path)
    said = instructions(project / "Dockerfile")
    for instruction, rest in said:
        step = getattr(build, instruction.lower(), None)
        if instruction in ("ENV", "COPY", "RUN"):
            step(rest)
    build.environment |= {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "api.example.com",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
    }
    migrate = yaml.safe_load((project / "compose.yaml").read_text())["services"]["migrate"]["command"]
    build.check(migrate)
    port = find_free_port()
    probe = build.command(dict(said)["HEALTHCHECK"].partition("CMD")[2], port)

    with subprocess.Popen(
        build.command(dict(said)["CMD"], port), cwd=tmp_path / "app", env=build.environment
    ) as server:
        try:
            assert is_healthy(probe, build)
        finally:
            server.terminate()


def is_healthy(probe: list[str], build: Build) -> bool:
    """Ask as often as an engine would before it gives up, with a proxy that is not there."""
    known = build.environment | {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    for _attempt in range(60):
        if subprocess.run(probe, env=known, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return True
        time.sleep(0.5)
    return False
