"""The package outside of a rendered project: its wheel in a bare Django project, as its README describes it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TREE, find_uv, run

PACKAGE = TREE / "packages" / "hardening"

pytestmark = [pytest.mark.deep, pytest.mark.xdist_group("wheel")]  # all use one environment

SETTINGS = """
SECRET_KEY = "only-for-this-test"
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""
APPS = '"django.contrib.auth", "django.contrib.contenttypes", "invoices"]'
URLS = """
from rest_framework.routers import SimpleRouter

from invoices.views import InvoiceViewSet

router = SimpleRouter()
router.register("invoices", InvoiceViewSet)
urlpatterns = router.urls
"""
MANAGE = """
import sys

from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
"""
SAFE = """
REST_FRAMEWORK |= {
    "DEFAULT_PARSER_CLASSES": ["hardening.parsers.JSONParser"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}
"""
POST_TWICE = """
import django

django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command
from rest_framework.test import APIClient

call_command("migrate", run_syncdb=True, verbosity=0)
client = APIClient()
client.force_authenticate(User.objects.create_user("ada"))
for _attempt in range(2):
    response = client.post("/invoices/", {"number": "A-1"}, format="json")
    print(response.status_code, response.content.decode())
"""


def uv(*arguments: str, cwd: Path) -> None:
    run([find_uv(), *arguments], cwd)


def write_contract_tests(folder: Path) -> None:
    """Write the files that `docs/testing.md` shows, and the settings without which the contract finds faults."""
    page = (PACKAGE / "docs" / "testing.md").read_text(encoding="utf-8")
    for name, text in re.findall(r"^```\w+\n# ([\w./]+)\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "tests" / "__init__.py").touch()
    (folder / "tests" / "invoices" / "__init__.py").touch()
    (folder / "manage.py").write_text(MANAGE, encoding="utf-8")
    with (folder / "settings.py").open("a", encoding="utf-8") as settings:
        settings.write(SAFE)


def write_site(folder: Path) -> None:
    """Write a Django project with the model, serializer, viewset and settings of the package's README."""
    readme = (PACKAGE / "README.md").read_text(encoding="utf-8")
    app, settings, *_others = re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    (folder / "invoices").mkdir()
    (folder / "invoices" / "__init__.py").touch()
    for name, text in re.findall(r"^# (invoices/\w+\.py)\n(.*?)(?=^# invoices/|\Z)", app, re.MULTILINE | re.DOTALL):
        (folder / name).write_text(text, encoding="utf-8")
    assert "...]" in settings
    (folder / "settings.py").write_text(SETTINGS + settings.replace("...]", APPS), encoding="utf-8")
    (folder / "urls.py").write_text(URLS, encoding="utf-8")
    (folder / "post_twice.py").write_text(POST_TWICE, encoding="utf-8")


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of an environment that has the wheel with its extra `testing`, and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "dist", "tests")
    shutil.copytree(PACKAGE, folder / "source", ignore=ignored)
    uv("build", "--quiet", "--wheel", "--out-dir", "dist", "source", cwd=folder)
    uv("venv", "--quiet", "--python", sys.executable, "venv", cwd=folder)
    [wheel] = (folder / "dist").glob("*.whl")
    interpreter = folder / "venv" / "bin" / "python"
    uv("pip", "install", "--quiet", "--python", str(interpreter), f"{wheel}[postgresql,testing]", cwd=folder)
    return interpreter


def run_in_site(python, folder, *command):
    """Run Python with *command* in the site in *folder*."""
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "settings"}
    return subprocess.run([python, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_wheel_works_in_a_bare_django_project_as_its_readme_says(python, tmp_path):
    write_site(tmp_path)

    done = run_in_site(python, tmp_path, "post_twice.py")

    assert done.stdout.splitlines() == [
        '201 {"id":1,"owner":1,"number":"A-1"}',
        '409 {"number":["You already have an invoice with this number."]}',
    ], done.stderr


def test_the_contract_tests_work_in_a_bare_django_project_as_their_page_says(python, tmp_path):
    write_site(tmp_path)
    write_contract_tests(tmp_path)

    recorded = run_in_site(python, tmp_path, "manage.py", "contract", "--skip-checks")
    tested = run_in_site(python, tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider")

    assert recorded.returncode == 0, recorded.stderr
    assert tested.returncode == 0, tested.stdout[-3000:]


def test_a_bare_project_without_a_factory_fails_with_the_name_of_the_factory_to_write(python, tmp_path):
    write_site(tmp_path)
    write_contract_tests(tmp_path)
    factories = tmp_path / "tests" / "invoices" / "factories.py"
    factories.write_text(factories.read_text(encoding="utf-8").partition("class InvoiceFactory")[0], encoding="utf-8")

    tested = run_in_site(python, tmp_path, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")

    assert tested.returncode == 1
    assert "invoices.Invoice has no factory: write InvoiceFactory in tests/invoices/factories.py" in tested.stdout
