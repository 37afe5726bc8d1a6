"""The project does not start if a variable is missing, invalid or weak, and the error names it."""

import os
import runpy
import secrets
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

pytestmark = pytest.mark.once

PROJECT = Path(__file__).parents[2]
SETTINGS = PROJECT / "config" / "settings.py"
SOUND = {
    "ENV_FILE": "",
    "DEBUG": "false",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "ALLOWED_HOSTS": "api.example.com",
    "TRUSTED_PROXIES": "1",
    "DATABASE_URL": "sqlite://:memory:",
    "CACHE_URL": "redis://localhost",
    "CORS_ALLOWED_ORIGINS": "",
    "ADMIN_PATH": "",
    "THROTTLE_ANON": "60/min",
    "THROTTLE_USER": "600/min",
    "THROTTLE_LOGIN": "5/min",
}


def environment(**changes: str | None) -> dict[str, str]:
    """Return a valid environment with *changes*; None omits a variable."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "LANG", "SYSTEMROOT")}
    return kept | {name: value for name, value in (SOUND | changes).items() if value is not None}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that loads the settings with an environment."""

    def loaded(**changes: str | None) -> dict[str, Any]:
        known = environment(**changes)
        monkeypatch.setattr(os, "environ", known)
        monkeypatch.setattr("environ.FileAwareEnv.ENVIRON", FileAwareMapping(known))
        return runpy.run_path(str(SETTINGS))

    return loaded


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 60),
        ("SECRET_KEY", "abcd" * 20),
        ("SECRET_KEY", secrets.token_urlsafe(50)[:49]),
        ("SECRET_KEY", "django-insecure-" + secrets.token_urlsafe(50)),
        ("SECRET_KEY_FALLBACKS", "short"),
        ("SECRET_KEY_FALLBACKS", f"{secrets.token_urlsafe(50)},{'abcd' * 20}"),
        ("SECRET_KEY", "only-for-tests-1f8a5c0b9d3e7264-and-never-elsewhere"),
        ("ALLOWED_HOSTS", None),
        ("ALLOWED_HOSTS", ""),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "api.example.com,*"),
        ("TRUSTED_PROXIES", "a"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", ""),
        ("DATABASE_POOL_SIZE", "many"),
        ("CACHE_URL", "nonsense"),
        ("CACHE_URL", "redys://:canary@host"),
        ("EMAIL_URL", "nonsense"),
        ("EMAIL_URL", "smtp://user:canary@host:port"),
        ("ALLOWED_HOSTS", "https://api.example.com"),
        ("PASSWORD_RESET_URL", "app.nowhere/reset"),
        ("ENV_FILE", "nowhere.env"),
        ("SECRET_KEY_FILE", "/nowhere/key"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "sqlite://canary.sqlite3"),
        ("DATABASE_URL", "postgresql://user:canary@host:5432/"),
        ("CACHE_URL", "redis://host:port/0"),
        ("DATABASE_URL", "mysql://user:canary@host/name"),
        ("DATABASE_URL", "postgresql://user:canary@host:port/name"),
        # One invalid value each; tests/config/test_environment.py has more.
        ("DEBUG", "maybe"),
        ("THROTTLE_ANON", "canary"),
        ("THROTTLE_USER", "canary"),
        ("THROTTLE_LOGIN", "canary"),
        ("DATABASE_POOL_SIZE", "0"),
        ("CORS_ALLOWED_ORIGINS", "canary"),
        ("ADMIN_PATH", "<canary>"),
        ("DEFAULT_FROM_EMAIL", "canary"),
        ("DATABASE_URL", "postgresql://user:canary@host/name?options=-c%20statement_timeout%3D0"),
    ],
)
@pytest.mark.filterwarnings("ignore:Engine not recognized", "ignore:SQLite URL contains host")
def test_a_missing_or_weak_variable_stops_the_start_and_only_its_name_is_shown(load, name, value):
    with pytest.raises(ImproperlyConfigured) as refusal:
        load(**{name: value})

    assert name in str(refusal.value)
    assert "canary" not in "".join(traceback.format_exception(refusal.value))
    assert not value or len(value) < 6 or value not in str(refusal.value)


@pytest.mark.parametrize(
    "legal",
    [
        {},
        {"CACHE_URL": None},
        {"DATABASE_URL": None},
        {"THROTTLE_ANON": "", "THROTTLE_USER": "", "THROTTLE_LOGIN": ""},
        {"DEBUG": "true", "SECRET_KEY": "short", "ALLOWED_HOSTS": None},
        {"TRUSTED_PROXIES": None},
        {"CACHE_URL": "", "DATABASE_URL": "", "EMAIL_URL": "", "CORS_ALLOWED_ORIGINS": "", "PASSWORD_RESET_URL": ""},
        {"DATABASE_URL": "postgresql://user:password@host/name"},
        {"ALLOWED_HOSTS": " api.example.com, .example.org,[::1], under_score,", "DEBUG": " false "},
        {"CORS_ALLOWED_ORIGINS": "https://app.example.com, http://localhost:3000,capacitor://localhost"},
        {"THROTTLE_ANON": "10/s", "THROTTLE_USER": "1000/day", "THROTTLE_LOGIN": "5/minute"},
        {"PASSWORD_RESET_URL": "https://app.example.com:8443/reset?a=b#c", "ADMIN_PATH": "a/b-7f3a"},
        {"DEFAULT_FROM_EMAIL": "The API <api@example.com>", "DATABASE_POOL_SIZE": "1"},
    ],
)
def test_valid_and_omitted_optional_variables_do_not_stop_the_start(load, legal):
    assert load(**legal)["SECRET_KEY"]


