"""Check that the stacks with the same guarantees return the same JSON, so that none is fast because it does less."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from bench.measure import Request

ALIKE = ("plain", "ninja", "modern-rest", "bolt", "fastapi")


def check_agreement(
    operation: str, stacks: Iterable[Any], make: Callable[[Any], Request], send: Callable[[Any, Request], bytes]
) -> None:
    """Send a request to each stack of `ALIKE`; raise `RuntimeError` if a response differs from the first one.

    Requests that create a row have different values: a field with the value that was sent is equal to another one, and
    the primary key of a new row is ignored.
    """
    expected: Any = None
    for stack in stacks:
        if stack.name not in ALIKE:
            continue
        request = make(stack)
        document = normalize(json.loads(send(stack, request)), request)
        expected = document if expected is None else expected
        if document != expected:
            raise RuntimeError(f"{operation}: {stack.name} returned {document}, not {expected}")


def normalize(document: dict[str, Any], request: Request) -> dict[str, Any]:
    """Return the comparable values of a response."""
    if "results" in document:
        return {**document, "results": [_sort_lists(row) for row in document["results"]]}
    row, sent = _sort_lists(document), _sort_lists(request.body or {})
    row = {name: "as sent" if name in sent and value == sent[name] else value for name, value in row.items()}
    return {name: value for name, value in row.items() if name != "id" or request.method != "POST"}


def _sort_lists(row: dict[str, Any]) -> dict[str, Any]:
    """Return *row* with sorted lists, because the order of related ids is not part of the API."""
    return {name: sorted(value) if isinstance(value, list) else value for name, value in row.items()}
