"""The API keeps its OpenAPI schema, whatever is sent: schemathesis with every check on, and sequences of calls."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deep.server import PROJECT, database, free_port, serving

CASES = os.environ.get("FUZZING_CASES", "200")  # for each operation and seed
HOOKS = {"SCHEMATHESIS_HOOKS": "tests.deep.fuzzing", "PYTHONPATH": str(PROJECT)}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The API's schema, as a file."""
    file = tmp_path_factory.mktemp("schema") / "schema.yml"
    generate = [sys.executable, "manage.py", "spectacular", "--urlconf", "config.urls", "--file", str(file)]
    subprocess.run(generate, cwd=PROJECT, env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}, check=True)
    return file


@pytest.fixture
def api(tmp_path: Path) -> Iterator[str]:
    """The API's address, with an empty PostgreSQL database behind it; its mails are files."""
    address = f"localhost:{free_port()}"
    with (
        database("postgresql", tmp_path, f"fuzzing_{os.getpid()}") as url,
        serving(url, tmp_path, "--bind", address, TEST_EMAIL_URL=f"filemail:///{tmp_path}/mails"),
    ):
        yield f"http://{address}/api/v1"


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_no_request_makes_the_api_break_its_schema(api, schema, seed, tmp_path):
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(PROJECT / "tests/deep/schemathesis.toml")]
    target = ["run", str(schema), "--url", api.removesuffix("/api/v1")]
    flags = ["--checks", "all", "--max-examples", CASES, "--seed", seed, "--no-color"]

    fuzzed = subprocess.run(
        [*command, *target, *flags],
        cwd=tmp_path,
        env=os.environ | HOOKS | {"API": api, "MAILS": str(tmp_path / "mails")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert fuzzed.returncode == 0, fuzzed.stdout[-20_000:]
