"""The settings of the tests of hardening: the app `shapes`, and no app of a project."""

import os
import tempfile
from datetime import timedelta

import environ

from hardening.operations.databases import with_limits
from hardening.operations.logging import logging_config
from hardening.testing.databases import for_tests

SECRET_KEY = "only-for-tests-1f8a5c0b9d3e7264-and-never-elsewhere"
DEBUG = False
ALLOWED_HOSTS = ["testserver"]
TRUSTED_PROXIES = 0
ADMIN_PATH = "admin/"
IDEMPOTENCY_KEY_TTL = timedelta(hours=24)
ERROR_TYPES = "/api/v1/errors/"
CONTRACT_FACTORIES = ["shapes.factories"]

INSTALLED_APPS = [
    "hardening",
    "shapes",
    "knox",
    "rest_framework",
    "drf_spectacular",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
ROOT_URLCONF = "shapes.root_urls"
MIGRATION_MODULES = dict.fromkeys(["admin", "auth", "contenttypes", "knox", "sessions"])  # their tables in one step
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASE_ROUTERS = ["shapes.router.Router"]
DATABASES = for_tests(
    with_limits(environ.Env.db_url_config(os.environ.get("TEST_DATABASE_URL") or "sqlite://:memory:"), pool_size=48)
)
MIDDLEWARE = [
    "hardening.middleware.request_id",
    "hardening.middleware.security_headers",
    "hardening.middleware.error_documents",
    "django.middleware.security.SecurityMiddleware",
    "hardening.middleware.answer_probes",
    "hardening.middleware.https_only",
    "hardening.middleware.body_limits",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
SECURE_SSL_REDIRECT = False
STATIC_URL = "static/"
STATIC_ROOT = tempfile.gettempdir()
_media = tempfile.TemporaryDirectory()
MEDIA_ROOT = _media.name
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer"}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["hardening.authentication.BearerAuthentication"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "hardening.negotiation.ContentNegotiation",
    "DEFAULT_FILTER_BACKENDS": ["hardening.filters.SearchFilter"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_PAGINATION_CLASS": "hardening.pagination.KeysetPagination",
    "DEFAULT_PARSER_CLASSES": ["hardening.parsers.JSONParser"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["hardening.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "hardening.openapi.schema.AutoSchema",
    "DEFAULT_THROTTLE_RATES": {"anon": None, "user": None, "login": None},
    "EXCEPTION_HANDLER": "hardening.errors.handler.exception_handler",
    "HTML_SELECT_CUTOFF": 100,
    "NUM_PROXIES": 0,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,
}
LOGGING = logging_config(readable=False)
USE_I18N = False
TIME_ZONE = "UTC"
