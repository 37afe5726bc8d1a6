"""`docs/faults.md` has a row for each fault that the deep tests report."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

TESTS = Path(__file__).parent
PAGE = TESTS.parents[2] / "docs" / "faults.md"


def test_the_page_has_a_row_for_each_fault_that_a_test_reports():
    sources = [path.read_text(encoding="utf-8") for path in sorted((TESTS / "deep").glob("test_*.py"))]
    reported = {name for source in sources for name in re.findall(r'\breport\(\s*f?"([^"]+)"', source)}
    rows = set(re.findall(r"(?m)^\| ([^|]+) (?:\|[^|]+){5}\|$", PAGE.read_text(encoding="utf-8"))) - {
        "fault",
        "---",
    }

    patterns = [re.compile(re.sub(r"\\\{.*?\\\}", ".+", re.escape(name))) for name in reported]
    assert len(patterns) > 10
    assert [row for row in rows if not any(pattern.fullmatch(row) for pattern in patterns)] == []
    assert [pattern.pattern for pattern in patterns if not any(map(pattern.fullmatch, rows))] == []
