"""Shorten values from requests before an error message repeats them."""

from typing import Any

_LONGEST_ECHO = 64  # characters


def shortened(value: Any) -> Any:
    """Return *value*, or the start of its text if it is longer than an error message should repeat."""
    text = str(value)
    return value if len(text) <= _LONGEST_ECHO else f"{text[:_LONGEST_ECHO]}…"
