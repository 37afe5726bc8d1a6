"""Security events: one line in the log for each, under a name of this list (ASVS 5.0, 16.3)."""

from typing import Any

import structlog
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from rest_framework.throttling import BaseThrottle

logger = structlog.stdlib.get_logger("hardening.security")

EVENTS = {
    "account_deleted": "A user deleted their account, and with it all tokens.",
    "account_registered": "Somebody registered an account.",
    "email_changed": "A user changed the address of their account, which resets of the password are sent to.",
    "login": "Somebody signed in: a token was made, or a session of the admin.",
    "login_failed": "A name and a password did not fit; neither is logged, for people mistype one as the other.",
    "logout": "A token, all tokens of a user, or a session of the admin, were ended by their owner.",
    "password_changed": "A user chose another password, knowing the old one; all other tokens ended.",
    "password_reset": "A user chose another password with the token of a mail; all tokens ended.",
    "password_reset_failed": "The token of a mail was wrong, too old or used.",
    "password_reset_requested": "Somebody asked for such a mail; `known` tells whether there is an account.",
    "permission_denied": "A caller who is known may not do this.",
    "plain_http_refused": "A request came through the proxy without TLS.",
    "throttled": "A caller was over a rate.",
    "token_refused": "A token is unknown, expired or of somebody inactive.",
    "wrong_password": "A user who is signed in gave a wrong current password.",
}


def record(event: str, request: Any, **details: Any) -> None:
    """Log *event*, one of `EVENTS`, with the address that *request* came from, and *details* that are no secrets."""
    meaning = EVENTS[event]
    address = BaseThrottle().get_ident(request) if request is not None else None
    logger.info(event, meaning=meaning, address=address, **details)


def listen() -> None:
    """Record what Django's signals tell: signing in and out, in the API and in the admin alike."""
    for event, signal in (("login", user_logged_in), ("login_failed", user_login_failed), ("logout", user_logged_out)):
        signal.connect(_recorder(event), weak=False, dispatch_uid=f"hardening.operations.security_events.{event}")


def _recorder(event: str) -> Any:
    def receive(request: Any = None, user: Any = None, **kwargs: Any) -> None:
        record(event, request, **({} if user is None else {"user": user.pk}))

    return receive
