"""The rendered project's settings as in production, with the other stacks mounted beside its own routes."""

import os

from config.settings import *  # noqa: F403  # bench.rendered put the project on the path
from config.settings import LOGGING, MIDDLEWARE

ROOT_URLCONF = "bench.urls"
# Every line is formatted and written as in production, and nobody reads it.
LOGGING["handlers"]["console"]["stream"] = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  # for good

# What `django-admin startproject` writes; the other stacks stand behind these.
PLAIN_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# The project's own, but for what hardens it.
BARE_MIDDLEWARE = [each for each in MIDDLEWARE if not each.startswith("hardening.")]

# For a server that serves one kind of stack.
MIDDLEWARE = {"plain": PLAIN_MIDDLEWARE, "bare": BARE_MIDDLEWARE}.get(os.environ.get("BENCH_MIDDLEWARE"), MIDDLEWARE)
