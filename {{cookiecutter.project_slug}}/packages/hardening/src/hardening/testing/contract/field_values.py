"""Test cases with one invalid field: every writable field of every route with every invalid value of its type."""

from collections.abc import Iterator
from typing import Any

from hardening.testing import tables
from hardening.testing.rows import Row
from hardening.testing.values import MISSING, Refused

STRANGE_KEYS = [
    "", " ", "nothing", "__class__", "__proto__", "pk", "ID", "is_superuser", "$where", "a.b", "🦆", "\ud800", "\0",
    "x" * 9999,
]  # fmt: skip


def routes() -> Iterator[tuple[str, str, str, dict[str, Any], dict[str, Refused]]]:
    """Yield `(method, path, who, valid body, {field: invalid values})` for every route that reads a request body."""
    for kind, (valid, fields) in tables.merge("RESOURCES").items():
        collection, single = tables.collection(kind), tables.single(kind)
        for method, path, rest in (("POST", collection, valid), ("PUT", single, valid), ("PATCH", single, {})):
            yield method, path, "ada", rest, fields
    for app in tables.APPS:
        yield from app.SINGLE


def values() -> Iterator[Row]:
    for method, path, who, valid, fields in routes():
        for field, invalid in fields.items():
            for value, code in invalid:
                if value is not MISSING or field in valid:
                    yield Row(method, path, 400, code, f"/{field}", replace_field(valid, field, value), who=who)
    for app in tables.APPS:
        yield from app.rows()


def keys() -> Iterator[Row]:
    for method, path, who, valid, _fields in routes():
        for key in STRANGE_KEYS:
            shown = key if len(key) <= 64 else f"{key[:64]}…"
            yield Row(method, path, 400, "unknown_field", f"/{shown}", valid | {key: 1}, who=who)


def replace_field(body: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    """Return *body* with *value* in *field*, or without the field if *value* is `MISSING`."""
    rest = {key: item for key, item in body.items() if key != field}
    return rest if value is MISSING else rest | {field: value}
