"""Let a contract test fail with sentences instead of a traceback."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from hardening.testing.factories import MissingFactory
from hardening.testing.requests import MissingValue


def fail(sentences: Iterable[str], *hints: str) -> None:
    """Fail with *sentences* and *hints* if there are sentences."""
    if lines := list(sentences):
        pytest.fail("\n".join([*lines, *hints]), pytrace=False)


@contextmanager
def naming_missing() -> Iterator[None]:
    """Fail with the sentence of a `MissingFactory` or `MissingValue`, which names the factory or the hook to write."""
    try:
        yield
    except (MissingFactory, MissingValue) as error:
        pytest.fail(str(error), pytrace=False)
