"""DRF's own tests, with our serializers and related fields where theirs are imported."""

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.conftest import TEMPLATE, TREE
from tests.drf_suite import EXPECTED

OURS = ("serializers", "relations")
IMPORT = re.compile(r"^from rest_framework import (\([^)]*\)|[^\n(#]*)", re.MULTILINE)


def pinned() -> str:
    """Return the requirement of the DRF that this repository tests with."""
    text = (TEMPLATE / "requirements-dev.txt").read_text(encoding="utf-8")
    return re.search(r"^djangorestframework==[0-9.]+", text, re.MULTILINE)[0]


def swapped(source: str) -> str:
    """Return a test module of DRF's that imports ours instead of theirs."""

    def split(found: re.Match[str]) -> str:
        names = [name for name in re.split(r"[\s(),]+", found[1]) if name]
        theirs = ", ".join(name for name in names if name not in OURS)
        ours = ", ".join(name for name in names if name in OURS)
        lines = [
            f"from rest_framework import {theirs}" if theirs else "",
            f"from hardening import {ours}" if ours else "",
        ]
        return "\n".join(filter(None, lines))

    source = IMPORT.sub(split, source)
    source = source.replace(
        "from rest_framework.serializers import ModelSerializer", "from hardening.serializers import ModelSerializer"
    )
    # What a test replaces inside DRF's module is DRF's own business, and not ours.
    return source.replace(
        'monkeypatch.setattr(relations, "api_settings"', 'monkeypatch.setattr("rest_framework.relations.api_settings"'
    )


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tests out of the pinned DRF's source, with ours in place."""
    folder = tmp_path_factory.mktemp("drf")
    download = ["pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(folder), pinned()]
    subprocess.run(["python3", "-m", *download], check=True)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    tests = next(folder.glob("djangorestframework-*/tests"))
    for path in tests.rglob("*.py"):
        path.write_text(swapped(path.read_text(encoding="utf-8")), encoding="utf-8")
    return tests.rename(folder / "tests").parent


@pytest.mark.deep
def test_only_what_moved_on_purpose_fails_in_drfs_own_tests(suite):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rf",
            "-p",
            "no:randomly",
            "-p",
            "no:cacheprovider",
            "--no-migrations",
            "tests",
        ],
        cwd=suite,
        env=os.environ | {"PYTHONPATH": str(TREE / "packages" / "hardening" / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    failed = set(re.findall(r"^(?:FAILED|ERROR|SUBFAILED\S*) (\S+)", done.stdout, re.MULTILINE))
    passed = int(re.search(r"(\d+) passed", done.stdout)[1])
    assert failed == {name for names in EXPECTED.values() for name in names}
    assert passed > 1500
