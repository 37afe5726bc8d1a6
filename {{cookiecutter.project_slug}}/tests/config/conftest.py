"""Fixtures of the tests of the configuration."""

import pytest
from rest_framework.throttling import SimpleRateThrottle

LOGIN, REGISTRATION, OWN, PROFILES, RESET = (
    f"/api/v1/{path}/" for path in ("auth/login", "accounts", "accounts/me", "profiles", "auth/password-reset")
)
PASSWORD = "correct horse battery"


@pytest.fixture
def rates(monkeypatch):
    """Return a function that sets throttle rates."""

    def rated(**changed: str) -> None:
        monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {**SimpleRateThrottle.THROTTLE_RATES, **changed})

    return rated
