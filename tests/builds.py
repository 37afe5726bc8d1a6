"""A build of a Dockerfile, and a container of it, without an engine: each stage is a folder."""

import http.client
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import find_free_port


def parse_instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile as (name, arguments)."""
    text = re.sub(r"^#.*\n", "", dockerfile.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


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


class Build:
    """A build in a folder. `root` stands for / of the current stage; a finished stage is renamed to its name."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.project, self.folder, self.root = project, folder, folder / "root"
        self.last: dict[str, str] = {}
        self.environment: dict[str, str] = {}

    def execute(self, name: str, arguments: str) -> None:
        """Execute one instruction, or remember it for the container."""
        self.last[name] = arguments
        if name in ("FROM", "ENV", "COPY", "RUN"):
            getattr(self, f"execute_{name.lower()}")(arguments)

    def execute_from(self, arguments: str) -> None:
        """Begin a stage with what its image has: Python with pip, or uv."""
        image, _as, stage = arguments.partition(" AS ")
        if self.root.exists():
            self.root.rename(self.folder / self.stage)
        self.stage = stage
        (self.root / "app").mkdir(parents=True)
        inherited = {name: value for name, value in os.environ.items() if name in ("HOME", "SSL_CERT_FILE")}
        self.environment = inherited | {"PATH": f"{self.root}/python/bin:{self.root}/bin:/usr/bin:/bin"}
        python = self.root / "python"
        subprocess.run([sys.executable, "-m", "venv", python], check=True)
        if image.startswith("ghcr.io/astral-sh/uv:"):
            package = f"uv=={image.partition(':')[2]}"
            self.check_command([str(python / "bin" / "pip"), "install", "--quiet", package])
            (python / "bin" / "uv").rename(self.root / "uv")

    def execute_env(self, arguments: str) -> None:
        for name, value in re.findall(r"(\w+)=(\S+)", self.replace_paths(arguments)):
            self.environment[name] = value.replace("$PATH", self.environment["PATH"])

    def execute_copy(self, arguments: str) -> None:
        *sources, target = arguments.split()
        if sources[0].startswith("--from="):
            stage, source = sources[0].removeprefix("--from="), self.folder / sources[0].removeprefix("--from=")
            copy(source / sources[1].lstrip("/"), self.root / target.lstrip("/"))
            assert stage != self.stage
            return
        for path in list_build_context(self.project) if sources == ["."] else map(Path, sources):
            copy(self.project / path, self.root / "app" / path)

    def execute_run(self, arguments: str) -> None:
        self.check_command(["sh", "-euc", self.replace_paths(arguments)])

    def replace_paths(self, text: str) -> str:
        return re.sub(r"(?<![\w./])/(app|run)\b", lambda match: str(self.root / match[1]), text)

    def check_command(self, command: list[str]) -> None:
        """Run *command* as the container would, and fail with its output if it fails."""
        done = subprocess.run(
            command, cwd=self.root / "app", env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"

    def check(self, job: dict[str, Any]) -> None:
        """Run the command of a Kubernetes job."""
        self.check_command(job["spec"]["template"]["spec"]["containers"][0]["command"])

    def configure(self, deploy: Path, **environment: str) -> None:
        """Set the environment of the manifests for production, with secrets in files and a new SQLite database."""
        folder = self.root / "run" / "secrets" / "api"
        folder.mkdir(parents=True)
        urls = {"DATABASE_URL": f"sqlite:///{self.folder}/db.sqlite3", "CACHE_URL": "redis://localhost:6379/0"}
        urls["EMAIL_URL"] = "smtp://localhost"
        for name, value in {"SECRET_KEY": secrets.token_urlsafe(50), "SECRET_KEY_FALLBACKS": "", **urls}.items():
            (folder / name).write_text(f"{value}\n")
        for path in (deploy / "base", deploy / "overlays" / "production"):
            [generator] = yaml.safe_load((path / "kustomization.yaml").read_text())["configMapGenerator"]
            for literal in generator["literals"]:
                name, _equals, value = literal.partition("=")
                self.environment[name] = self.replace_paths(value)
        self.environment |= environment

    def list_commands(self) -> set[str]:
        """Return the commands that the stages have put on PATH."""
        folders = [folder for folder in self.environment["PATH"].split(":") if folder.startswith(str(self.root))]
        return {path.name for folder in folders for path in Path(folder).glob("*")}

    def list_files(self, folder: str) -> set[str]:
        return {path.name for path in (self.root / folder).iterdir()}

    def take_snapshot(self) -> dict[str, int]:
        """Return the time of the last change of every file and folder of the image."""
        return {str(path): path.lstat().st_mtime_ns for path in (self.root / "app").rglob("*")}

    @contextmanager
    def serve(self) -> Iterator["Container"]:
        """Start the container's server on a free port; stop it with SIGTERM."""
        port = find_free_port()
        parts = [part for name in ("ENTRYPOINT", "CMD") for part in json.loads(self.last[name])]
        command = [part.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for part in parts]
        probe = json.loads(self.last["HEALTHCHECK"].partition("CMD")[2].replace("127.0.0.1:8000", f"127.0.0.1:{port}"))
        with subprocess.Popen(command, cwd=self.root / "app", env=self.environment) as process:
            try:
                yield Container(process, port, probe, self.environment)
            finally:
                process.terminate()
                process.wait(60)


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    else:
        shutil.copy2(source, target)


@dataclass
class Container:
    """A running server and its probe."""

    process: subprocess.Popen[bytes]
    port: int
    probe: list[str]
    environment: dict[str, str]

    def is_healthy(self) -> bool:
        """Return whether the probe succeeds within 30 seconds, with a proxy in the environment that does not exist."""
        environment = self.environment | {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
        for _attempt in range(60):
            if subprocess.run(self.probe, env=environment, stderr=subprocess.DEVNULL, check=False).returncode == 0:
                return True
            time.sleep(0.5)
        return False

    def get_status(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with closing(connection):
            connection.request("GET", path)
            return connection.getresponse().status

    def count_workers(self) -> int:
        """Return the number of processes that gunicorn has started; Linux lists them."""
        pid = self.process.pid
        return len(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
