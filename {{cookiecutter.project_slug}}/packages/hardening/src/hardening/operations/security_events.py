"""Security events, which are logged under documented names (ASVS 5.0, 16.3)."""

from typing import Any

import structlog
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from rest_framework.throttling import BaseThrottle

logger = structlog.stdlib.get_logger("hardening.security")

# The meanings are those of `docs/security.md`.
EVENTS = {
    "account_deleted": "A user deleted their account, including all tokens.",
    "account_registered": "An account was registered.",
    "email_changed": "A user changed the email address of their account, which receives password-reset emails.",
    "login": "A user logged in: a token or an admin session was created.",
    "login_failed": "The username or the password was wrong. Neither is logged, because people type "
    "passwords into the username field.",
    "logout": "A user revoked a token or all tokens, or closed an admin session.",
    "password_changed": "A user changed their password with the current one; all other tokens were revoked.",
    "password_reset": "A user set a new password with an emailed token; all tokens were revoked.",
    "password_reset_failed": "The emailed token was invalid, expired or already used.",
    "password_reset_requested": "A password reset was requested; `known` is true if the account exists.",
    "permission_denied": "An authenticated user did not have permission.",
    "plain_http_refused": "A request arrived through the proxy without TLS.",
    "throttled": "A request exceeded a throttle rate.",
    "token_refused": "A token was unknown, expired, or belonged to an inactive user.",
    "wrong_password": "An authenticated user sent a wrong current password.",
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
