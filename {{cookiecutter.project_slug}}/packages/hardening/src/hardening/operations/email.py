"""Email settings, and sending email after the response."""

import logging
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.mail import EmailMessage

logger = logging.getLogger(__name__)
_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")

SECONDS = 10
"""The timeout for the mail server."""

_OPTIONS = {
    "host": "EMAIL_HOST",
    "port": "EMAIL_PORT",
    "username": "EMAIL_HOST_USER",
    "password": "EMAIL_HOST_PASSWORD",
    "use_tls": "EMAIL_USE_TLS",
    "use_ssl": "EMAIL_USE_SSL",
    "file_path": "EMAIL_FILE_PATH",
}


def get_mailer(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return *config*, which django-environ reads from a URL, as an entry of `MAILERS` (Django 6.1 and newer)."""
    options = {option: config[key] for option, key in _OPTIONS.items() if config.get(key)}
    if "host" in options:
        options["timeout"] = SECONDS
    return {"BACKEND": config["EMAIL_BACKEND"], "OPTIONS": options}


def send_later(message: EmailMessage) -> None:
    """Send *message* in another thread, so that the time of the response does not reveal whether an email is sent.

    A failure is logged. The process sends queued messages before it exits.
    """
    try:
        _sender.submit(_send, message)
    except RuntimeError as error:  # the process is exiting
        _log(error)


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except Exception as error:  # noqa: BLE001  # nobody waits for the thread, so that an exception must be logged here
        _log(error)


def _log(error: Exception) -> None:
    """Log the class of *error* and where it was raised, without its message.

    The message may contain email addresses (`SMTPRecipientsRefused`) or headers.
    """
    last = traceback.extract_tb(error.__traceback__)[-1]
    kind, code = f"{type(error).__module__}.{type(error).__name__}", getattr(error, "smtp_code", None)
    logger.error("An email could not be sent: %s, SMTP code %s, at %s:%s", kind, code, last.filename, last.lineno)
