"""The rendered project's settings as in production, with the routes of the other stacks."""

import os

from config.settings import *  # noqa: F403  # bench.rendered adds the project to the path
from config.settings import INSTALLED_APPS, LOGGING, MIDDLEWARE

ROOT_URLCONF = "bench.urls"
INSTALLED_APPS = [*INSTALLED_APPS, "bench"]
# Log entries are formatted and written as in production, and discarded.
LOGGING["handlers"]["console"]["stream"] = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  # stays open until the process ends

# The middleware of `django-admin startproject`, which the other stacks use.
PLAIN_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# The project's middleware without that of hardening.
BARE_MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("hardening.")]

# bench.server starts one server for each list of middleware.
MIDDLEWARE = {"plain": PLAIN_MIDDLEWARE, "bare": BARE_MIDDLEWARE}.get(os.environ.get("BENCH_MIDDLEWARE"), MIDDLEWARE)