@pytest.mark.parametrize("debug", ["", "false", "FALSE", "0", "no", "off", "Off\n", None])
def test_debug_is_off_by_default(load, debug):
    settings = load(DEBUG=debug)

    rest = settings["REST_FRAMEWORK"]
    assert settings["DEBUG"] is False
    assert (
        settings["SECURE_SSL_REDIRECT"] is settings["SESSION_COOKIE_SECURE"] is settings["CSRF_COOKIE_SECURE"] is True
    )
    assert rest["DEFAULT_METADATA_CLASS"] is None
    assert rest["DEFAULT_RENDERER_CLASSES"] == ["hardening.renderers.JSONRenderer"]
    assert rest["DEFAULT_PARSER_CLASSES"] == ["hardening.parsers.JSONParser"]
    assert rest["DEFAULT_AUTHENTICATION_CLASSES"] == ["hardening.authentication.BearerAuthentication"]


def test_debug_enables_the_browsable_api_and_options(load):
    rest = load(DEBUG="true")["REST_FRAMEWORK"]

    assert rest["DEFAULT_METADATA_CLASS"] == "rest_framework.metadata.SimpleMetadata"
    assert "rest_framework.renderers.BrowsableAPIRenderer" in rest["DEFAULT_RENDERER_CLASSES"]


def test_proxy_headers_are_trusted_only_with_trusted_proxies(load):
    without, behind = load(TRUSTED_PROXIES=None), load(TRUSTED_PROXIES="2")

    assert (without["SECURE_PROXY_SSL_HEADER"], without["REST_FRAMEWORK"]["NUM_PROXIES"]) == (None, 0)
    assert behind["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
    assert behind["REST_FRAMEWORK"]["NUM_PROXIES"] == 2
    assert not behind.get("USE_X_FORWARDED_HOST", False)


def check(*arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "check", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=environment(**changes), capture_output=True, text=True, check=False)


def test_a_valid_environment_passes_the_deployment_check():
    done = check("--deploy", "--fail-level", "WARNING")

    assert (done.returncode, done.stdout.strip()) == (0, "System check identified no issues (0 silenced)."), done.stderr


def test_a_misspelt_variable_is_reported_with_a_suggestion():
    done = check(THROTTLE_LOGN="1/min", CORS_ALLOWED_ORIGIN="", REPORTS_DATABASE_URL="", DATABASE_URL_OLD="")

    warned = [line for line in done.stderr.splitlines() if "W021" in line]
    assert warned == [
        "?: (hardening.W021) The environment variable CORS_ALLOWED_ORIGIN is not used.",
        "?: (hardening.W021) The environment variable THROTTLE_LOGN is not used.",
    ]
    assert "HINT: Rename it to THROTTLE_LOGIN, or" in done.stderr


def test_a_weak_secret_key_fails_management_commands_and_names_the_variable():
    done = check(SECRET_KEY="short")

    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr.splitlines()[-1]


def test_the_admin_is_installed_only_with_admin_path(load):
    assert "hardening.apps.AdminConfig" not in load(ADMIN_PATH="")["INSTALLED_APPS"]
    assert "hardening.apps.AdminConfig" in load(ADMIN_PATH="secret/")["INSTALLED_APPS"]


def test_gunicorn_does_not_start_with_debug(settings):
    starting = runpy.run_path(str(PROJECT / "gunicorn.conf.py"))["on_starting"]

    settings.DEBUG = False
    starting(None)
    settings.DEBUG = True
    with pytest.raises(SystemExit, match="DEBUG"):
        starting(None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name in ("DRAIN_SECONDS", "PORT", "REQUEST_TIMEOUT", "WEB_CONCURRENCY", "WEB_THREADS")
        for value in ("canary", "", "1.5", "-1", "0", "٣")
        if (name, value) != ("DRAIN_SECONDS", "0")
    ],
)
def test_gunicorn_does_not_start_with_an_invalid_number(monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit, match=name) as refusal:
        runpy.run_path(str(PROJECT / "gunicorn.conf.py"))

    assert "canary" not in str(refusal.value)


def test_gunicorn_takes_its_processes_and_threads_from_the_env_file(tmp_path):
    (tmp_path / "env").write_text("WEB_CONCURRENCY=3\nWEB_THREADS=7\n", encoding="utf-8")
    known = environment(ENV_FILE=str(tmp_path / "env"), WEB_CONCURRENCY="5")  # the process overrides the file

    command = "import runpy; config = runpy.run_path('gunicorn.conf.py'); print(config['workers'], config['threads'])"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=PROJECT, env=known, capture_output=True, text=True, check=False
    )

    assert done.stdout.split() == ["5", "7"], done.stderr


def test_gunicorn_may_stop_without_a_delay(monkeypatch):
    monkeypatch.setenv("DRAIN_SECONDS", "0")

    assert runpy.run_path(str(PROJECT / "gunicorn.conf.py"))["drain_seconds"] == 0


def test_the_wsgi_application_can_be_imported_without_settings_in_the_environment():
    known = environment()
    assert "DJANGO_SETTINGS_MODULE" not in known

    command = [sys.executable, "-c", "from config.wsgi import application; print(type(application).__name__)"]
    done = subprocess.run(command, cwd=PROJECT, env=known, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout.strip()) == (0, "Application"), done.stderr
