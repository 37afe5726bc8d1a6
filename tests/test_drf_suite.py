"""DRF's own tests with the serializers and related fields of hardening instead of DRF's."""

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


def read_requirement() -> str:
    """Return the pinned requirement of DRF."""
    text = (TEMPLATE / "requirements-dev.txt").read_text(encoding="utf-8")
    return re.search(r"^djangorestframework==[0-9.]+", text, re.MULTILINE)[0]


def replace_imports(source: str) -> str:
    """Return the source of a test module that imports from hardening instead of DRF."""

    def replace_import(match: re.Match[str]) -> str:
        names = [name for name in re.split(r"[\s(),]+", match[1]) if name]
        theirs = ", ".join(name for name in names if name not in OURS)
        ours = ", ".join(name for name in names if name in OURS)
        lines = [
            f"from rest_framework import {theirs}" if theirs else "",
            f"from hardening import {ours}" if ours else "",
        ]
        return "\n".join(filter(None, lines))

    source = IMPORT.sub(replace_import, source)
    source = source.replace(
        "from rest_framework.serializers import ModelSerializer", "from hardening.serializers import ModelSerializer"
    )
    # This test patches a name in DRF's own module, which `hardening.relations` does not have.
    return source.replace(
        'monkeypatch.setattr(relations, "api_settings"', 'monkeypatch.setattr("rest_framework.relations.api_settings"'
    )


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the tests of the pinned DRF, which import from hardening."""
    folder = tmp_path_factory.mktemp("drf")
    download = ["pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(folder)]
    subprocess.run(["python3", "-m", *download, read_requirement()], check=True)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    tests = next(folder.glob("djangorestframework-*/tests"))
    for path in tests.rglob("*.py"):
        path.write_text(replace_imports(path.read_text(encoding="utf-8")), encoding="utf-8")
    return tests.rename(folder / "tests").parent


@pytest.mark.deep
def test_drfs_own_tests_pass_except_for_the_listed_ones(suite):
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
