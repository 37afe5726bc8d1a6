"""The project's settings as the environment has them, DEBUG and all, with the shapes beside its apps."""

from config.settings import *  # noqa: F403  # the same, but for what follows
from config.settings import DATABASES, INSTALLED_APPS
from hardening.testing.databases import for_tests

DATABASES |= for_tests(DATABASES["default"])
DATABASE_ROUTERS = ["shapes.router.Router"]
INSTALLED_APPS += ["shapes"]
ROOT_URLCONF = "deep.urls"
# Django 6.1: the shapes have an exclusion, which SQLite does without; and two are wrong on purpose.
SILENCED_SYSTEM_CHECKS = ["postgres.E005", "hardening.E005", "hardening.E030"]
