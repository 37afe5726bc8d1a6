"""Fixtures of the tests of updates."""

import shutil
from pathlib import Path

import pytest

from tests.updates.small_template import SmallTemplate


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory, config: Path) -> Path:
    """Return a folder with a template of a few files, and a project that it rendered, with one commit."""
    folder = tmp_path_factory.mktemp("origin")
    SmallTemplate.create(folder / "template", config).render(folder)
    return folder


@pytest.fixture
def template(origin: Path, tmp_path: Path, config: Path) -> SmallTemplate:
    """Return a copy of the template."""
    shutil.copytree(origin / "template", tmp_path / "template")
    return SmallTemplate(tmp_path / "template", config)


@pytest.fixture
def project(origin: Path, tmp_path: Path) -> Path:
    """Return a copy of the project."""
    return Path(shutil.copytree(origin / "demo", tmp_path / "demo"))
