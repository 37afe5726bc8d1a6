"""Remove the values of rows from tracebacks and log messages.

PostgreSQL's errors contain the rejected row (including password hashes), a driver may have it as a second argument of
the exception, and every exception raised from that one may repeat either in its own message.
"""

import re
import traceback
from collections.abc import Iterable, Iterator
from typing import Any

OMITTED = "(details left out)"

# The start of the row in the message of a database error, plain or inside a `repr()`. Everything after it is removed,
# because a value may contain line breaks, and lines that look like the next part of the message.
_ROW = re.compile(
    r"(?:\n|\\n)(?:DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LINE \d+):|(?:(?<=DataError)|(?<=IntegrityError))\("
)


def format_exception(exc_info: Any) -> str:
    """Return the traceback of *exc_info* with only the first line of a database error, or without its message.

    Exceptions that are chained to or grouped with one that contains values lose their messages, which may repeat them.
    """
    kind, error, trace = exc_info
    formatted = traceback.TracebackException(kind, error, trace, compact=True)
    is_private = any(_has_values(linked) for linked in iterate_chain(error))
    pairs = [(formatted, error)]
    while pairs:
        part, linked = pairs.pop()
        vars(part)["_str"] = _describe(linked, is_private=is_private)  # the printed message; there is no public API
        if part.__notes__:
            part.__notes__ = _describe_notes(linked, is_private=is_private)
        pairs += _list_parts(part, linked)
    return "".join(formatted.format()).rstrip("\n")


def _list_parts(part: Any, error: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the exceptions that *error* was raised from or groups, each with its formatted part if it has one."""
    below = [(part.__cause__, error.__cause__), (part.__context__, error.__context__)]
    below += zip(part.exceptions or (), getattr(error, "exceptions", ()), strict=False)
    return ((formatted, linked) for formatted, linked in below if formatted is not None)


def strip_values(value: Any, errors: Iterable[BaseException | None] = ()) -> Any:
    """Return *value*, a part of a log entry, without values of rows; *errors* are the exceptions it may repeat."""
    with_values = [linked for error in errors for linked in iterate_chain(error) if _has_values(linked)]
    replacements = {text: _describe(linked) for linked in with_values for text in _list_texts(linked) if text}
    longest_first = sorted(replacements.items(), key=lambda item: -len(item[0]))

    def strip(part: Any) -> Any:
        if part is None or isinstance(part, bool | int | float):
            return part
        if isinstance(part, dict):
            return {strip(key): strip(item) for key, item in part.items()}
        if isinstance(part, list | tuple | set | frozenset):
            return [strip(item) for item in part]
        if isinstance(part, BaseException):
            return strip(f"{type(part).__name__}: {describe_error(part)}")
        text = part if isinstance(part, str) else repr(part)
        for message, replacement in longest_first:
            text = text.replace(message, replacement)
        return _cut(text)

    return strip(value)


def describe_error(error: BaseException) -> str:
    """Return the message of *error*, without the values of a row."""
    return _describe(error, is_private=any(_has_values(linked) for linked in iterate_chain(error)))


def iterate_chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield *error*, and every exception that it was raised from or groups."""
    seen: set[int] = set()
    pending = [error]
    while pending:
        linked = pending.pop()
        if linked is None or id(linked) in seen:
            continue
        seen.add(id(linked))
        yield linked
        pending += (linked.__cause__, linked.__context__, *getattr(linked, "exceptions", ()))


def _describe(error: BaseException, *, is_private: bool = False) -> str:
    message = _read_message(error)
    names = {kind.__name__ for kind in type(error).__mro__}
    if "DatabaseError" not in names and not hasattr(error, "sqlstate"):  # every driver has this class (PEP 249)
        return OMITTED if is_private and message else _cut(message)
    # For a malformed value (SQLSTATE class 22), the first line contains the value itself.
    has_value = "DataError" in names or str(getattr(error, "sqlstate", None) or "").startswith("22")
    if message and (has_value or len(error.args) != 1 or not isinstance(error.args[0], str)):
        return OMITTED
    first, _break, rest = message.partition("\n")
    return f"{first} {OMITTED}" if rest and _cut(first) == first else _cut(first)


def _describe_notes(error: BaseException, *, is_private: bool) -> list[str]:
    notes = getattr(error, "__notes__", ())
    return ["(note left out)" if is_private or _cut(str(note)) != str(note) else str(note) for note in notes]


def _has_values(error: BaseException) -> bool:
    notes = [str(note) for note in getattr(error, "__notes__", ())]
    return _describe(error) != _read_message(error) or any(_cut(note) != note for note in notes)


def _list_texts(error: BaseException) -> list[str]:
    """Return the texts of *error* that a message may repeat; the text of its first argument is that of *error*."""
    arguments = [text for argument in error.args[1:] for text in (str(argument), repr(argument))]
    return [_read_message(error), repr(error), *arguments]


def _read_message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  # logging must not fail if an exception's `__str__()` does
        return "(no message)"


def _cut(text: str) -> str:
    row = _ROW.search(text)
    return text if row is None else f"{text[: row.start()]} {OMITTED}"
