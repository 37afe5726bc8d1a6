"""docs/security.md names existing files and tests, and lists all checks and events."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

from hardening.operations.security_events import EVENTS

pytestmark = pytest.mark.once

ROOT = Path(settings.BASE_DIR)
SOURCES = ROOT / "packages" / "hardening" / "src"
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = [line.strip("| \n").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]


def find_file(name: str) -> Path:
    """Return the file that the page calls *name*; modules of `hardening` are named without their folder."""
    return (SOURCES if name.startswith("hardening/") else ROOT) / name


def names_in(path: Path) -> set[str]:
    if not path.is_file():
        return set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_named_test_exists():
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", PAGE)

    assert len(named) > 60
    assert [f"{path}::{name}" for path, name in named if name not in names_in(find_file(path))] == []


def test_every_named_module_exists():
    named = re.findall(r"`([\w/.]+\.py)`", PAGE)

    assert len(named) > 30
    assert [path for path in named if not find_file(path).is_file()] == []


def test_every_item_names_code_and_a_test():
    items = [row for row in ROWS if len(row) == 4 and row[0] not in ("risk", "item")]

    assert len(items) > 40
    assert [row[0] for row in items if ".py`" not in row[2] or "::test_" not in row[3]] == []
    assert [f"API{number}" for number in range(1, 11)] == [row[0].split()[0] for row in items[:10]]


def test_every_check_is_listed():
    sources = (path.read_text(encoding="utf-8") for path in sorted((SOURCES / "hardening" / "checks").glob("*.py")))
    found = {number for text in sources for number in re.findall(r'"(?:hardening\.)?([EW]\d{3})"', text)}

    assert re.findall(r"^\| `hardening\.(\w+)` \| .+ \|$", PAGE, re.MULTILINE) == sorted(found)


def test_every_event_is_listed():
    assert re.findall(r"^\| `(\w+)` \| .+ \|$", PAGE, re.MULTILINE) == sorted(EVENTS)
