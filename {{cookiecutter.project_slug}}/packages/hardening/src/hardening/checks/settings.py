"""What the environment may not leave weak."""

import os
from difflib import get_close_matches
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning as CheckWarning
from rest_framework.permissions import AllowAny
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle

from hardening.operations.environment import Environment

# What every request has to pass, outermost first.
_MIDDLEWARE = [
    "hardening.middleware.request_id",
    "hardening.middleware.security_headers",
    "hardening.middleware.error_documents",
    "hardening.middleware.answer_probes",
    "hardening.middleware.https_only",
    "hardening.middleware.body_limits",
]


def check_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check what holds on a laptop too: rates that can be read, our middleware, closed defaults."""
    rates: dict[str, Any] = api_settings.DEFAULT_THROTTLE_RATES
    found: list[CheckMessage] = [error for scope, rate in rates.items() for error in _rate(scope, rate)]
    if [each for each in settings.MIDDLEWARE if each in _MIDDLEWARE] != _MIDDLEWARE:
        hint = f"Have these in it, in this order: {', '.join(_MIDDLEWARE)}."
        found.append(Error("MIDDLEWARE lacks a part of hardening.", hint, id="hardening.E025"))
    if api_settings.NUM_PROXIES is None:
        hint = "Set REST_FRAMEWORK['NUM_PROXIES'] to TRUSTED_PROXIES, 0 where there is none."
        found.append(Error("Throttles believe whatever X-Forwarded-For says.", hint, id="hardening.E022"))
    defaults: Any = api_settings.DEFAULT_PERMISSION_CLASSES
    if not defaults or AllowAny in defaults:
        hint = "Have IsAuthenticated in DEFAULT_PERMISSION_CLASSES, and Public on the views that need it."
        found.append(Error("A view is open unless it says otherwise.", hint, id="hardening.E026"))
    if apps.is_installed("parler") and getattr(settings, "PARLER_ENABLE_CACHING", True):
        hint = "Set PARLER_ENABLE_CACHING = False."
        text = "Translations are cached before they are committed, so that rejected ones are shown."
        found.append(CheckWarning(text, hint, id="hardening.W048"))
    return [*found, *_misspelt()]


def check_deployment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check what production needs and a laptop does not."""
    found: list[CheckMessage] = []
    if "locmem" in settings.CACHES["default"]["BACKEND"]:
        hint = "Set CACHE_URL to a Redis or Valkey server."
        text = "Every process counts requests for itself, so limits are not exact."
        found.append(CheckWarning(text, hint, id="hardening.W020"))
    if "*" in settings.ALLOWED_HOSTS:
        hint = "Name the hosts in ALLOWED_HOSTS."
        found.append(Error("This answers to every host name.", hint, id="hardening.E023"))
    if getattr(settings, "CORS_ALLOW_ALL_ORIGINS", False) or "*" in getattr(settings, "CORS_ALLOWED_ORIGINS", ()):
        hint = "Name the origins in CORS_ALLOWED_ORIGINS."
        found.append(Error("Every origin's scripts may read this.", hint, id="hardening.E024"))
    return found


def _misspelt() -> list[CheckMessage]:
    """Find variables whose names are nearly ones that are read; `X_DATABASE_URL` is meant to be another one."""
    known = Environment.asked
    found: list[CheckMessage] = []
    for name in sorted(os.environ.keys() - known):
        meant = get_close_matches(name, known, n=1, cutoff=0.85)
        if not meant or name.startswith(f"{meant[0]}_") or name.endswith(f"_{meant[0]}"):
            continue
        hint = f"Call it {meant[0]}, or read it with `env` in config/settings.py."
        found.append(CheckWarning(f"Nothing reads the environment's {name}.", hint, id="hardening.W021"))
    return found


def _rate(scope: str, rate: str | None) -> list[CheckMessage]:
    if not rate:
        return []
    try:
        number, _seconds = SimpleRateThrottle.parse_rate(None, rate)  # type: ignore[arg-type]  # it uses no self
    except (ValueError, KeyError):
        number = 0
    if number and number > 0:
        return []
    return [
        Error(f"THROTTLE_{scope.upper()} is no rate: {rate!r}.", hint="60/min, 10/s, 1000/day.", id="hardening.E021")
    ]
