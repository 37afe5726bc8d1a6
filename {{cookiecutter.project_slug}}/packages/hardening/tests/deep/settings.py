"""The settings of the project's tests, with the app `shapes` beside the project's own."""

from tests.settings import *  # noqa: F403  # the same, but for what follows
from tests.settings import INSTALLED_APPS

INSTALLED_APPS += ["shapes"]
DATABASE_ROUTERS = ["shapes.router.Router"]
ROOT_URLCONF = "deep.urls"
# Some models of `shapes` are wrong on purpose, and `migrate` runs the checks.
SILENCED_SYSTEM_CHECKS = ["hardening.E005", "hardening.E030", "postgres.E005"]
