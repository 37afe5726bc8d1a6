"""The core passes its own tests with the project's apps absent."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
TAKEN = [
    "hardening",
    "tests/hardening",
    "tests/__init__.py",
    "tests/client.py",
    "tests/conftest.py",
    "tests/statements.py",
    "pyproject.toml",
]


def test_the_core_passes_its_tests_without_the_apps(tmp_path):
    for name in TAKEN:
        source, target = PROJECT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--ds",
            "tests.hardening.settings",
            "tests/hardening",
        ],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "PYTEST_"))},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:]
    assert "config" not in {path.name for path in tmp_path.iterdir()}
