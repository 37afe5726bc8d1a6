"""What the environment may not leave weak."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning as CheckWarning
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle


def check_rates(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check that every throttle rate can be read."""
    rates: dict[str, Any] = api_settings.DEFAULT_THROTTLE_RATES
    return [error for scope, rate in rates.items() for error in _rate(scope, rate)]


def check_deployment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check what production needs and a laptop does not."""
    if "locmem" not in settings.CACHES["default"]["BACKEND"]:
        return []
    hint = "Set CACHE_URL to a Redis or Valkey server."
    return [
        CheckWarning("Every process counts requests for itself, so limits are not exact.", hint, id="hardening.W020")
    ]


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
