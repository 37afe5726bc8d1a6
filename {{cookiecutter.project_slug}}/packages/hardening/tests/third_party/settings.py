"""The settings of the tests with the packages that `docs/packages.md` lists: `make test-packages`."""

import os

from tests.settings import *  # noqa: F403  # the same, but for what follows
from tests.settings import DATABASES, INSTALLED_APPS

PACKAGES = [
    "dj_rest_auth",
    "django.contrib.postgres",
    "django_countries",
    "django_filters",
    "djmoney",
    "guardian",
    "parler",
    "polymorphic",
    "rest_framework_simplejwt",
    "taggit",
]
# Without the shapes of other tests, whose tables need their migrations, and without their second database.
PROJECT = [app for app in INSTALLED_APPS if app != "shapes"]
# A package that registers its fields does so whether it is loaded before the project's apps or after them.
if os.environ.get("PACKAGES_FIRST"):
    INSTALLED_APPS = [*PACKAGES, *PROJECT, "third_party"]
else:
    INSTALLED_APPS = [*PROJECT, *PACKAGES, "third_party"]
DATABASES = {"default": DATABASES["default"]}
DATABASE_ROUTERS: list[str] = []

AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "guardian.backends.ObjectPermissionBackend"]
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LANGUAGE_CODE = "en"
USE_I18N = True
PARLER_ENABLE_CACHING = False
PARLER_LANGUAGES = {
    None: ({"code": "en"}, {"code": "de"}),
    "default": {"fallbacks": ["en"], "hide_untranslated": False},
}
REST_AUTH = {
    "TOKEN_MODEL": None,
    "USE_JWT": True,
    "SESSION_LOGIN": False,
    "JWT_AUTH_HTTPONLY": False,
    "USER_DETAILS_SERIALIZER": "third_party.accounts.DetailsSerializer",
}
STATIC_URL = "/static/"


class _NoMigrations:
    """No app has migrations here: PostgreSQL creates tables without them first, before those that they refer to."""

    def __contains__(self, app_label: str) -> bool:
        return True

    def __getitem__(self, app_label: str) -> None:
        return None


MIGRATION_MODULES = _NoMigrations()
