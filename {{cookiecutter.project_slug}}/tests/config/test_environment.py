"""Environment variables are parsed strictly; an error contains the name of a variable and never its value."""

import secrets
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

from hardening.operations.caches import with_limits as with_cache_limits
from hardening.operations.databases import with_limits
from hardening.operations.environment import Environment

pytestmark = pytest.mark.once

# How config/settings.py reads each variable.
READERS: dict[str, Callable[[Environment], Any]] = {
    "ADMIN_PATH": lambda env: env.path("ADMIN_PATH"),
    "ALLOWED_HOSTS": lambda env: env.hosts("ALLOWED_HOSTS", debug=False),
    "CACHE_URL": lambda env: with_cache_limits(env.cache("CACHE_URL", default="locmemcache://")),
    "CORS_ALLOWED_ORIGINS": lambda env: env.origins("CORS_ALLOWED_ORIGINS"),
    "DATABASE_POOL_SIZE": lambda env: env.natural("DATABASE_POOL_SIZE", default=20, least=1),
    "DATABASE_URL": lambda env: with_limits(env.database("DATABASE_URL", default=""), pool_size=20),
    "DEBUG": lambda env: env.flag("DEBUG"),
    "DEFAULT_FROM_EMAIL": lambda env: env.address("DEFAULT_FROM_EMAIL", default="a@b"),
    "PASSWORD_RESET_URL": lambda env: env.page("PASSWORD_RESET_URL"),
    "SECRET_KEY": lambda env: env.secret_key("SECRET_KEY", debug=False),
    "SECRET_KEY_FALLBACKS": lambda env: env.secret_keys("SECRET_KEY_FALLBACKS", debug=False),
    "THROTTLE_ANON": lambda env: env.rate("THROTTLE_ANON", default=""),
    "TRUSTED_PROXIES": lambda env: env.natural("TRUSTED_PROXIES", default=0),
}


KEYS = secrets.token_urlsafe(50), secrets.token_urlsafe(50)


def read(name: str, variables: Mapping[str, str]) -> Any:
    env = Environment()
    env.ENVIRON = FileAwareMapping(dict(variables))
    return READERS[name](env)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("DEBUG", value) for value in ("maybe", "True!", "2", "-1", "ja", "truefalse", "none", "1.0")],
        *[
            ("THROTTLE_ANON", value)
            for value in ("abc", "60", "0/min", "-1/min", "60/", "/min", "60/monkey", "6e1/min", "60/min/min", "٣/min")
        ],
        *[("TRUSTED_PROXIES", value) for value in ("1.5", "٣", "1e1", "0x1", "1" * 5000, "one")],
        *[("DATABASE_POOL_SIZE", value) for value in ("0", "-1", "1.5", "")],
        *[
            ("ALLOWED_HOSTS", value)
            for value in (
                "*.example.com",
                "api.example.com:8000",
                "a b",
                "api.example.com,a_/b",
                "[::1",
                "a..b",
                "ä.de",
            )
        ],
        *[
            ("CORS_ALLOWED_ORIGINS", value)
            for value in (
                "*",
                "null",
                "app.canary.org",
                "https://app.example.com/",
                "https://app.example.com/path",
                "ssh:",
                "https://*.example.com",
                "https://user:canary@app.example.com",
                "https://a.example.com https://b.example",
                "https://app.example.com:port",
                "https://app.example.com:99999",
            )
        ],
        *[
            ("PASSWORD_RESET_URL", value)
            for value in ("http:", "https:///reset", "ftp://a.example.com", "https://a b/", "https://a:port/")
        ],
        *[("ADMIN_PATH", value) for value in ("<int:id>/", "a b/", "a?b", "../admin", "^admin", "a//b")],
        *[("DEFAULT_FROM_EMAIL", value) for value in ("nobody", "@", "a@", "@b", "a b")],
        ("CACHE_URL", "$canary"),
        *[
            ("DATABASE_URL", f"postgresql://user:canary@host/name?{query}")
            for query in (
                "options=-c%20statement_timeout%3D0",
                "options=--statement-timeout%3D0",
                "options=-cLOCK_TIMEOUT%3D0",
                "options=-c%20idle_in_transaction_session_timeout%3D0",
                "pool=maybe",
                "pool=30",
                "connect_timeout=0",
                "connect_timeout=-1",
                "connect_timeout=never",
                "connect_timeout=3600",
                "conn_max_age=60",
                "autocommit=False",
                "atomic_requests=True",
                "statement_timeout=0",
                "sslmod=require",
            )
        ],
        *[
            ("DATABASE_URL", f"sqlite:////canary/db.sqlite3?{query}")
            for query in ("transaction_mode=DEFERRED", "timeout=0", "timeout=-1", "autocommit=False")
        ],
    ],
)
def test_an_invalid_value_is_rejected_and_the_error_contains_only_the_name(name, value):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(name, {name: value})

    assert name in str(refusal.value)
    assert "canary" not in "".join(traceback.format_exception(refusal.value))
    assert len(value) < 6 or value not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        *[("DEBUG", value, True) for value in ("true", "True", " TRUE\n", "1", "yes", "on")],
        *[("DEBUG", value, False) for value in ("", "false", "0", "no", "off", "OFF ")],
        (
            "ALLOWED_HOSTS",
            " a.example.com, .example.org,[::1], under_score,",
            ["a.example.com", ".example.org", "[::1]", "under_score"],
        ),
        (
            "CORS_ALLOWED_ORIGINS",
            "https://a.example.com, http://localhost:3000",
            ["https://a.example.com", "http://localhost:3000"],
        ),
        ("CORS_ALLOWED_ORIGINS", "capacitor://localhost", ["capacitor://localhost"]),
        *[("THROTTLE_ANON", value, value) for value in ("10/s", "60/min", "5/minute", "100/h", "1000/day", "")],
        ("PASSWORD_RESET_URL", "https://app.example.com:8443/reset?a=b#c", "https://app.example.com:8443/reset?a=b#c"),
        ("DEFAULT_FROM_EMAIL", "The API <api@example.com>", "The API <api@example.com>"),
        ("DEFAULT_FROM_EMAIL", "", "a@b"),
        ("DATABASE_POOL_SIZE", " 1 ", 1),
        *[("ADMIN_PATH", value, "admin/") for value in ("admin", "/admin/", "admin/")],
        ("ADMIN_PATH", "a/b-7f3a", "a/b-7f3a/"),
        ("ADMIN_PATH", "/", ""),
        ("SECRET_KEY_FALLBACKS", f"{KEYS[0]}, {KEYS[1]},", list(KEYS)),
        ("SECRET_KEY_FALLBACKS", "", []),
    ],
)
def test_a_valid_value_is_converted(name, value, meant):
    assert read(name, {name: value}) == meant


