"""The memory of gunicorn's processes and of PostgreSQL's sessions does not grow under load.

`make test-soak` runs it, and sets SOAK_SECONDS; without this variable it is not collected. Linux reports the memory.
"""

import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from deep.server import Caller, database, serving

SECONDS = int(os.environ.get("SOAK_SECONDS", "60"))
CLIENTS = 4
# Megabytes that the processes of a kind may grow, together, from the end of the warm-up to the end of the run. Free
# lists and fragmentation take some; in twenty minutes, a leak of a hundred bytes a request takes more.
LIMIT = 8.0


def read_memory(pid: int) -> float:
    """Return the private memory of a process in megabytes; 0 if it has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_")) / 1024


def list_workers(gunicorn: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{gunicorn}/task/{gunicorn}/children").read_text().split()]


def send_requests(caller: Caller, number: int, end: float) -> Iterator[int]:
    """Yield the statuses of requests that create, read, change and delete a profile, and of rejected ones."""
    turn = 0
    while time.monotonic() < end:
        turn += 1
        name = f"soak{number}x{turn}"
        profile = {"username": name, "email": f"{name}@example.com", "bio": "x" * (turn % 2000)}
        created = caller("POST", "/api/v1/profiles/", profile)
        path = f"/api/v1/profiles/{created.body['id']}/"
        yield created.status
        yield caller("POST", "/api/v1/profiles/", profile).status  # a duplicate
        yield caller("POST", "/api/v1/profiles/", {"username": turn}).status  # invalid
        yield caller("PATCH", path, {"bio": f"turn {turn}"}).status
        yield caller("GET", f"/api/v1/profiles/?page_size={turn % 100 + 1}").status
        yield caller("DELETE", path).status
        yield caller("GET", path).status


def measure_growth(samples: list[tuple[float, float]]) -> float:
    """Return the growth along the straight line through the samples (time, megabytes) after the warm-up."""
    warm = samples[len(samples) // 3 :]
    slope, _start = statistics.linear_regression(*zip(*warm, strict=True))
    return slope * (warm[-1][0] - warm[0][0])


@pytest.fixture
def soaked(tmp_path: Path) -> Iterator[tuple[Counter[int], dict[str, list[tuple[float, float]]]]]:
    """Send requests for a while; return the number of each status, and the memory at each moment by kind of process."""
    samples: dict[str, list[tuple[float, float]]] = {"gunicorn": [], "postgresql": []}
    statuses: Counter[int] = Counter()
    flags = ("--threads", "4", "--max-requests", "0")  # a replaced process would hide a leak
    with (
        database("postgresql", tmp_path, f"soak_{os.getpid()}") as url,
        serving(url, tmp_path, *flags) as server,
        psycopg.connect(url, autocommit=True) as observer,
        ThreadPoolExecutor(CLIENTS) as threads,
    ):
        end = time.monotonic() + SECONDS
        callers = [server.caller(f"soak{number}") for number in range(CLIENTS)]
        runs = [
            threads.submit(lambda *arguments: statuses.update(send_requests(*arguments)), caller, number, end)
            for number, caller in enumerate(callers)
        ]
        others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        while time.monotonic() < end:
            time.sleep(min(1.0, SECONDS / 60))
            sessions = [pid for (pid,) in observer.execute(others)]
            pids = {"gunicorn": list_workers(server.process.pid), "postgresql": sessions}
            for kind, found in pids.items():
                samples[kind].append((time.monotonic(), sum(map(read_memory, found))))
        for run in runs:
            run.result()
        yield statuses, samples


def test_memory_does_not_grow_under_load(soaked):
    statuses, samples = soaked
    growth = {kind: measure_growth(taken) for kind, taken in samples.items()}
    report = [f"{sum(statuses.values())} requests in {SECONDS} s: {dict(sorted(statuses.items()))}"]
    for kind, taken in samples.items():
        report.append(
            f"{kind}: {taken[0][1]:.1f} MB, then {taken[-1][1]:.1f} MB; {growth[kind]:+.2f} MB after the warm-up"
        )
    sys.stdout.write("\n".join(["", *report, ""]))

    assert statuses.keys() == {200, 201, 204, 400, 404, 409}
    assert max(growth.values()) < LIMIT, growth
