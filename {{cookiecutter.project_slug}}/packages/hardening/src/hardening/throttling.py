"""DRF's throttles with an exact counter: a fixed window that the cache counts in one atomic operation.

Counting across processes requires a shared cache (`CACHE_URL`). While the cache is unavailable, requests are allowed
and an error is logged, except by a `GuardThrottle`: an attempt to guess a password is rejected if it cannot be counted.
"""

import functools
import logging
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.http import HttpRequest
from rest_framework import throttling
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from hardening.canonical import canonical_email, canonical_text, digest
from hardening.exceptions import TryAgain
from hardening.operations.caches import CACHE_ERRORS, in_time
from hardening.operations.client_addresses import client_of

logger = logging.getLogger(__name__)

KNOWN_FOR = 30 * 24 * 3600  # seconds for which an address is remembered after a log-in


class FixedWindowThrottle(throttling.SimpleRateThrottle):
    """Allow as many requests in a fixed window as the rate says, counted across all processes.

    Scopes and rates are configured as for DRF's throttles. An empty rate disables the throttle.
    """

    num_requests: int
    duration: int
    counted: int | None = None
    """The number of requests in the current window, with this one; None if the request was not counted."""

    @property
    def policy(self) -> str:
        """The name of the rate limit in the response headers."""
        return str(self.scope)

    def get_rate(self) -> str | None:
        """Return the configured rate of the scope; None if it is empty."""
        return super().get_rate() or None

    def parse_rate(self, rate: str | None) -> tuple[int | None, int | None]:
        """Return the number of requests and the seconds of *rate*; cached, because DRF parses it for every request."""
        return _parse_rate(rate)

    def get_ident(self, request: Request | HttpRequest) -> str:
        """Return the client that the IP address of *request* belongs to, as text."""
        return client_of(super().get_ident(request) or "")  # type: ignore[arg-type]  # Django's request has the attributes that DRF reads

    def allow_request(self, request: Any, view: Any) -> bool:
        """Count *request* (DRF's or Django's) and return whether it is within the rate limit."""
        key = None if self.rate is None else self.get_cache_key(request, view)
        if key is None:
            return True
        self.now = self.timer()
        try:
            with in_time():
                self.counted = self.count(f"{key}:{int(self.now // self.duration)}")
        except CACHE_ERRORS as error:
            name = type(error).__name__
            logger.error("The cache is unavailable; the throttle %r counts nothing: %s", self.scope, name)
            return self.allow_uncounted()
        return self.counted <= self.num_requests

    def allow_uncounted(self) -> bool:
        """Return whether to allow a request that the cache cannot count."""
        return True

    def count(self, key: str) -> int:
        """Increment the counter *key*, and return its value."""
        try:
            return int(self.cache.incr(key))
        except ValueError:  # the first request of the window
            if self.cache.add(key, 1, timeout=self.duration):
                return 1
            return int(self.cache.incr(key))  # a concurrent request was the first

    def wait(self) -> float:
        """Return the seconds until the next window begins."""
        return float(self.duration - self.now % self.duration)

    @property
    def remaining(self) -> int:
        """The number of requests left in the current window."""
        return max(self.num_requests - (self.counted or 0), 0)

    @property
    def reset(self) -> int:
        """The seconds until the next window begins, rounded up."""
        return math.ceil(self.wait())


class AnonRateThrottle(FixedWindowThrottle, throttling.AnonRateThrottle):
    """Limit anonymous requests by IP address."""


class UserRateThrottle(FixedWindowThrottle, throttling.UserRateThrottle):
    """Limit the requests of each user."""


class GuardThrottle(FixedWindowThrottle):
    """Limit attempts to guess a secret; reject a request that cannot be counted."""

    def allow_uncounted(self) -> bool:
        """Raise `TryAgain` (503)."""
        raise TryAgain


