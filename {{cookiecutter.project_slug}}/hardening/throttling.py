"""DRF's throttles over an exact counter: a fixed window, counted by the cache in one atomic step."""

from typing import Any

from rest_framework import throttling
from rest_framework.request import Request


class FixedWindowThrottle(throttling.SimpleRateThrottle):
    """DRF's interface and rates; as many requests in a window as the rate allows, across all processes.

    The cache has to be shared for that: `CACHE_URL`. An empty rate switches a throttle off.
    """

    num_requests: int
    duration: int

    def get_rate(self) -> str | None:
        """Return the configured rate of this scope."""
        return super().get_rate() or None

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count *request* and tell whether it is within the rate."""
        if self.rate is None:
            return True
        key = self.get_cache_key(request, view)
        if key is None:
            return True
        self.now = self.timer()
        key = f"{key}:{int(self.now // self.duration)}"
        return self.count(key) <= self.num_requests

    def count(self, key: str) -> int:
        """Return how often *key* was counted in its window, this time included."""
        self.cache.add(key, 0, timeout=self.duration)
        try:
            return int(self.cache.incr(key))
        except ValueError:  # it expired between the two
            self.cache.add(key, 1, timeout=self.duration)
            return 1

    def wait(self) -> float:
        """Return the seconds until the next window."""
        return float(self.duration - self.now % self.duration)


class AnonRateThrottle(FixedWindowThrottle, throttling.AnonRateThrottle):
    """Requests without a user, by address."""


class UserRateThrottle(FixedWindowThrottle, throttling.UserRateThrottle):
    """Requests of a user."""


class LoginRateThrottle(FixedWindowThrottle):
    """Attempts to sign in, by address and by account."""

    scope = "login"

    def get_cache_key(self, request: Request, view: Any) -> str:
        """Return the key of the address."""
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
