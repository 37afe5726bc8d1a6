"""The package outside of a rendered project: its wheel in a bare Django project, as its README describes it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TEMPLATE, TREE

PACKAGE = TREE / "packages" / "hardening"

SETTINGS = """
SECRET_KEY = "only-for-this-test"
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""
APPS = '"django.contrib.auth", "django.contrib.contenttypes", "invoices"]'
URLS = """
from rest_framework.routers import SimpleRouter

from invoices.views import InvoiceViewSet

router = SimpleRouter()
router.register("invoices", InvoiceViewSet)
urlpatterns = router.urls
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
    """Run uv, from the PATH or as the Makefile fetched it."""
    program = shutil.which("uv") or str(TEMPLATE / ".uv" / "bin" / "uv")
    done = subprocess.run([program, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def write_site(folder: Path) -> None:
    """Write a Django project with the model, serializer, viewset and settings of the package's README."""
    readme = (PACKAGE / "README.md").read_text(encoding="utf-8")
    app, settings, *_others = re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    (folder / "invoices").mkdir(parents=True)
    (folder / "invoices" / "__init__.py").touch()
    for name, text in re.findall(r"^# (invoices/\w+\.py)\n(.*?)(?=^# invoices/|\Z)", app, re.MULTILINE | re.DOTALL):
        (folder / name).write_text(text, encoding="utf-8")
    assert "...]" in settings
    (folder / "settings.py").write_text(SETTINGS + settings.replace("...]", APPS), encoding="utf-8")
    (folder / "urls.py").write_text(URLS, encoding="utf-8")
    (folder / "post_twice.py").write_text(POST_TWICE, encoding="utf-8")


@pytest.mark.deep
def test_the_wheel_works_in_a_bare_django_project_as_its_readme_says(tmp_path):
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "dist", "tests")
    shutil.copytree(PACKAGE, tmp_path / "source", ignore=ignored)
    uv("build", "--quiet", "--wheel", "--out-dir", "dist", "source", cwd=tmp_path)
    uv("venv", "--quiet", "--python", sys.executable, "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    uv("pip", "install", "--quiet", "--python", str(python), *map(str, (tmp_path / "dist").glob("*.whl")), cwd=tmp_path)
    write_site(tmp_path / "site")

    done = subprocess.run(
        [python, "post_twice.py"],
        cwd=tmp_path / "site",
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "settings"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.splitlines() == [
        '201 {"id":1,"owner":1,"number":"A-1"}',
        '409 {"number":["You already have an invoice with this number."]}',
    ], done.stderr
