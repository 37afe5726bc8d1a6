"""Checks of settings and environment variables."""

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

# The required middleware, in order.
_MIDDLEWARE = [
    "hardening.middleware.request_id",
    "hardening.middleware.security_headers",
    "hardening.middleware.error_documents",
    "hardening.middleware.answer_probes",
    "hardening.middleware.https_only",
    "hardening.middleware.body_limits",
]


def check_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check the settings that matter in development too: throttle rates, middleware, and default permissions."""
    rates: dict[str, Any] = api_settings.DEFAULT_THROTTLE_RATES
    found: list[CheckMessage] = [error for scope, rate in rates.items() for error in _check_rate(scope, rate)]
    if [path for path in settings.MIDDLEWARE if path in _MIDDLEWARE] != _MIDDLEWARE:
        hint = f"Add these, in this order: {', '.join(_MIDDLEWARE)}."
        text = "MIDDLEWARE does not contain the middleware of hardening in the right order."
        found.append(Error(text, hint, id="hardening.E025"))
    if api_settings.NUM_PROXIES is None:
        hint = "Set REST_FRAMEWORK['NUM_PROXIES'] to TRUSTED_PROXIES, which is 0 without a proxy."
        found.append(Error("Throttles trust X-Forwarded-For from any client.", hint, id="hardening.E022"))
    defaults: Any = api_settings.DEFAULT_PERMISSION_CLASSES
    if not defaults or AllowAny in defaults:
        hint = "Set DEFAULT_PERMISSION_CLASSES to IsAuthenticated, and use Public on the views that need it."
        found.append(Error("Views are public by default.", hint, id="hardening.E026"))
    if apps.is_installed("parler") and getattr(settings, "PARLER_ENABLE_CACHING", True):
        hint = "Set PARLER_ENABLE_CACHING = False."
        text = "django-parler caches translations before they are committed, so that rolled-back ones are served."
        found.append(CheckWarning(text, hint, id="hardening.W048"))
    return [*found, *_check_unused_variables()]


def check_deployment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check the settings that only matter in production."""
    found: list[CheckMessage] = []
    if "locmem" in settings.CACHES["default"]["BACKEND"]:
        hint = "Set CACHE_URL to a Redis or Valkey server."
        text = "Every process counts requests separately, so that rate limits are not exact."
        found.append(CheckWarning(text, hint, id="hardening.W020"))
    if "*" in settings.ALLOWED_HOSTS:
        hint = "List the host names in ALLOWED_HOSTS."
        found.append(Error("ALLOWED_HOSTS allows every host name.", hint, id="hardening.E023"))
    if getattr(settings, "CORS_ALLOW_ALL_ORIGINS", False) or "*" in getattr(settings, "CORS_ALLOWED_ORIGINS", ()):
        hint = "List the origins in CORS_ALLOWED_ORIGINS."
        found.append(Error("CORS allows scripts of every origin to read responses.", hint, id="hardening.E024"))
    return found


def _check_unused_variables() -> list[CheckMessage]:
    """Find unused variables with a name similar to a used one, but not with an affix such as `X_DATABASE_URL`."""
    used = Environment.asked
    found: list[CheckMessage] = []
    for name in sorted(os.environ.keys() - used):
        similar = get_close_matches(name, used, n=1, cutoff=0.85)
        if not similar or name.startswith(f"{similar[0]}_") or name.endswith(f"_{similar[0]}"):
            continue
        hint = f"Rename it to {similar[0]}, or read it with `env` in config/settings.py."
        found.append(CheckWarning(f"The environment variable {name} is not used.", hint, id="hardening.W021"))
    return found


def _check_rate(scope: str, rate: str | None) -> list[CheckMessage]:
    if not rate:
        return []
    try:
        number, _seconds = SimpleRateThrottle.parse_rate(None, rate)  # type: ignore[arg-type]  # it does not use self
    except (ValueError, KeyError):
        number = 0
    if number and number > 0:
        return []
    hint = "Use a rate such as 60/min, 10/s or 1000/day."
    return [Error(f"THROTTLE_{scope.upper()} is not a throttle rate: {rate!r}.", hint=hint, id="hardening.E021")]
