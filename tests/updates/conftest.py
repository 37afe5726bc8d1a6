"""Fixtures of the tests of updates."""

from pathlib import Path

import pytest

from tests.updates.small_template import SmallTemplate


@pytest.fixture
def template(tmp_path: Path, config: Path) -> SmallTemplate:
    """Return a template of a few files."""
    (tmp_path / "template").mkdir()
    return SmallTemplate(tmp_path / "template", config)


@pytest.fixture
def project(template: SmallTemplate, tmp_path: Path) -> Path:
    """Return a project that the template rendered, with one commit."""
    return template.render(tmp_path)
