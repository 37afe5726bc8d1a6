"""What a guard is."""

from typing import NamedTuple


class Guard(NamedTuple):
    """A guard in *file*: *text* becomes *without*, and one of *tests*, a module or one of its tests, fails.

    The output of the failing test contains *message*.
    """

    file: str
    text: str
    without: str
    tests: str
    message: str = ""
    server: bool = False
    """Whether the tests need PostgreSQL."""
