"""DRF's throttles over an exact counter: a fixed window, counted by the cache in one atomic step.

The cache has to be shared for that: `CACHE_URL`. Where it is away, requests go on and the log says so, but
for the throttles that guard secrets: nobody gets to guess for free.
"""

import functools
import hashlib
import ipaddress
import logging
import math
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework import throttling
from rest_framework.request import Request

from hardening.exceptions import TryAgain

logger = logging.getLogger(__name__)


class FixedWindowThrottle(throttling.SimpleRateThrottle):
    """DRF's interface and rates; as many requests in a window as the rate allows, across all processes.

    An empty rate switches a throttle off.
    """

    num_requests: int
    duration: int
    counted: int | None = None
    """How often this key was counted in its window; None where nothing was."""

    @property
    def policy(self) -> str:
        """The name of the limit in the answer's headers."""
        return str(self.scope)

    def get_rate(self) -> str | None:
        """Return the configured rate of this scope."""
        return super().get_rate() or None

    def parse_rate(self, rate: str | None) -> tuple[int | None, int | None]:
        """Return the requests and the seconds of *rate*, which DRF reads anew for every request."""
        return _parsed(rate)

    def get_ident(self, request: Request | HttpRequest) -> str:
        """Return the address of the client; all of an IPv6 network of 64 bits, which one client owns, are one."""
        ident: str = super().get_ident(request)  # type: ignore[arg-type]  # the admin's request has what DRF reads
        try:
            address = ipaddress.ip_address(ident)
        except ValueError:
            return ident
        return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else ident

    def allow_request(self, request: Any, view: Any) -> bool:
        """Count *request*, DRF's or Django's, and tell whether it is within the rate."""
        key = None if self.rate is None else self.get_cache_key(request, view)
        if key is None:
            return True
        self.now = self.timer()
        try:
            self.counted = self.count(f"{key}:{int(self.now // self.duration)}")
        except (RedisError, OSError) as error:
            logger.error("The cache is away; nothing is counted for %r: %s", self.scope, type(error).__name__)
            return self.allow_uncounted()
        return self.counted <= self.num_requests

    def allow_uncounted(self) -> bool:
        """Tell whether a request passes that the cache cannot count."""
        return True

    def count(self, key: str) -> int:
        """Return how often *key* was counted in its window, this time included."""
        try:
            return int(self.cache.incr(key))
        except ValueError:  # the first of the window
            if self.cache.add(key, 1, timeout=self.duration):
                return 1
            return int(self.cache.incr(key))  # another was the first meanwhile

    def wait(self) -> float:
        """Return the seconds until the next window."""
        return float(self.duration - self.now % self.duration)

    @property
    def remaining(self) -> int:
        """How many requests of this window are left."""
        return max(self.num_requests - (self.counted or 0), 0)

    @property
    def reset(self) -> int:
        """The whole seconds until the next window."""
        return math.ceil(self.wait())


class AnonRateThrottle(FixedWindowThrottle, throttling.AnonRateThrottle):
    """Requests without a user, by address."""


class UserRateThrottle(FixedWindowThrottle, throttling.UserRateThrottle):
    """Requests of a user."""


class GuardThrottle(FixedWindowThrottle):
    """Attempts to guess a secret: refused where they cannot be counted."""

    def allow_uncounted(self) -> bool:
        """Raise `TryAgain`."""
        raise TryAgain


class LoginAddressThrottle(GuardThrottle):
    """Attempts to sign in, by address."""

    scope = "login"

    def get_cache_key(self, request: Request | HttpRequest, view: Any) -> str:
        """Return the key of the address."""
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class LoginAccountThrottle(GuardThrottle):
    """Attempts to sign in, by account, from wherever they come: the text under `account_key` in any case."""

    scope = "login"
    account_key = "username"

    @property
    def policy(self) -> str:
        """The name of the limit in the answer's headers."""
        return f"{self.scope}-account"

    def get_cache_key(self, request: Request | HttpRequest, view: Any) -> str | None:
        """Return the key of the account that the body names; None where it names none."""
        data = request.data if isinstance(request, Request) else request.POST
        account = data.get(self.account_key) if hasattr(data, "get") else None
        if not isinstance(account, str):
            return None
        digest = hashlib.sha256(account.strip().lower().encode("utf-8", "replace")).hexdigest()
        return self.cache_format % {"scope": f"{self.scope}_{self.account_key}", "ident": digest}


class EmailAccountThrottle(LoginAccountThrottle):
    """Requests that send a mail, by its address."""

    account_key = "email"


@functools.cache
def _parsed(rate: str | None) -> tuple[int | None, int | None]:
    return throttling.SimpleRateThrottle.parse_rate(None, rate)  # type: ignore[arg-type]  # it uses no self


def rate_limit_headers(throttles: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Yield `RateLimit-Policy` and `RateLimit` for what *throttles* counted (draft-ietf-httpapi-ratelimit-headers)."""
    counted = [each for each in throttles if getattr(each, "counted", None) is not None]
    if not counted:
        return
    yield "RateLimit-Policy", ", ".join(f'"{each.policy}";q={each.num_requests};w={each.duration}' for each in counted)
    yield "RateLimit", ", ".join(f'"{each.policy}";r={each.remaining};t={each.reset}' for each in counted)
