"""Logging to standard output: one JSON object per line, with the request id; readable lines in development."""

import contextlib
import functools
import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, TypeGuard

import structlog

from hardening.operations.tracebacks import describe_error, format_exception, strip_values

# A logger of the standard library, because structlog's loggers search all stack frames for the calling code.
access_log = logging.getLogger("hardening.access")

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

_encode = json.JSONEncoder(default=str).encode  # `json.dumps()` would create an encoder for every entry

_SECURITY = "django.security."  # Django's loggers for errors that any client can cause, such as an invalid `Host`
_MAX_MESSAGE = 200  # characters of their messages, which may repeat input


def _remove_values(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Remove input of clients from *event*: the request with its query string, and the row in a database error."""
    event.pop("request", None)
    exc_info = event.pop("exc_info", None)
    for key, value in event.items():
        event[key] = strip_values(value, _list_errors(exc_info))
    if exc_info:
        event["exc_info"] = exc_info
    return event


def _list_errors(exc_info: Any) -> list[BaseException | None]:
    """Return the exceptions that a log entry may describe: its own, and the one that is being handled."""
    own = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    return [own if _is_error(own) else None, sys.exc_info()[1]]


def _describe_arguments(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the exceptions among the arguments of a message, before the message is formatted."""
    if "positional_args" in event:
        event["positional_args"] = _replace_errors(event["positional_args"])
    return event


def _replace_errors(value: Any) -> Any:
    """Return *value* with all exceptions in it, at any depth, replaced by their messages without values of rows."""
    if _is_error(value):
        return describe_error(value)
    if isinstance(value, Mapping):
        return {name: _replace_errors(item) for name, item in value.items()}
    return type(value)(map(_replace_errors, value)) if type(value) in (tuple, list) else value


def _is_error(value: Any) -> TypeGuard[BaseException]:
    return isinstance(value, BaseException)


class _OneLine(logging.Filter):
    """Turn a `SuspiciousOperation`, which any client can cause, into a short warning without a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith(_SECURITY):
            message = strip_values(record.getMessage(), _list_errors(record.exc_info))
            record.msg, record.args = message.partition("\n")[0][:_MAX_MESSAGE], ()
            record.exc_info = record.exc_text = record.stack_info = None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


class _Console(logging.StreamHandler[Any]):
    """A handler that reports the origin of an entry that it cannot write, but not the entry's arguments."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the name in `logging`
        place = f"{record.pathname}:{record.lineno}"
        line = {"event": "A log entry could not be written.", "level": "error", "logger": record.name, "at": place}
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(json.dumps(line) + self.terminator)


class _Formatter(structlog.stdlib.ProcessorFormatter):
    def format(self, record: logging.LogRecord) -> str:
        if record.args:
            record = logging.makeLogRecord({**vars(record), "args": _replace_errors(record.args)})
        return super().format(record)


class _JSONFormatter(_Formatter):
    def format(self, record: logging.LogRecord) -> str:
        # The access log bypasses structlog's processors, which would be half of the cost of hardening per request.
        if record.name != access_log.name or not isinstance(record.args, dict):
            return super().format(record)
        line = {
            "event": "request",
            **structlog.contextvars.get_contextvars(),
            "level": record.levelname.lower(),
            "logger": access_log.name,
            **record.args,
            "timestamp": f"{_format_second(int(record.created))}.{int(record.created % 1 * 1e6):06}Z",
        }
        return _encode(line)


@functools.lru_cache(maxsize=1)  # shared by all requests of the same second
def _format_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            _describe_arguments,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,  # the default class formats arguments before any processor
        cache_logger_on_first_use=True,
    )


def logging_config(*, readable: bool) -> dict[str, Any]:
    """Return the `LOGGING` setting, and configure structlog to log the same way."""
    _configure_structlog()
    # Plain tracebacks, because rich's show the values of variables, including passwords.
    readable_renderer = structlog.dev.ConsoleRenderer(
        exception_formatter=structlog.dev.plain_traceback, colors=sys.stdout.isatty()
    )
    renderer = readable_renderer if readable else structlog.processors.JSONRenderer()
    formatter = _Formatter if readable else _JSONFormatter
    tracebacks: list[Any] = [_remove_values, structlog.processors.ExceptionRenderer(format_exception)]
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
        "handlers": {
            "console": {"()": _Console, "formatter": "line", "stream": "ext://sys.stdout", "filters": ["one_line"]}
        },
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            # Django's own handlers would log everything twice and send emails; the access log has every 4xx response.
            "django": {"handlers": [], "propagate": True},
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
        },
    }
