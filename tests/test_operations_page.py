"""The commands of docs/operations.md work: a restored backup, a replaced secret key and another Django."""

import json
import os
import re
import secrets
import shutil
import subprocess
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import TREE, run

PAGE = TREE / "docs" / "operations.md"

# `write` creates an account and everything that it holds; `read` prints what of it is still accepted.
SCRIPT = """
import json
import sys
import django
django.setup()
from django.contrib.auth.hashers import check_password
from django.contrib.auth.tokens import default_token_generator
from rest_framework.test import APIClient
from accounts.models import User

mode, name = sys.argv[1:3]
PASSWORD = "correct horse battery"
client = APIClient()

def call(method, path, body=None):
    return getattr(client, method)(path, body, **({"format": "json"} if body else {}), secure=True)

if mode == "write":
    account = {"username": name, "email": f"{name}@example.com", "name": name}
    response = call("post", "/api/v1/accounts/", account | {"password": PASSWORD, "confirm_password": PASSWORD})
    assert response.status_code == 201, response.content
    token = call("post", "/api/v1/auth/login/", {"username": name, "password": PASSWORD}).json()["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    for number in range(2):
        profile = {"username": f"{name}{number}", "email": f"{name}{number}@example.com"}
        assert call("post", "/api/v1/profiles/", profile).status_code == 201
    page = call("get", "/api/v1/profiles/?page_size=1").json()
    reset = default_token_generator.make_token(User.objects.get(username=name))
    print(json.dumps({"token": token, "next": page["next"], "reset": reset}))
else:
    held = json.loads(sys.argv[3])
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {held['token']}")
    duplicate = {"username": f"{name}0", "email": f"{name}@example.com"}
    found = {"token": call("get", "/api/v1/profiles/").status_code, "next": call("get", held["next"]).status_code}
    found["duplicate"] = call("post", "/api/v1/profiles/", duplicate).status_code
    profile = {"username": f"{name}{sys.argv[4]}", "email": f"{name}{sys.argv[4]}@example.com"}
    found["new"] = call("post", "/api/v1/profiles/", profile).status_code
    user = User.objects.get(username=name)
    found["password"] = check_password(PASSWORD, user.password)
    found["reset"] = default_token_generator.check_token(user, held["reset"])
    print(json.dumps(found))
"""
ALL = {"token": 200, "next": 200, "duplicate": 409, "new": 201, "password": True, "reset": True}
KEY = secrets.token_urlsafe(50)


def find_commands(heading: str) -> list[str]:
    """Return the blocks of shell commands of a section."""
    [section] = re.findall(rf"(?ms)^## {heading}\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"))
    return re.findall(r"(?ms)^```sh\n(.*?)^```", section)


class Api:
    """The code in a folder with an environment: a key and a database."""

    def __init__(self, folder: Path, url: str, key: str = KEY, *fallbacks: str) -> None:
        self.folder, self.python = folder, str(folder / ".venv" / "bin" / "python")
        self.environment = {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ENV_FILE": "",
            "DEBUG": "false",
            "ALLOWED_HOSTS": "testserver",
            "SECRET_KEY": key,
            "SECRET_KEY_FALLBACKS": ",".join(fallbacks),
            "DATABASE_URL": url,
            "THROTTLE_ANON": "",
            "THROTTLE_USER": "",
            "THROTTLE_LOGIN": "",
        }

    def run(self, *command: str, **environment: str) -> str:
        return run([self.python, *command], self.folder, **self.environment, **environment).stdout

    def migrate(self) -> None:
        self.run("manage.py", "migrate", "--verbosity", "0")

    def write(self, name: str) -> str:
        """Create an account; return its token, a cursor and a password-reset token as JSON."""
        return self.run("-c", SCRIPT, "write", name).splitlines()[-1]

    def read(self, name: str, held: str, number: int = 9) -> dict[str, object]:
        """Return which parts of *held* the API accepts; *number* names the profile that it creates."""
        return json.loads(self.run("-c", SCRIPT, "read", name, held, str(number)).splitlines()[-1])


@pytest.fixture(scope="module")
def postgres() -> ModuleType:
    """Return the module that starts PostgreSQL servers."""
    path = TREE / "packages" / "hardening" / "src" / "hardening" / "testing" / "postgres.py"
    spec = spec_from_file_location("postgres", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def ready(project: Path) -> Path:
    run(["make", ".venv/ready"], project)
    return project


def dump(programs: Path, url: str) -> list[str]:
    """Return the schema and all rows of a database, without the key that each dump chooses at random."""
    text = subprocess.run([programs / "pg_dump", url], capture_output=True, text=True, check=True).stdout
    return [line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


@pytest.mark.deep
def test_a_restored_backup_has_every_row_constraint_sequence_and_token(ready, postgres, tmp_path):
    programs = postgres._find_binaries()
    backup, restore = find_commands("Back up and restore")
    with postgres.server() as url, postgres.server() as restored:
        api = Api(ready, url)
        api.migrate()
        held = api.write("ada")
        environment = api.environment | {
            "RESTORED_DATABASE_URL": restored,
            "PATH": f"{ready}/.venv/bin:{programs}:{os.environ['PATH']}",
        }
        for command in (backup, restore):
            run(["sh", "-euc", command.replace("manage.py", str(ready / "manage.py"))], tmp_path, **environment)

        assert dump(programs, restored) == dump(programs, url)
        assert Api(ready, restored).read("ada", held) == ALL


@pytest.mark.deep
def test_tokens_cursors_and_reset_links_live_on_while_the_key_is_replaced(ready, tmp_path):
    url, old, new = f"sqlite:///{tmp_path}/db.sqlite3", KEY, secrets.token_urlsafe(50)
    [step_0, step_1, step_2, step_3] = [
        Api(ready, url, old),
        Api(ready, url, old, new),
        Api(ready, url, new, old),
        Api(ready, url, new),
    ]
    step_0.migrate()
    held_0, held_2 = step_0.write("ada"), step_2.write("bob")

    assert step_1.read("ada", held_0, 3) == ALL
    assert step_2.read("ada", held_0, 4) == ALL
    assert step_1.read("bob", held_2, 3) == ALL  # an instance that has not been replaced yet
    assert step_3.read("bob", held_2, 4) == ALL
    assert step_3.read("ada", held_0, 5) == ALL | {"next": 400, "reset": False}


@pytest.mark.deep
def test_the_old_and_the_new_django_use_one_database(ready, newer_python, postgres, tmp_path):
    folder = tmp_path / "new"
    shutil.copytree(ready, folder, ignore=shutil.ignore_patterns(".venv", "__pycache__", "*.sqlite3"))
    [commands] = find_commands("Upgrade Django")
    *upgrade, test = commands.splitlines()
    for command in upgrade:
        run(["sh", "-euc", command], folder, UV_PYTHON=newer_python)

    assert test == "make check test"
    with postgres.server() as url:
        old, new = Api(ready, url), Api(folder, url)
        old.migrate()
        held = old.write("ada")
        new.migrate()
        assert [api.run("-m", "django", "--version")[:3] for api in (old, new)] == ["5.2", "6.1"]
        assert new.read("ada", held) == ALL
        assert old.read("bob", new.write("bob")) == ALL
