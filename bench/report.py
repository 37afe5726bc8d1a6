"""What was measured, as `docs/performance.md` and its plot."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from django.db import connection

from bench import plot
from bench.measure import Costs, ratio
from bench.rendered import BUSY, TEMPLATE
from bench.run import BLOCK, MEASURE, Results

DOCS = TEMPLATE / "docs"

STACKS = {
    "plain": "plain Django view",
    "stock": "stock DRF",
    "ninja": "django-ninja",
    "ours, level": "our serializers",
    "ours, bare": "ours, not hardened",
    "ours": "ours",
}

# The stacks as servers: the prefix of their routes, and their list of middleware.
SERVED = {
    "plain": ("plain/", "plain"),
    "stock": ("stock/", "plain"),
    "ninja": ("ninja/", "plain"),
    "ours, level": ("level/", "plain"),
    "ours, bare": ("bare/", "bare"),
    "ours": ("api/v1/", "own"),
}

INTRODUCTION = """\
# What a request costs

Written by `make bench`, which renders a project and asks the same of six ways to write its API, all in one
process, over the same models, the same PostgreSQL, the same connection pool and the same tokens:

- **plain Django view**: the ORM and `json` in a function, keeping the same promises: no look-up before a write, one
  query for many related objects, 409 for a duplicate under every field that clashes, a lock on what is changed,
  pages by key. It is the measure;
- **stock DRF** as most people write it: `UniqueValidator` and an `exists()` of one's own, numbered pages, related
  objects one by one. It keeps none of them;
- **django-ninja** with the promises of the plain view;
- **our serializers** and viewsets with what the three have too: the middleware of `startproject`, DRF's parser,
  negotiation and exception handler, and the ORM's look-up of the token;
- **ours, not hardened**: the project with its own look-up of the token, without its throttles, strict input and the
  middleware of `hardening`;
- **ours**: the project as it is rendered, with all of these, its access log too.
"""

METHOD = """\
Blocks of {block} requests take turns, {rounds} rounds of them; a ratio is the median of the rounds' own ratios, so
that other work on the machine hits both sides. The cost is the CPU time of the application's process{database}.
PostgreSQL runs on a unix socket without fsync. The throttle counts in the process's memory; a shared cache costs a
round trip more. Everything that is random elsewhere is counted up here: two runs send the same requests.

"""

MACHINE = """\
Measured on {date} on {machine}, {cores} cores, with Python {python}, Django {django}, DRF {drf},
django-ninja {ninja} and PostgreSQL {postgresql}.{load}
"""

LOAD = """\
# What a server gives

Written by `make bench-server`: the stacks of [performance.md](performance.md) in gunicorn as the project has it, with
two workers of four threads, over a table of {rows:,} profiles. {clients} clients send {requests} requests each, one
after the other, then the next stack has its turn, {rounds} rounds of it. Clients, servers and PostgreSQL share the
machine's cores: compare the stacks, and trust the CPU of the server more than the times.
"""

GROWTH = """\
## Growth with the table

CPU of the application and of its database at every size of the table, as multiples of the same at the smallest. Each
is measured against a request whose cost does not grow.
"""


def write(results: Results, folder: Path = DOCS) -> None:
    """Write the page and the plot into *folder*."""
    ratios = {name: {stack: ratio(costs, stack, MEASURE) for stack in STACKS} for name, costs in results.costs.items()}
    sections = [
        INTRODUCTION,
        _method(results),
        "## CPU of the application, as multiples of the plain view\n\n![The table as bars](performance.svg)\n",
        _table(ratios, {name: f"{_microseconds(costs):.0f} µs" for name, costs in results.costs.items()}, "x{:.2f}"),
        "## Statements a request, signing in, BEGIN and COMMIT included\n",
        _table(results.statements, {}, "{}"),
        "## Memory: the most that Python held for one request, in KiB\n",
        _table(_kibibytes(results), {}, "{:.0f}"),
        GROWTH,
        *_growth(results),
    ]
    (folder / "performance.svg").write_text(plot.bars(ratios, STACKS), encoding="utf-8")
    (folder / "performance.md").write_text("\n".join(sections), encoding="utf-8")


def under_load(clients: int, requests: int, rounds: int, rows: int) -> str:
    """Return the beginning of the page on servers."""
    return f"{LOAD.format(clients=clients, requests=requests, rounds=rounds, rows=rows)}\n{_where()}"


def _method(results: Results) -> str:
    rounds = len(next(iter(results.costs.values()))[MEASURE])
    database = ", and of the database's where it is said" if platform.system() == "Linux" else ""
    return f"{METHOD.format(block=BLOCK, rounds=rounds, database=database)}\n{_where()}"


def _where() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgresql = cursor.fetchone()[0]
    return MACHINE.format(
        date=datetime.now(UTC).date(),
        machine=_machine(),
        cores=os.cpu_count(),
        python=platform.python_version(),
        django=version("django"),
        drf=version("djangorestframework"),
        ninja=version("django-ninja"),
        postgresql=postgresql,
        load=" Other work ran beside it." if BUSY else "",
    )


def _machine() -> str:
    cpus = Path("/proc/cpuinfo")
    found = [line.partition(":")[2].strip() for line in cpus.read_text().splitlines() if line.startswith("model name")]
    return f"{platform.system()}, {found[0]}" if found else platform.platform()


def _table(cells: dict[str, dict[str, float]], base: dict[str, str], form: str) -> str:
    """Return a table of *cells* by operation and stack; *base* tells what the measure is in units of its own."""
    head = ["operation", *STACKS.values()]
    lines = [f"| {' | '.join(head)} |", "|---" + "|--:" * len(STACKS) + "|"]
    for name, row in cells.items():
        shown = {stack: form.format(value) for stack, value in row.items()} | (
            {MEASURE: base[name]} if name in base else {}
        )
        lines.append(f"| {name} | {' | '.join(shown[stack] for stack in STACKS)} |")
    return "\n".join(lines) + "\n"


def _growth(results: Results) -> list[str]:
    smallest = min(results.growth)
    sections = []
    for size, operations in results.growth.items():
        if size == smallest:
            cells = {
                name: {stack: median(each.total for each in costs[stack]) * 1e3 for stack in STACKS}
                for name, costs in operations.items()
            }
            sections.append(_table(cells, {}, "{:.1f} ms").replace("operation", f"{size:,} rows", 1))
            continue
        cells = {
            name: {stack: _steady(costs, stack) / _steady(results.growth[smallest][name], stack) for stack in STACKS}
            for name, costs in operations.items()
        }
        sections.append(_table(cells, {}, "x{:.2f}").replace("operation", f"{size:,} rows", 1))
    return sections


def _steady(costs: Costs, stack: str) -> float:
    return ratio(costs, stack, "retrieve", "total")


def _microseconds(costs: Costs) -> float:
    return median(cost.application for cost in costs[MEASURE]) * 1e6


def _kibibytes(results: Results) -> dict[str, dict[str, float]]:
    return {name: {stack: each / 1024 for stack, each in row.items()} for name, row in results.peaks.items()}
