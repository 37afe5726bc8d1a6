"""Record what the routes of a project do, and compare it with each app's `contract.json`."""

import json
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from hardening.testing.contract import differences, documents, facts
from hardening.testing.contract.documents import Document
from hardening.testing.routes import Route

VENDORS = {"sqlite": " (SQLite)", "postgresql": " (PostgreSQL)"}
RERECORD = "Run `make contract`, and review the changes of contract.json."


class Contract:
    """The recorded documents of all apps. With *recording*, it collects what it would compare otherwise."""

    def __init__(self, *, recording: bool) -> None:
        self.recording = recording
        self.files = documents.list_files()
        self.documents: dict[str, Document] = {}

    def read(self, app: str) -> Document:
        """Return the document of *app*: the recorded one, or the one that is being recorded."""
        if app not in self.documents:
            self.documents[app] = {} if self.recording else documents.read(self.files[app])
        return self.documents[app]

    def compare_access(self, route: Route, access: dict[str, dict[str, int]]) -> list[str]:
        """Return the differences of *access*, `{method: {user: status}}`, from the recorded one of *route*."""
        recorded = self._compare(route, "access", access)
        return [
            sentence
            for method in sorted({*recorded, *access})
            for sentence in differences.explain_access(
                route.name, method, recorded.get(method, {}), access.get(method, {})
            )
        ]

    def compare_statements(self, route: Route, statements: dict[str, list[str]], vendor: str) -> list[str]:
        """Return the differences of *statements*, `{method: statements}`, from the recorded ones of *route*."""
        recorded = self._compare(route, "statements", statements)
        return [
            sentence
            for method in sorted({*recorded, *statements})
            for sentence in differences.explain_statements(
                route.name, method, select_for(vendor, recorded.get(method, [])), statements.get(method, [])
            )
        ]

    def _compare(self, route: Route, part: str, values: dict[str, Any]) -> dict[str, Any]:
        """Return *part* of every recorded method of *route*; record *values* first if this is a recording."""
        document = self.read(route.app)
        if self.recording:
            methods = document.setdefault("routes", {}).setdefault(route.name, {})
            for method, value in values.items():
                methods.setdefault(method, {})[part] = value
        methods = document.get("routes", {}).get(route.name, {})
        return {method: described[part] for method, described in methods.items() if part in described}

    def save(self, file: Path, vendor: str) -> None:
        """Write what was recorded on the database of *vendor* to *file*, and what follows from the code."""
        recorded = {app: {**facts.describe(app), **self.read(app)} for app in self.files}
        file.write_text(json.dumps({"vendor": vendor, "documents": recorded}), encoding="utf-8")


def select_for(vendor: str, statements: list[str]) -> list[str]:
    """Return the *statements* that the database of *vendor* runs, without their marks."""
    others = tuple(mark for name, mark in VENDORS.items() if name != vendor)
    return [each.removesuffix(VENDORS.get(vendor, "")) for each in statements if not each.endswith(others)]


def merge(recordings: list[dict[str, Any]]) -> dict[str, Document]:
    """Return one document for each app; mark the statements that only one of the two databases runs."""
    merged: dict[str, Document] = {}
    for recording in sorted(recordings, key=lambda recording: recording["vendor"] != "sqlite"):
        for app, document in recording["documents"].items():
            merged[app] = _merge(merged.get(app, {}), document, recording["vendor"])
    return merged


def _merge(old: Any, new: Any, vendor: str) -> Any:
    """Return *old* with the values of *new*, and with both lists of statements as one."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    merged = {**old, **{name: _merge(old.get(name), value, vendor) for name, value in new.items()}}
    if "statements" in old and "statements" in new:
        merged["statements"] = mark(old["statements"], new["statements"], vendor)
    return merged


def mark(statements: list[str], others: list[str], vendor: str) -> list[str]:
    """Return the *statements* of SQLite together with the *others* of the database of *vendor*, in their order."""
    marked: list[str] = []
    for change, start, end, from_other, to_other in SequenceMatcher(None, statements, others, False).get_opcodes():
        if change == "equal":
            marked += statements[start:end]
        else:
            marked += [each + VENDORS["sqlite"] for each in statements[start:end]]
            marked += [each + VENDORS[vendor] for each in others[from_other:to_other]]
    return marked
