"""Tracebacks and log messages without the values of a row.

PostgreSQL repeats the row that it rejects (hashes of passwords included), a driver may have it as a second argument,
and every exception that follows may repeat either one in its own message.
"""

import re
import traceback
from collections.abc import Iterable, Iterator
from typing import Any

OMITTED = "(details left out)"

# Where a database error goes on with the row, as it is and inside a `repr()`. A value may have line breaks, and lines
# that look like the next part, so that nothing behind this is kept.
_ROW = re.compile(
    r"(?:\n|\\n)(?:DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LINE \d+):|(?:(?<=DataError)|(?<=IntegrityError))\("
)


def format_exception(exc_info: Any) -> str:
    """Return the traceback of *exc_info*: of a database error, the first line alone, and of rejected data nothing.

    An exception that is chained to or grouped with one that had values may repeat them: it keeps its name alone.
    """
    kind, error, trace = exc_info
    formatted = traceback.TracebackException(kind, error, trace, compact=True)
    is_private = any(_has_values(each) for each in iterate_chain(error))
    pairs = [(formatted, error)]
    while pairs:
        part, each = pairs.pop()
        vars(part)["_str"] = _describe(each, is_private=is_private)  # what it prints; there is no public way
        if part.__notes__:
            part.__notes__ = _describe_notes(each, is_private=is_private)
        pairs += _list_parts(part, each)
    return "".join(formatted.format()).rstrip("\n")


def _list_parts(part: Any, error: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the exceptions that *error* came from or groups, each beside its formatted part; one is formatted once."""
    below = [(part.__cause__, error.__cause__), (part.__context__, error.__context__)]
    below += zip(part.exceptions or (), getattr(error, "exceptions", ()), strict=False)
    return ((formatted, each) for formatted, each in below if formatted is not None)


def strip_values(value: Any, errors: Iterable[BaseException | None] = ()) -> Any:
    """Return *value*, a part of a log entry, without what it repeats of a row; *errors* are those it is about."""
    had_values = [each for error in errors for each in iterate_chain(error) if _has_values(each)]
    replacements = {text: _describe(each) for each in had_values for text in _list_texts(each) if text}
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
        for said, instead in longest_first:
            text = text.replace(said, instead)
        return _cut(text)

    return strip(value)


def describe_error(error: BaseException) -> str:
    """Return the message of *error*, without the values of a row."""
    return _describe(error, is_private=any(_has_values(each) for each in iterate_chain(error)))


def iterate_chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield *error*, and every exception that it came from or groups."""
    seen: set[int] = set()
    ahead = [error]
    while ahead:
        each = ahead.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        ahead += (each.__cause__, each.__context__, *getattr(each, "exceptions", ()))


def _describe(error: BaseException, *, is_private: bool = False) -> str:
    said = _read(error)
    names = {kind.__name__ for kind in type(error).__mro__}
    if "DatabaseError" not in names and not hasattr(error, "sqlstate"):  # the drivers' all have it (PEP 249)
        return OMITTED if is_private and said else _cut(said)
    # The first line has the value itself where that is of the wrong form (SQLSTATE class 22).
    has_value = "DataError" in names or str(getattr(error, "sqlstate", None) or "").startswith("22")
    if said and (has_value or len(error.args) != 1 or not isinstance(error.args[0], str)):
        return OMITTED
    first, _break, rest = said.partition("\n")
    return f"{first} {OMITTED}" if rest and _cut(first) == first else _cut(first)


def _describe_notes(error: BaseException, *, is_private: bool) -> list[str]:
    notes = getattr(error, "__notes__", ())
    return ["(note left out)" if is_private or _cut(str(note)) != str(note) else str(note) for note in notes]


def _has_values(error: BaseException) -> bool:
    notes = [str(note) for note in getattr(error, "__notes__", ())]
    return _describe(error) != _read(error) or any(_cut(note) != note for note in notes)


def _list_texts(error: BaseException) -> list[str]:
    """Return what a message can repeat of *error*; the text of the one argument is the same as its own."""
    arguments = [text for each in error.args[1:] for text in (str(each), repr(each))]
    return [_read(error), repr(error), *arguments]


def _read(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  # a log entry must not fail because of an exception's own fault
        return "(no message)"


def _cut(text: str) -> str:
    found = _ROW.search(text)
    return text if found is None else f"{text[: found.start()]} {OMITTED}"
