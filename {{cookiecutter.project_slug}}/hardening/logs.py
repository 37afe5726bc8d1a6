"""Logs: one JSON object a line on standard output, with the request id; readable lines while developing."""

import functools
import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog
from django.db import DataError, Error as DatabaseError

# Before structlog is set up, whose loggers look for their caller through all frames.
access_log = logging.getLogger("hardening.access")

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

# Where PostgreSQL goes on with the row that it rejects: all its columns, hashes of passwords included. A value may have
# line breaks, and lines that look like the next part, so that nothing behind this is kept.
_ROW = re.compile(r"\n(DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LINE \d+):")


def _without_values(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out of *event* what clients sent: the request with its query string, and the row in a database's error."""
    event.pop("request", None)
    text = event.get("event")
    if isinstance(text, str) and (found := _ROW.search(text)):
        event["event"] = f"{text[: found.start()]} (details left out)"
    return event


def _format_exception(exc_info: Any) -> str:
    """Return the traceback; of what a database said, the first line alone, and nothing about data that it rejects."""
    kind, error, trace = exc_info
    text = "".join(traceback.format_exception(kind, error, trace)).rstrip("\n")
    for each in _chain(error, set()):
        said = str(each)
        state = str(getattr(each, "sqlstate", None) or "")
        if isinstance(each, DatabaseError) or hasattr(each, "sqlstate") or _ROW.search(said):
            # The first line has the value itself where that is of the wrong form (SQLSTATE class 22).
            has_value = isinstance(each, DataError) or state.startswith("22")
            first, _break, rest = said.partition("\n")
            if rest or (has_value and said):
                text = _leave_out(text, said, ("" if has_value else f"{first} ") + "(details left out)")
            for note in getattr(each, "__notes__", ()):
                text = _leave_out(text, str(note), "(note left out)")
    return text


def _leave_out(text: str, said: str, instead: str) -> str:
    """Return *text* without *said*: as it is, indented as in a group of exceptions, or quoted by another exception."""
    lines = r"\n[ |]*".join(re.escape(line) for line in said.split("\n"))
    return re.sub(f"{lines}|{re.escape(repr(said)[1:-1])}", lambda _found: instead, text)


def _chain(error: BaseException | None, seen: set[int]) -> Iterator[BaseException]:
    """Yield *error*, and every exception that it came from or groups."""
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield error
    for each in (error.__cause__, error.__context__, *getattr(error, "exceptions", ())):
        yield from _chain(each, seen)


class _OneLine(logging.Filter):
    """Make a warning without a traceback of what any client can cause: a request with a wrong `Host`."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


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
    readable_renderer = structlog.dev.ConsoleRenderer(
        exception_formatter=structlog.dev.plain_traceback, colors=sys.stdout.isatty()
    )
    renderer = readable_renderer if readable else structlog.processors.JSONRenderer()
    formatter = structlog.stdlib.ProcessorFormatter if readable else _JSONFormatter
    tracebacks: list[Any] = [structlog.processors.ExceptionRenderer(_format_exception), _without_values]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": formatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *tracebacks, renderer],
                "foreign_pre_chain": _SHARED,
            },
        },
        "filters": {"one_line": {"()": _OneLine}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stdout"}},
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            # Django's own handlers would say everything twice, and mail it; the access log tells of every refusal.
            "django": {"handlers": [], "propagate": True},
            "django.request": {"level": "ERROR"},
            "django.security.DisallowedHost": {"filters": ["one_line"]},
            "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
        },
    }
