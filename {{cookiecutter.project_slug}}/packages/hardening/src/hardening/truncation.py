"""Values that clients sent, as error messages repeat them: not in full."""

from typing import Any

_LONGEST_ECHO = 64  # characters


def shortened(value: Any) -> Any:
    """Return *value*, or the start of its text where an error should not repeat all of it."""
    text = str(value)
    return value if len(text) <= _LONGEST_ECHO else f"{text[:_LONGEST_ECHO]}…"
