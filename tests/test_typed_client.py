"""A typed client generated from the schema reads validation errors by the names of the fields."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import find_free_port, run

pytestmark = pytest.mark.deep

PATIENCE = 60  # seconds for the server to start

CALLS = """
import sys
from client import AuthenticatedClient, Client
from client.api.accounts import accounts_create, accounts_me_retrieve
from client.api.auth import auth_login_create
from client.api.profiles import profiles_create
from client.models import (
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


@pytest.fixture
def client(project: Path, environment: dict[str, str], tmp_path: Path) -> Path:
    """Generate a client from the project's schema without warnings; return the folder that contains it."""
    schema, config = tmp_path / "schema.json", tmp_path / "config.json"
    write = [sys.executable, "manage.py", "spectacular", "--format", "openapi-json", "--file", str(schema)]
    subprocess.run(write, cwd=project, env=environment, check=True)
    config.write_text(json.dumps({"post_hooks": []}))
    generate = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
    files = ["--path", str(schema), "--config", str(config), "--output-path", str(tmp_path / "client")]
    run([*generate, *files], tmp_path)
    return tmp_path


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


def test_a_generated_client_reads_a_conflict_under_its_field(client, address):
    run([sys.executable, "-c", CALLS, address], client)
