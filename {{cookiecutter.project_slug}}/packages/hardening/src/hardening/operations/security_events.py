"""Security events, which are logged under documented names (ASVS 5.0, 16.3)."""

from typing import Any

import structlog
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from rest_framework.throttling import BaseThrottle

logger = structlog.stdlib.get_logger("hardening.security")

EVENTS = {
    "account_deleted": "A user deleted their account and all of its tokens.",
    "account_registered": "An account was registered.",
    "email_changed": "A user changed the email address of their account, which password resets are sent to.",
    "login": "A user logged in: a token or an admin session was created.",
    "login_failed": "A log-in failed; neither username nor password is logged, because users confuse the two fields.",
    "logout": "A user revoked a token or all of their tokens, or ended an admin session.",
    "password_changed": "A user changed their password, knowing the old one; all other tokens were revoked.",
    "password_reset": "A user set a new password using an emailed token; all tokens were revoked.",
    "password_reset_failed": "An emailed token was invalid, expired or already used.",
    "password_reset_requested": "A password reset was requested; `known` is whether the account exists.",
    "permission_denied": "An authenticated user does not have permission for a request.",
    "plain_http_refused": "A request reached the proxy without TLS and was rejected.",
    "throttled": "A client exceeded a rate limit.",
    "token_refused": "A token is unknown or expired, or its user is inactive.",
    "wrong_password": "An authenticated user entered an incorrect current password.",
}


def record(event: str, request: Any, **details: Any) -> None:
    """Log *event*, a key of `EVENTS`, with the IP address of *request* and *details*, which must not be secrets."""
    meaning = EVENTS[event]
    address = BaseThrottle().get_ident(request) if request is not None else None
    logger.info(event, meaning=meaning, address=address, **details)


def listen() -> None:
    """Record Django's signals for log-ins and log-outs, of the API and the admin."""
    for event, signal in (("login", user_logged_in), ("login_failed", user_login_failed), ("logout", user_logged_out)):
        receiver = _build_receiver(event)
        signal.connect(receiver, weak=False, dispatch_uid=f"hardening.operations.security_events.{event}")


def _build_receiver(event: str) -> Any:
    def receive(request: Any = None, user: Any = None, **kwargs: Any) -> None:
        record(event, request, **({} if user is None else {"user": user.pk}))

    return receive