class LoginAddressThrottle(GuardThrottle):
    """Limit log-in attempts by IP address."""

    scope = "login"

    def get_cache_key(self, request: Request | HttpRequest, view: Any) -> str:
        """Return the cache key of the IP address."""
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class LoginAccountThrottle(GuardThrottle):
    """Limit log-in attempts by account, from all IP addresses together.

    The account is the field `account_key` of the request body, in the canonical form that the database compares.
    Anyone can use up these attempts. An address that has logged in to the account before therefore has a counter of
    its own, so that a guesser cannot lock out the owner. See "Locked accounts" in `docs/security.md`.
    """

    scope = "login"
    account_key = "username"

    @property
    def policy(self) -> str:
        """The name of the rate limit in the response headers."""
        return f"{self.scope}-account"

    def get_account(self, request: Request | HttpRequest) -> Any:
        """Return the account named in *request*, not normalized; None if there is none."""
        return _read_body(request).get(self.account_key)

    def get_cache_key(self, request: Request | HttpRequest, view: Any) -> str | None:
        """Return the cache key of the account named in *request*; None if there is none."""
        account = self.get_account(request)
        if not isinstance(account, str):
            return None
        key = self.get_account_key(account)
        address = self.get_ident(request)
        return f"{key}:{address}" if self.is_known(key, address) else key

    def get_account_key(self, account: str) -> str:
        """Return the cache key of *account*, the same for all spellings of its name."""
        ident = digest(canonical_text(account))
        return self.cache_format % {"scope": f"{self.scope}_{self.account_key}", "ident": ident}

    def is_known(self, key: str, address: str) -> bool:
        """Return whether the account logged in from *address* recently; False while the cache is unavailable."""
        try:
            with in_time():
                return self.cache.get(_build_address_key(key, address)) is not None
        except CACHE_ERRORS:
            return False

    def remember(self, account: str, request: Request | HttpRequest) -> None:
        """Remember for `KNOWN_FOR` seconds that *account* logged in from the IP address of *request*."""
        if self.rate is None:
            return
        try:
            key = _build_address_key(self.get_account_key(account), self.get_ident(request))
            with in_time():
                self.cache.set(key, 1, timeout=KNOWN_FOR)
        except CACHE_ERRORS as error:
            logger.error("The cache is unavailable; the address is not remembered: %s", type(error).__name__)


class CurrentPasswordThrottle(LoginAccountThrottle):
    """Limit attempts to guess the requesting user's own password; they share the counter of the log-in attempts."""

    password_keys = ("current_password", "old_password")  # the field names in the API and in the admin

    def get_account(self, request: Request | HttpRequest) -> Any:
        """Return the requesting user's username if the request contains a password to check."""
        if request.method in SAFE_METHODS or not request.user.is_authenticated:
            return None
        data = _read_body(request)
        return request.user.get_username() if any(key in data for key in self.password_keys) else None


class EmailAccountThrottle(LoginAccountThrottle):
    """Limit requests that send an email, by email address."""

    account_key = "email"

    def get_account_key(self, account: str) -> str:
        """Return the cache key of the email address, the same for all its spellings."""
        ident = digest(canonical_email(account))
        return self.cache_format % {"scope": f"{self.scope}_{self.account_key}", "ident": ident}


def remember_address(request: Request | HttpRequest | None = None, user: Any = None, **kwargs: Any) -> None:
    """Remember the IP address that *user* logged in from, as a receiver of `user_logged_in`."""
    if request is not None and request.META.get("REMOTE_ADDR"):
        LoginAccountThrottle().remember(user.get_username(), request)


def _build_address_key(key: str, address: str) -> str:
    return f"{key}:{address}:known"


def _read_body(request: Request | HttpRequest) -> Mapping[str, Any]:
    data = request.data if isinstance(request, Request) else request.POST
    return data if isinstance(data, Mapping) else {}


@functools.cache
def _parse_rate(rate: str | None) -> tuple[int | None, int | None]:
    return throttling.SimpleRateThrottle.parse_rate(None, rate)  # type: ignore[arg-type]  # it does not use self


def rate_limit_headers(throttles: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Yield the headers `RateLimit-Policy` and `RateLimit` for those of *throttles* that counted the request.

    The format is that of draft-ietf-httpapi-ratelimit-headers.
    """
    limits = [throttle for throttle in throttles if getattr(throttle, "counted", None) is not None]
    if not limits:
        return
    policies = (f'"{limit.policy}";q={limit.num_requests};w={limit.duration}' for limit in limits)
    yield "RateLimit-Policy", ", ".join(policies)
    yield "RateLimit", ", ".join(f'"{limit.policy}";r={limit.remaining};t={limit.reset}' for limit in limits)
