"""DRF's throttles over an exact counter: a fixed window, counted by the cache in one atomic step.

The cache has to be shared for that: `CACHE_URL`. Where it is away, requests go on and the log says so, but
for the throttles that guard secrets: nobody gets to guess for free.
"""

import functools
import logging
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework import throttling
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from hardening.canonical import canonical_email, canonical_text, digest
from hardening.exceptions import TryAgain
from hardening.operations.client_addresses import client_of

logger = logging.getLogger(__name__)

KNOWN_FOR = 30 * 24 * 3600  # seconds in which an address counts as one of an account, after signing in from it


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
        """Return the client that the address of *request* stands for."""
        return client_of(super().get_ident(request) or "")  # type: ignore[arg-type]  # the admin's has what DRF reads

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
    """Attempts to sign in, by account, from wherever they come: what the database compares of the `account_key`.

    Anybody may use these attempts up, so an address that has signed in to the account before has its own: a stranger
    who guesses cannot lock out the owner. See "Locked accounts" in `docs/security.md`.
    """

    scope = "login"
    account_key = "username"

    @property
    def policy(self) -> str:
        """The name of the limit in the answer's headers."""
        return f"{self.scope}-account"

    def get_account(self, request: Request | HttpRequest) -> Any:
        """Return the name of the account that *request* is about, in any spelling; None if there is none."""
        return _body(request).get(self.account_key)

    def get_cache_key(self, request: Request | HttpRequest, view: Any) -> str | None:
        """Return the key of the account that the request names; None where it names none."""
        account = self.get_account(request)
        if not isinstance(account, str):
            return None
        key = self.get_account_key(account)
        address = self.get_ident(request)
        return f"{key}:{address}" if self.is_known(key, address) else key

    def get_account_key(self, account: str) -> str:
        """Return the key of *account*, the same for all its spellings."""
        ident = digest(canonical_text(account))
        return self.cache_format % {"scope": f"{self.scope}_{self.account_key}", "ident": ident}

    def is_known(self, key: str, address: str) -> bool:
        """Tell whether the account has signed in from *address* lately; False where the cache is away."""
        try:
            return self.cache.get(_known(key, address)) is not None
        except (RedisError, OSError):
            return False

    def remember(self, account: str, request: Request | HttpRequest) -> None:
        """Remember that *account* signed in from the address of *request*."""
        if self.rate is None:
            return
        try:
            self.cache.set(_known(self.get_account_key(account), self.get_ident(request)), 1, timeout=KNOWN_FOR)
        except (RedisError, OSError) as error:
            logger.error("The cache is away; an address is not remembered: %s", type(error).__name__)


class CurrentPasswordThrottle(LoginAccountThrottle):
    """Attempts to guess the password of the account that is signed in: they count among those to sign in to it."""

    password_keys = ("current_password", "old_password")  # of the API, and of the admin

    def get_account(self, request: Request | HttpRequest) -> Any:
        """Return the name of the requesting user's account if the request has a password to check."""
        if request.method in SAFE_METHODS or not request.user.is_authenticated:
            return None
        data = _body(request)
        return request.user.get_username() if any(key in data for key in self.password_keys) else None


class EmailAccountThrottle(LoginAccountThrottle):
    """Requests that send a mail, by its address."""

    account_key = "email"

    def get_account_key(self, account: str) -> str:
        """Return the key of the address, the same for all its spellings."""
        ident = digest(canonical_email(account))
        return self.cache_format % {"scope": f"{self.scope}_{self.account_key}", "ident": ident}


def remember_address(request: Request | HttpRequest | None = None, user: Any = None, **kwargs: Any) -> None:
    """Remember from where *user* signed in, for `user_logged_in`."""
    if request is not None and request.META.get("REMOTE_ADDR"):
        LoginAccountThrottle().remember(user.get_username(), request)


def _known(key: str, address: str) -> str:
    return f"{key}:{address}:known"


def _body(request: Request | HttpRequest) -> Mapping[str, Any]:
    data = request.data if isinstance(request, Request) else request.POST
    return data if isinstance(data, Mapping) else {}


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
