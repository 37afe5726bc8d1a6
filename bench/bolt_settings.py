"""The settings of the server of django-bolt, which finds its API by them."""

from bench.settings import *  # noqa: F403  # all settings of the other servers
from bench.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django_bolt"]
BOLT_API = ["bench.stacks.bolt_api:api"]
