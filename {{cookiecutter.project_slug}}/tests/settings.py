"""Settings of the tests: independent of the developer's environment, and without throttle rates."""

import os
import secrets
import tempfile
from pathlib import Path

os.environ.update(
    ENV_FILE="",
    SECRET_KEY=secrets.token_urlsafe(50),
    DEBUG="false",
    ADMIN_PATH="admin/",
    ALLOWED_HOSTS="testserver,localhost",
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL") or "sqlite://:memory:",
    DATABASE_POOL_SIZE="48",
    CACHE_URL="locmemcache://",
    EMAIL_URL=os.environ.get("TEST_EMAIL_URL") or "dummymail://",
    PASSWORD_RESET_URL="",
    TRUSTED_PROXIES="0",
    THROTTLE_ANON="",
    THROTTLE_USER="",
    THROTTLE_LOGIN="",
    CORS_ALLOWED_ORIGINS="",
)

from config.settings import *  # noqa: F403  # reads the environment that is set above
from config.settings import DATABASES, REST_FRAMEWORK
from hardening.testing.databases import for_tests

DATABASES |= for_tests(DATABASES["default"])

SECRET_KEY = "only-for-tests-1f8a5c0b9d3e7264-and-never-elsewhere"  # the same in all processes
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
REST_FRAMEWORK["TEST_REQUEST_DEFAULT_FORMAT"] = "json"
_static = tempfile.TemporaryDirectory()
STATIC_ROOT = Path(_static.name)
_media = tempfile.TemporaryDirectory()
MEDIA_ROOT = Path(_media.name)
