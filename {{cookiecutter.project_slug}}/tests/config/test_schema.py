"""The OpenAPI documents: committed for each app, and served for all of them."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

SCHEMA, DOCS = "/api/v1/schema/", "/api/v1/docs/"

pytestmark = pytest.mark.once


def test_the_committed_schemas_are_up_to_date():
    call_command("schemas", "--check")


def project_command(tmp_path: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run *command* with the project's own settings, which do not include the models of the tests."""
    known = {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": secrets.token_urlsafe(50), "ENV_FILE": ""}
    known |= {
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        **environment,
    }
    return subprocess.run(
        [sys.executable, *command], cwd=settings.BASE_DIR, env=known, capture_output=True, text=True, check=False
    )


def test_the_committed_table_of_error_codes_is_up_to_date(tmp_path):
    checked = project_command(tmp_path, "manage.py", "error_page", "--check", ALLOWED_HOSTS="localhost")

    assert checked.returncode == 0, checked.stderr


@pytest.fixture
def copied(tmp_path, settings) -> Path:
    """A copy of the committed document of the accounts, in a folder that the command uses as the project."""
    (tmp_path / "accounts").mkdir()
    text = Path(settings.BASE_DIR, "accounts", "schema.json").read_text(encoding="utf-8")
    (tmp_path / "accounts" / "schema.json").write_text(text, encoding="utf-8")
    settings.BASE_DIR, settings.APPS = tmp_path, ["accounts"]
    return tmp_path / "accounts" / "schema.json"


@pytest.mark.parametrize(("old", "new"), [('"maxLength": 150', '"maxLength": 151'), ('"409"', '"419"')])
def test_an_outdated_schema_fails_the_check(copied, old, new):
    copied.write_text(copied.read_text().replace(old, new))

    with pytest.raises(CommandError, match=r"accounts/schema.json is not up to date"):
        call_command("schemas", "--check")
    call_command("schemas")
    call_command("schemas", "--check")


def test_the_check_ignores_the_version_of_the_project(copied):
    copied.write_text(copied.read_text().replace('"version": "0.1.0"', '"version": "2.0"'))

    call_command("schemas", "--check")


def test_the_schema_requires_a_token(ada, client):
    assert client.get(SCHEMA).status_code == 401
    assert ada.get(SCHEMA).status_code == 200


@pytest.mark.parametrize(
    ("asked", "headers", "media_type"),
    [
        ("", {}, "application/vnd.oai.openapi"),
        ("?format=json", {}, "application/vnd.oai.openapi+json"),
        ("?format=yaml", {}, "application/vnd.oai.openapi"),
        ("", {"Accept": "application/vnd.oai.openapi+json"}, "application/vnd.oai.openapi+json"),
    ],
)
def test_the_schema_is_json_or_yaml(ada, asked, headers, media_type):
    response = ada.get(SCHEMA + asked, headers=headers)

    assert response["Content-Type"].partition(";")[0] == media_type
    document = yaml.load(response.content, yaml.CSafeLoader)
    assert document["info"]["title"] == settings.SPECTACULAR_SETTINGS["TITLE"]
    assert "/api/v1/auth/login/" in document["paths"]


def test_another_format_of_the_schema_is_404(ada):
    response = ada.get(f"{SCHEMA}?format=xml")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_the_schema_executes_only_the_query_for_the_token(ada, django_assert_num_queries):
    with django_assert_num_queries(1):
        ada.get(SCHEMA)


def test_every_operation_documents_its_errors_in_both_formats(ada):
    document = yaml.load(ada.get(SCHEMA).content, yaml.CSafeLoader)

    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert {"400", "405", "406", "503"} <= operation["responses"].keys(), (method, path)
            for status, response in operation["responses"].items():
                if status >= "400":
                    named = response.get("$ref", "").rpartition("/")[2]
                    content = document["components"]["responses"][named] if named else response
                    assert set(content["content"]) == {"application/json", "application/problem+json"}


def test_the_schemas_contain_no_terms_of_the_implementation(settings):
    found = [path.read_text(encoding="utf-8") for path in Path(settings.BASE_DIR).glob("*/schema.json")]

    assert found
    assert not any(word in text for text in found for word in ("DRF", "serializer", "Meta", "viewset", "queryset"))


@pytest.mark.parametrize("path", ["/", "/api/v1/", DOCS])
def test_the_documentation_pages_are_404_without_debug(ada, path):
    assert ada.get(path).status_code == 404


SHOW = """
import django; django.setup()
from django.test import Client
client = Client(HTTP_HOST="localhost")
shown = [client.get(path).status_code for path in ("/api/v1/docs/", "/api/v1/docs/?script", "/api/v1/schema/")]
led = {client.get(path).headers["Location"] for path in ("/", "/api/v1/")}
print(shown, led)
"""


def test_the_documentation_page_and_the_schema_are_public_with_debug(tmp_path):
    shown = project_command(tmp_path, "-c", SHOW, DEBUG="true")

    assert shown.stdout.splitlines()[-1:] == [f"[200, 200, 200] {{'{DOCS}'}}"], shown.stderr
