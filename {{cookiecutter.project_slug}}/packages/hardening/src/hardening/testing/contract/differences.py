"""Say in words how one `contract.json` differs from another."""

from collections.abc import Iterator, Mapping
from difflib import ndiff
from typing import Any

from hardening.testing.contract.documents import Document

NOTHING = "nothing"


def explain(old: Document, new: Document, subjects: Mapping[str, str]) -> list[str]:
    """Return a sentence for each difference of two documents, sorted.

    *subjects* are the names of the routes of each serializer and model.
    """
    parts = [*_explain_serializers(old, new, subjects), *_explain_models(old, new, subjects)]
    return sorted([*_explain_routes(old, new), *parts])


def explain_access(name: str, method: str, old: Document, new: Document) -> Iterator[str]:
    """Explain the statuses of *method* of the route *name*, such as `{"owner": 200}`."""
    for user in sorted({*old, *new}):
        before, after = old.get(user, NOTHING), new.get(user, NOTHING)
        if before != after:
            yield f"{method} {name}: {user}: {before} -> {after}"


def explain_statements(name: str, method: str, old: list[str], new: list[str]) -> Iterator[str]:
    """Explain the statements of *method* of the route *name*: their number, and which are added or removed."""
    if old == new:
        return
    changed = [line for line in ndiff(old, new) if line.startswith(("+ ", "- "))]
    yield f"{method} {name}: {_count(old)} -> {len(new)} ({', '.join(changed).replace('+ ', '+').replace('- ', '-')})"


def _count(statements: list[str]) -> str:
    return f"{len(statements)} statement" + ("" if len(statements) == 1 else "s")


def _explain_routes(old: Document, new: Document) -> Iterator[str]:
    for name, method in sorted({*_list_methods(old), *_list_methods(new)}):
        before, after = (document.get("routes", {}).get(name, {}).get(method) for document in (old, new))
        if before is None or after is None:
            yield f"{method} {name}: {'added' if before is None else 'removed'}"
            continue
        yield from explain_access(name, method, before.get("access", {}), after.get("access", {}))
        yield from explain_statements(name, method, before.get("statements", []), after.get("statements", []))


def _list_methods(document: Document) -> Iterator[tuple[str, str]]:
    for name, methods in document.get("routes", {}).items():
        yield from ((name, method) for method in methods)


def _explain_serializers(old: Document, new: Document, subjects: Mapping[str, str]) -> Iterator[str]:
    before, after = old.get("serializers", {}), new.get("serializers", {})
    for name in {*before, *after}:
        yield from _explain_values(_name(name, subjects), before.get(name, {}), after.get(name, {}))


def _explain_models(old: Document, new: Document, subjects: Mapping[str, str]) -> Iterator[str]:
    before, after = old.get("models", {}), new.get("models", {})
    for name in {*before, *after}:
        for part in ("constraints", "immutable_fields", "validators", "visible_to"):
            values = (_list_values(document.get(name, {}), part) for document in (before, after))
            yield from _explain_values(_name(name, subjects), *values)


def _list_values(model: Document, part: str) -> dict[str, Any]:
    value = model.get(part, {})
    if isinstance(value, list):
        return dict.fromkeys(value, "immutable")
    return value if isinstance(value, dict) else {part: value}


def _name(name: str, subjects: Mapping[str, str]) -> str:
    return f"{name} ({subjects[name]})" if subjects.get(name) else name


def _explain_values(subject: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    """Explain the values of two dictionaries by their names."""
    for name in sorted({*old, *new}):
        before, after = old.get(name, NOTHING), new.get(name, NOTHING)
        if before != after:
            yield f"{subject}: {name}: {before} -> {after}"
