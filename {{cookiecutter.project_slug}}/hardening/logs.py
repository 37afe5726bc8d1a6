"""Logs: one JSON object a line on standard output, with the request id; readable lines while developing."""

import functools
import json
import logging
import re
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog

# Before structlog is set up, whose loggers look for their caller through all frames.
access_log = logging.getLogger("hardening.access")

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

# What PostgreSQL tells of a row that it refuses: all its columns, hashes of passwords included.
_ROW = re.compile(r"^(DETAIL: ).*", re.MULTILINE)


def _without_values(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out of *event* what clients sent: the request with its query string, and the row in a database's error."""
    event.pop("request", None)
    if "exception" in event:
        event["exception"] = _ROW.sub(r"\1left out", event["exception"])
    return event


class _JSONFormatter(structlog.stdlib.ProcessorFormatter):
    def format(self, record: logging.LogRecord) -> str:
        # One line for every request: through all the processors it would be half of what hardening costs.
        if record.name != access_log.name or not isinstance(record.args, dict):
            return super().format(record)
        line = {
            "event": "request",
            **structlog.contextvars.get_contextvars(),
            "level": record.levelname.lower(),
            "logger": access_log.name,
            **record.args,
            "timestamp": f"{_second(int(record.created))}.{int(record.created % 1 * 1e6):06}Z",
        }
        return json.dumps(line, default=str)


@functools.lru_cache(maxsize=1)  # as many requests as a second has share it
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def logging_config(*, readable: bool) -> dict[str, Any]:
    """Return Django's `LOGGING`, and set structlog up to go the same way."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    # Not rich's traceback, which shows the values of variables: passwords among them.
    readable_renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderer = readable_renderer if readable else structlog.processors.JSONRenderer()
    formatter = structlog.stdlib.ProcessorFormatter if readable else _JSONFormatter
    traceback: list[Any] = [structlog.processors.format_exc_info, _without_values]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": formatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *traceback, renderer],
                "foreign_pre_chain": _SHARED,
            },
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stdout"}},
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            # Django's own handlers would say everything twice, and mail it; the access log tells of every refusal.
            "django": {"handlers": [], "propagate": True},
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
        },
    }
