"""Settings. They are safe by default; only the environment variables of `.env.example` loosen them."""

import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

from hardening.operations import caches, databases, email
from hardening.operations.environment import Environment
from hardening.operations.logging import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]

# Variables of the process override the file. ENV_FILE names another file; empty disables it.
env = Environment()
env.read_file("ENV_FILE", BASE_DIR)

# A missing, invalid or weak variable stops the start, and the error names it.

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret_key("SECRET_KEY", debug=DEBUG)
SECRET_KEY_FALLBACKS = env.secret_keys("SECRET_KEY_FALLBACKS", debug=DEBUG)
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", debug=DEBUG)
TRUSTED_PROXIES = env.natural("TRUSTED_PROXIES", default=0)

# The admin is served only if a path is set. Choose a path that is hard to guess.

SIGNED_IN_FOR = timedelta(hours=12)  # tokens and admin sessions
ADMIN_PATH = env.path("ADMIN_PATH")

# Apps: every folder next to this one with a models.py or apps.py, so that copying or deleting a folder is sufficient.

APPS = sorted({path.parent.name for module in ("apps", "models") for path in BASE_DIR.glob(f"*/{module}.py")})
INSTALLED_APPS = [
    *APPS,
    "hardening",
    "knox",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
if ADMIN_PATH:
    INSTALLED_APPS += ["hardening.apps.AdminConfig"]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False  # a redirect would lose the request body

# Database and cache

DATABASES = {
    "default": databases.with_limits(
        env.database("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}"),
        pool_size=env.natural("DATABASE_POOL_SIZE", default=20, least=1),
    )
}
CACHES = {"default": caches.with_limits(env.cache("CACHE_URL", default="locmemcache://"))}

# HTTP

MIDDLEWARE = [
    "hardening.middleware.request_id",
    "hardening.middleware.security_headers",
    "hardening.middleware.error_documents",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "hardening.middleware.answer_probes",
    "corsheaders.middleware.CorsMiddleware",
    "hardening.middleware.https_only",
    "hardening.middleware.body_limits",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_SSL_REDIRECT = not DEBUG
# The API rejects plain HTTP in hardening.middleware.https_only instead of redirecting; the admin redirects.
SECURE_REDIRECT_EXEMPT = ["^(livez|readyz)$", rf"^(?!{re.escape(ADMIN_PATH)})" if ADMIN_PATH else ""]
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# Without a referrer, browsers submit forms with `Origin: null`, which the CSRF check rejects.
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
# Browsers accept cookies with the prefix __Host- only from this host and over TLS.
cookie_prefix = "" if DEBUG else "__Host-"
SESSION_COOKIE_NAME = f"{cookie_prefix}sessionid"
CSRF_COOKIE_NAME = f"{cookie_prefix}csrftoken"
CSRF_COOKIE_HTTPONLY = True
# Only the admin shows messages. Django's default prepares a signed cookie for every request, 3 % of a request's cost.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_AGE = int(SIGNED_IN_FOR.total_seconds())
X_FRAME_OPTIONS = "DENY"
CORS_ALLOWED_ORIGINS = env.origins("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = "" if CORS_ALLOWED_ORIGINS else "(?!)"  # no path: the middleware has nothing to do without an origin
CORS_ALLOW_HEADERS = ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match"]
CORS_EXPOSE_HEADERS = [
    "deprecation",
    "etag",
    "idempotency-replayed",
    "link",
    "location",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "sunset",
    "x-request-id",
]
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "static"
WHITENOISE_USE_FINDERS = DEBUG
MEDIA_ROOT = BASE_DIR / "media"  # uploaded files, which no route serves

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

# Accounts

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_PREFIX": re.sub("[^a-z0-9]", "", PROJECT["name"])[:9] + "_",  # for secret scanners
    "TOKEN_TTL": SIGNED_IN_FOR,
    "TOKEN_LIMIT_PER_USER": 10,  # a login beyond it revokes the oldest token
}

PASSWORD_RESET_TIMEOUT = 3600  # seconds
PASSWORD_RESET_URL = env.page("PASSWORD_RESET_URL")
email_config = env.mail("EMAIL_URL", default="consolemail://" if DEBUG else "smtp://localhost")
if django.VERSION >= (6, 1):  # MAILERS replaces the EMAIL_* settings there, and Django rejects both together
    MAILERS = {"default": email.get_mailer(email_config)}
else:
    EMAIL_BACKEND = email_config["EMAIL_BACKEND"]
    EMAIL_FILE_PATH = email_config.get("EMAIL_FILE_PATH") or None
    EMAIL_HOST = email_config.get("EMAIL_HOST") or "localhost"
    EMAIL_HOST_PASSWORD = email_config.get("EMAIL_HOST_PASSWORD") or ""
    EMAIL_HOST_USER = email_config.get("EMAIL_HOST_USER") or ""
    EMAIL_PORT = email_config.get("EMAIL_PORT") or 25
    EMAIL_TIMEOUT = email.SECONDS
    EMAIL_USE_SSL = email_config.get("EMAIL_USE_SSL", False)
    EMAIL_USE_TLS = email_config.get("EMAIL_USE_TLS", False)
DEFAULT_FROM_EMAIL = env.address("DEFAULT_FROM_EMAIL", default="webmaster@localhost")

# The API

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["hardening.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["hardening.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["hardening.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "hardening.negotiation.ContentNegotiation",
    "DEFAULT_FILTER_BACKENDS": ["hardening.filters.SearchFilter"],
    "DEFAULT_PAGINATION_CLASS": "hardening.pagination.KeysetPagination",
    "DEFAULT_THROTTLE_CLASSES": [
        "hardening.throttling.AnonRateThrottle",
        "hardening.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": env.rate("THROTTLE_ANON", default="60/min"),
        "user": env.rate("THROTTLE_USER", default="600/min"),
        "login": env.rate("THROTTLE_LOGIN", default="5/min"),
    },
    "DEFAULT_SCHEMA_CLASS": "hardening.openapi.schema.AutoSchema",
    "DEFAULT_METADATA_CLASS": "rest_framework.metadata.SimpleMetadata" if DEBUG else None,
    "EXCEPTION_HANDLER": "hardening.errors.handler.exception_handler",
    "HTML_SELECT_CUTOFF": 100,
    "NUM_PROXIES": TRUSTED_PROXIES,
    "URL_FORMAT_OVERRIDE": None,
}
if DEBUG:  # the browsable API, which needs forms and sessions
    REST_FRAMEWORK["DEFAULT_RENDERER_CLASSES"] += ["rest_framework.renderers.BrowsableAPIRenderer"]
    REST_FRAMEWORK["DEFAULT_PARSER_CLASSES"] += [
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ]
    REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] += ["rest_framework.authentication.SessionAuthentication"]

ERROR_TYPES = "/api/v1/errors/"
IDEMPOTENCY_KEY_TTL = timedelta(hours=24)
SPECTACULAR_SETTINGS = {
    "TITLE": PYPROJECT["tool"]["project"]["title"],
    "DESCRIPTION": PROJECT["description"],
    "VERSION": PROJECT["version"],
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENFORCE_NON_BLANK_FIELDS": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "GET_LIB_DOC_EXCLUDES": "hardening.openapi.schema.undescribed",
}

# Logging and localization

LOGGING = logging_config(readable=DEBUG)
USE_I18N = False
TIME_ZONE = "UTC"
