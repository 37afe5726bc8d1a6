"""What `manage.py contract` does: record, compare and print each app's `contract.json`."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hardening.testing.contract import differences, documents, facts
from hardening.testing.contract.recording import RERECORD, merge
from hardening.testing.routes import list_routes

# A run on the configured database, and one on a temporary PostgreSQL server.
RUNS = {"configured": [], "postgresql": ["-m", "hardening.testing.postgres", sys.executable]}

INTRODUCTION = (
    "# Access",
    "",
    "The status of the response to each user, for every route and method. The files `contract.json` record it, and the",
    "contract tests compare it. The owner is the user whose object the request is about; another user gets 404 for it,",
    "as for an object that does not exist.",
    "",
)


class ContractError(Exception):
    """The contract could not be recorded, or is not up to date."""


def record(tests: Path) -> list[str]:
    """Run *tests* on both databases, write what they record, and return the differences in words."""
    with tempfile.TemporaryDirectory() as folder:
        runs = {name: _start(command, tests, Path(folder, name)) for name, command in RUNS.items()}
        outputs = [process.communicate()[0] for process in runs.values()]
        for process, output in zip(runs.values(), outputs, strict=True):
            if process.returncode:
                raise ContractError(f"The contract could not be recorded:\n{output}")
        recordings = [json.loads(Path(folder, name).read_text(encoding="utf-8")) for name in runs]
    return _write(merge(recordings))


def _start(command: list[str], tests: Path, file: Path) -> subprocess.Popen[str]:
    """Start pytest with --record-contract, and with the settings and the database that its configuration names."""
    unset = {"DJANGO_SETTINGS_MODULE", *(["TEST_DATABASE_URL"] if command == RUNS["configured"] else [])}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    options = ["--quiet", "--no-header", "--tb=short", "-p", "no:cacheprovider", f"--record-contract={file}"]
    return subprocess.Popen(
        [sys.executable, *command, "-m", "pytest", *options, str(tests)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _write(recorded: dict[str, documents.Document]) -> list[str]:
    lines = []
    for app, file in documents.list_files().items():
        new = recorded.get(app, {})
        lines += differences.explain(documents.read(file), new, facts.name_subjects(app))
        documents.write(file, new)
    return lines or ["The contract is unchanged."]


def check() -> list[str]:
    """Raise `ContractError` if the serializers, the models or the routes differ from the recorded ones."""
    lines = []
    for app, file in documents.list_files().items():
        recorded = documents.read(file)
        old = {**recorded, "routes": _list_served(recorded)}
        new = {**facts.describe(app), "routes": describe_routes(app)}
        lines += differences.explain(old, new, facts.name_subjects(app))
    if lines:
        raise ContractError("\n".join([*lines, RERECORD]))
    return lines


def describe_routes(app: str) -> dict[str, dict[str, Any]]:
    """Return `{route: {method: {}}}` for the methods that the views of *app* implement."""
    return {route.name: {method: {} for method in route.methods} for route in list_routes() if route.app == app}


def _list_served(recorded: documents.Document) -> dict[str, dict[str, Any]]:
    """Return the recorded methods that are implemented by views: those with statements."""
    return {
        name: {method: {} for method, described in methods.items() if "statements" in described}
        for name, methods in recorded.get("routes", {}).items()
    }


def build_page() -> list[str]:
    """Return a Markdown page with the recorded status of every user, for each route and method."""
    lines = list(INTRODUCTION)
    for app, file in documents.list_files().items():
        lines += _build_table(app, documents.read(file))
    return lines


def _build_table(app: str, document: documents.Document) -> list[str]:
    routes = document.get("routes", {})
    rows = [(name, method, row["access"]) for name in sorted(routes) for method, row in sorted(routes[name].items())]
    if not rows:
        return []
    users = sorted({user for _name, _method, access in rows for user in access})
    paths = {route.name: route.template for route in list_routes()}
    lines = [f"## {app or 'The project'}", "", f"| route | path | method | {' | '.join(users)} |"]
    lines.append(f"|{'---|' * (3 + len(users))}")
    for name, method, access in rows:
        statuses = " | ".join(str(access.get(user, "")) for user in users)
        lines.append(f"| {name} | `{paths.get(name, '')}` | {method} | {statuses} |")
    return [*lines, ""]
