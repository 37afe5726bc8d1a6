"""Test cases with one invalid field: every writable field of every route with every invalid value of its type."""

from collections.abc import Callable, Iterator
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.relations import ManyRelatedField, RelatedField
from rest_framework.serializers import BaseSerializer, ListSerializer

from hardening.parsers import JSONParser
from hardening.testing.contract.targets import Target, Targets
from hardening.testing.invalid_values import list_invalid
from hardening.testing.requests import list_writable_fields
from hardening.testing.rows import Row, has_file, send
from hardening.testing.statements import statements
from hardening.testing.values import MISSING, Invalid

STRANGE_KEYS = [
    "", " ", "nothing", "__class__", "__proto__", "pk", "ID", "is_superuser", "$where", "a.b", "🦆", "\ud800", "\0",
    "x" * 9999,
]  # fmt: skip
UNKNOWN = "nothing"  # a field name that no serializer has


def values(targets: Targets) -> Iterator[Row]:
    """Yield a row for every invalid value of every field that refers to no object."""
    yield from _list_rows(targets, lambda field: not _may_refer(field))
    for target, serializer, valid in targets.list_with_body():
        item = valid[0] if isinstance(serializer, ListSerializer) else valid
        if has_file(item):
            yield from _forms(target, serializer, item)


def references(targets: Targets) -> Iterator[Row]:
    """Yield a row for every value of related and nested fields for which the database is asked."""
    yield from _list_rows(targets, _may_refer, lambda bad: bad.queries)


def malformed_references(targets: Targets) -> Iterator[Row]:
    """Yield a row for every other invalid value of related and nested fields."""
    yield from _list_rows(targets, _may_refer, lambda bad: not bad.queries)


def _may_refer(field: Any) -> bool:
    """Return whether *field* is a related field, or a nested serializer, which may contain one."""
    return isinstance(field, BaseSerializer | RelatedField | ManyRelatedField)


def _list_rows(
    targets: Targets, includes: Callable[[Any], bool], selects: Callable[[Invalid], bool] = lambda _bad: True
) -> Iterator[Row]:
    """Yield a row for every value that *selects* is true of, of every field that *includes* is true of."""
    for target, serializer, valid in targets.list_with_body():
        whole = isinstance(serializer, ListSerializer)
        item = valid[0] if whole else valid
        if JSONParser in target.route.view.parser_classes:
            case = _Case(targets, target, whole, {} if target.method == "PATCH" else _drop_files(item))
            for name, field in list_writable_fields(serializer):
                if includes(field):
                    yield from case.list_rows(name, field, item.get(name), selects)


def _drop_files(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if not isinstance(value, SimpleUploadedFile)}


class _Case:
    """The rows of one target: *rest* is the request body without the field under test, in a list if it is *whole*."""

    def __init__(self, targets: Targets, target: Target, whole: bool, rest: dict[str, Any]) -> None:
        self.targets, self.target, self.whole, self.rest = targets, target, whole, rest

    def list_rows(self, name: str, field: Any, valid: Any, selects: Callable[[Invalid], bool]) -> Iterator[Row]:
        """Yield a row for every selected value of *field*; a value that cannot be a key costs no statement."""
        rest = {key: value for key, value in self.rest.items() if key != name}
        is_nested = isinstance(field, BaseSerializer) and valid is not None
        budget = self._count(rest | ({name: valid} if is_nested else {}) | {UNKNOWN: 1})
        for bad in filter(selects, list_invalid(field, valid, self.targets.get_row_of_bob)):
            body = rest if bad.value is MISSING else rest | {name: bad.value}
            yield self._build(body, name, bad, budget)

    def _build(self, body: Any, name: str, bad: Invalid, budget: int) -> Row:
        method, path, who = self.target.method, self.target.path, self.target.who
        at = f"{'/0' if self.whole else ''}/{name}{bad.at}"
        return Row(method, path, 400, bad.codes, at, self._wrap(body), {}, who, budget + bad.queries, str(self.target))

    def _wrap(self, body: Any) -> Any:
        return [body] if self.whole else body

    def _count(self, body: Any) -> int:
        """Return the number of statements for *body*, which is rejected for an unknown field."""
        client = self.targets.clients[self.target.who]
        with statements() as recorded:
            response = send(Row(self.target.method, self.target.path, 400, body=self._wrap(body)), client)
        assert response.status_code == 400, f"{self.target}: {response.content!r}"
        return len(recorded)


def _forms(target: Target, serializer: Any, valid: dict[str, Any]) -> Iterator[Row]:
    """Yield rows of forms, each with an invalid value instead of one file."""
    for name, field in list_writable_fields(serializer):
        if not isinstance(valid.get(name), SimpleUploadedFile):
            continue
        refused: list[tuple[Any, str]] = [("text", "invalid")]
        refused += [] if field.allow_empty_file else [(SimpleUploadedFile("a.txt", b""), "empty")]
        refused += [(SimpleUploadedFile("x" * 200 + ".txt", b"x"), "max_length")] if field.max_length else []
        for value, code in refused:
            body = valid | {name: value}
            yield Row(target.method, target.path, 400, code, f"/{name}", body, who=target.who, target=str(target))


def keys(targets: Targets) -> Iterator[Row]:
    """Yield a row for every field name that no serializer has."""
    for target, serializer, valid in targets.list_with_body():
        if not getattr(target.route.view, "strict_input", False) or JSONParser not in target.route.view.parser_classes:
            continue
        whole = isinstance(serializer, ListSerializer)
        rest = {} if target.method == "PATCH" else _drop_files(valid[0] if whole else valid)
        for key in STRANGE_KEYS:
            shown = key if len(key) <= 64 else f"{key[:64]}…"
            body: Any = rest | {key: 1}
            at = f"{'/0' if whole else ''}/{shown}"
            yield Row(
                *(target.method, target.path, 400, "unknown_field", at, [body] if whole else body),
                who=target.who,
                target=str(target),
            )
