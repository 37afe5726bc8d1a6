"""The API keeps its OpenAPI schema, whatever is sent: schemathesis with every check on, and sequences of calls."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from deep.server import PATHS, PROJECT, database, free_port, serving

CASES = os.environ.get("FUZZING_CASES", "200")  # for each operation and seed
ANY_LINE = ["--limit-request-line", "0"]  # a long query is for the API to refuse, and not for gunicorn, with a 414
Run = subprocess.CompletedProcess[str]
SEEDS = ["1", "2", "3"]
HOOKS = {"SCHEMATHESIS_HOOKS": "deep.fuzzing", **PATHS}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The API's schema, as a file."""
    file = tmp_path_factory.mktemp("schema") / "schema.yml"
    generate = [sys.executable, "manage.py", "spectacular", "--urlconf", "config.urls", "--file", str(file)]
    subprocess.run(
        generate, cwd=PROJECT, env=os.environ | PATHS | {"DJANGO_SETTINGS_MODULE": "tests.settings"}, check=True
    )
    return file


def fuzzed(schema: Path, seed: str, folder: Path) -> Run:
    """Run schemathesis with *seed* against the API, an empty PostgreSQL database behind it; its mails are files."""
    address = f"localhost:{free_port()}"
    command = [
        sys.executable,
        "-m",
        "schemathesis.cli",
        "--config-file",
        str(Path(__file__).with_name("schemathesis.toml")),
    ]
    target = ["run", str(schema), "--url", f"http://{address}"]
    flags = ["--checks", "all", "--max-examples", CASES, "--seed", seed, "--no-color"]
    with (
        database("postgresql", folder, f"fuzzing_{os.getpid()}_{seed}") as url,
        serving(url, folder, *ANY_LINE, "--bind", address, TEST_EMAIL_URL=f"filemail:///{folder}/mails"),
    ):
        return subprocess.run(
            [*command, *target, *flags],
            cwd=folder,
            env=os.environ | HOOKS | {"API": f"http://{address}/api/v1", "MAILS": str(folder / "mails")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def runs(schema: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Run]]]:
    """The runs of all seeds at once: each is a client and a server that wait for each other."""
    with ThreadPoolExecutor(len(SEEDS)) as threads:
        yield {seed: threads.submit(fuzzed, schema, seed, tmp_path_factory.mktemp(f"seed{seed}")) for seed in SEEDS}


@pytest.mark.parametrize("seed", SEEDS)
def test_no_request_makes_the_api_break_its_schema(runs, seed):
    done = runs[seed].result()

    assert done.returncode == 0, done.stdout[-20_000:]