def test_a_value_that_starts_with_a_dollar_sign_is_not_expanded():
    key = f"$DEBUG{secrets.token_urlsafe(50)}"

    assert read("SECRET_KEY", {"SECRET_KEY": key}) == key


def test_a_value_in_a_file_may_end_with_a_line_break(tmp_path):
    (tmp_path / "hosts").write_text("a.example.com,b.example.com\n")

    hosts = read("ALLOWED_HOSTS", {"ALLOWED_HOSTS_FILE": str(tmp_path / "hosts")})

    assert hosts == ["a.example.com", "b.example.com"]


LIMITS = "-c statement_timeout=10s -c lock_timeout=3s -c idle_in_transaction_session_timeout=15s"


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("options=-c%20search_path%3Dapi", {"options": f"-c search_path=api {LIMITS}"}),
        ("pool=true", {}),
        ("pool=1&sslmode=require", {"sslmode": "require"}),
        ("sslmode=verify-full&sslrootcert=/ca.pem", {"sslmode": "verify-full", "sslrootcert": "/ca.pem"}),
        ("connect_timeout=10&application_name=api", {"connect_timeout": 10, "application_name": "api"}),
        ("isolation_level=4&assume_role=api", {"isolation_level": 4, "assume_role": "api"}),
        ("conn_max_age=0&target_session_attrs=read-write", {"target_session_attrs": "read-write"}),
    ],
)
def test_options_of_the_database_url_are_combined_with_the_limits(query, kept):
    database = read("DATABASE_URL", {"DATABASE_URL": f"postgresql://user:password@host/name?{query}"})

    pool = database["OPTIONS"].pop("pool")
    assert (pool["min_size"], pool["max_size"]) == (1, 20)
    assert database["ENGINE"] == "hardening.operations.postgresql"
    assert database["CONN_HEALTH_CHECKS"] is False  # the engine has its own
    assert database["OPTIONS"] == {"connect_timeout": 3, "options": LIMITS} | kept


def test_a_database_without_a_pool_keeps_its_limits():
    database = read("DATABASE_URL", {"DATABASE_URL": "postgresql://host/name?pool=false&conn_max_age=60"})

    assert database["OPTIONS"] == {"connect_timeout": 3, "options": LIMITS}
    assert database["CONN_HEALTH_CHECKS"] is True
    assert database["DISABLE_SERVER_SIDE_CURSORS"] is True  # for PgBouncer


@pytest.mark.parametrize(("query", "seconds"), [("", None), ("?conn_max_age=0", 0)])
def test_connections_to_sqlite_stay_open_unless_the_url_says_otherwise(query, seconds):
    database = read("DATABASE_URL", {"DATABASE_URL": f"sqlite:////tmp/db.sqlite3{query}"})

    assert database["CONN_MAX_AGE"] == seconds


def test_commands_of_a_sqlite_url_run_before_the_projects_own():
    url = "sqlite:////tmp/db.sqlite3?init_command=PRAGMA%20foreign_keys%3DOFF;&transaction_mode=exclusive&timeout=5"
    options = read("DATABASE_URL", {"DATABASE_URL": url})["OPTIONS"]

    first, _semicolon, rest = options["init_command"].partition("; ")
    assert first == "PRAGMA foreign_keys=OFF"
    assert rest.startswith("PRAGMA foreign_keys=ON; ")
    assert (options["timeout"], options["transaction_mode"]) == (5, "EXCLUSIVE")


def test_options_of_the_cache_url_do_not_remove_its_timeouts():
    options = read("CACHE_URL", {"CACHE_URL": "redis://localhost?socket_timeout=0&socket_connect_timeout=0"})["OPTIONS"]

    assert (options["socket_timeout"], options["socket_connect_timeout"]) == (1, 1)
