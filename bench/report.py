"""Write the results as `docs/performance.md` and its plot."""

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
    "modern-rest": "django-modern-rest",
}

# For bench.server: the prefix of each stack's routes, the list of middleware of its server, and the server.
SERVED = {
    "plain": ("plain/", "plain", "gunicorn"),
    "stock": ("stock/", "plain", "gunicorn"),
    "ninja": ("ninja/", "plain", "gunicorn"),
    "ours, level": ("level/", "plain", "gunicorn"),
    "ours, bare": ("bare/", "bare", "gunicorn"),
    "ours": ("api/v1/", "own", "gunicorn"),
    "ours, granian": ("api/v1/", "own", "granian"),
    "modern-rest": ("modern-rest/", "plain", "gunicorn"),
    "bolt": ("bolt/", "plain", "runbolt"),
    "fastapi": ("", "plain", "uvicorn"),
}
SERVED_NAMES = {
    **STACKS,
    "ours, granian": "ours in granian",
    "bolt": "django-bolt in runbolt",
    "fastapi": "FastAPI, SQLAlchemy",
}

INTRODUCTION = """\
# CPU time, statements and memory of a request

Written by `make bench`, which renders a project and sends the same requests to seven implementations of its API, all in
one process, over the same models, the same PostgreSQL, the same connection pool and the same tokens:

- **plain Django view**: the ORM and `json` in a function, with the same guarantees: no query that validates uniqueness
  before a write, one query for many related objects, 409 for a duplicate under every field that conflicts, a lock on
  the changed row, a lock on the location that a new purchase chooses, so that it is not closed meanwhile, keyset
  pagination. All others are compared with it.
- **stock DRF** as most people write it: `UniqueValidator` and an `exists()` in the serializer, numbered pages, related
  objects one by one. It has none of the guarantees.
- **django-ninja** with the guarantees of the plain view.
- **our serializers** and viewsets with the environment of the first three: the middleware of `startproject`, DRF's
  parser, negotiation and exception handler, and an ORM query for the token.
- **ours, not hardened**: the project with its own query for the token, but without throttling, JSON type checking and
  the middleware of `hardening`.
- **ours**: the project as it is rendered, with all of these and its access log.
- **django-modern-rest** with the guarantees of the plain view and the middleware of `startproject`, with msgspec models
  and without the validation of responses, as its documentation recommends for production.

Before an operation is measured, the benchmark checks that the plain view, django-ninja and django-modern-rest return
the same JSON.
"""

METHOD = """\
The stacks alternate in blocks of {block} requests, for {rounds} rounds; a ratio is the median of the rounds' ratios, so
that other load on the machine affects both sides. The cost is the CPU time of the application's
process{database}. PostgreSQL uses a unix socket without fsync. The throttle
counts in the memory of the process; a shared cache adds a round trip. Values that are random elsewhere are counters
here, so that two runs send the same requests.

"""

MACHINE = """\
Measured on {date} on {machine}, {cores} cores, with Python {python}, Django {django}, DRF {drf},
django-ninja {ninja}, django-modern-rest {modern_rest} and PostgreSQL {postgresql}.{load}
"""

LOAD = """\
# Requests per second and response times

Written by `make bench-server`: the stacks of [performance.md](performance.md) in the project's gunicorn with two
workers of four threads, over a table of {rows:,} profiles, and the project also in granian with as many workers and
threads. *Our serializers* have the middleware of `startproject` and an ORM query for the token, as the first three
stacks have; *ours, not hardened* is the project without throttling, JSON type checking and the middleware of
`hardening`; *ours* is the project as it is rendered.

Three peers have the guarantees of the plain view and are written as their own documentation recommends:

- *django-modern-rest* runs in the same gunicorn, with the middleware of `startproject`.
- *django-bolt* {bolt} has a server of its own, `runbolt`, with two processes on a loopback port and no middleware. Its
  functions are asynchronous, so that asgiref runs all ORM calls of a process in one thread. It accepts no stored
  tokens, so that the functions look them up. The newest version for Python 3.11 is 0.3.
- *FastAPI* {fastapi} with *SQLAlchemy* {sqlalchemy} runs in uvicorn {uvicorn} with two workers and no middleware. Its
  functions are synchronous and run in threads; SQLAlchemy's models describe the project's tables.

Before an operation is measured, the benchmark checks that these three, django-ninja and the plain view return the same
JSON.

{clients} clients send {requests} requests each, one after the other; then the next stack follows, for {rounds} rounds.
Each number is the median of these blocks, beside the range of the middle half of them. Clients, servers and PostgreSQL
share the cores of the machine: compare the stacks, and trust the server's CPU time more than the response times.
"""

GROWTH = """\
## Growth with the table

CPU time of the application and its database for each size of the table, as multiples of the smallest size. Each is
compared with a request whose cost does not grow.
"""


MIX = {"retrieve": 0.6, "list of 50": 0.25, "create": 0.1, "PATCH": 0.05}

PRICE = """\
## Requests per second and core

With these times, one core serves {rate:.0f} requests a second of a mix of 60 % retrieve, 25 % list of 50, 10 % create
and 5 % PATCH, beside {database:.0f} % of a core for PostgreSQL. The cost of the server and of TLS is not part of it.
"""

AXES = """\
## Growth with the request

CPU time of the application and its database of *ours*, by size of the request. The exponent is the slope of the costs
over the sizes on logarithmic scales: 1 is proportional to the size, 0 is independent of it.
"""

CONTENTION = """\
## Writers of one table

Requests per second of *ours*, sent by threads of one process, that create different rows of a table with a constraint
that is checked at COMMIT. Each transaction lasts 10 ms longer than its statements. Writers of values that cannot
conflict do not wait for each other; with one lock on the table, they passed one at a time.
"""


def write(results: Results, folder: Path = DOCS) -> None:
    """Write the page and the plot into *folder*."""
    ratios = {name: {stack: ratio(costs, stack, MEASURE) for stack in STACKS} for name, costs in results.costs.items()}
    sections = [
        INTRODUCTION,
        _describe_method(results),
        "## CPU time of the application, as multiples of the plain view\n\n![The table as bars](performance.svg)\n",
        _format_table(
            ratios, {name: f"{_get_microseconds(costs):.0f} µs" for name, costs in results.costs.items()}, "x{:.2f}"
        ),
        "## SQL statements per request, including authentication, BEGIN and COMMIT\n",
        _format_table(results.statements, {}, "{}"),
        "## Peak memory that Python allocates for a request, in KiB\n",
        _format_table(_convert_peaks(results), {}, "{:.0f}"),
        _format_price(results),
        AXES,
        *(_format_row_table(axis.name, {"cost": axis.costs}, "{:.1f} ms", axis.exponent) for axis in results.axes),
        CONTENTION,
        _format_row_table("writers", results.contention, "{:.0f}"),
        GROWTH,
        *_format_growth(results),
    ]
    (folder / "performance.svg").write_text(plot.draw_bars(ratios, STACKS), encoding="utf-8")
    (folder / "performance.md").write_text("\n".join(sections), encoding="utf-8")


def introduce_load(clients: int, requests: int, rounds: int, rows: int) -> str:
    """Return the introduction of the page on servers."""
    peers = {name: version(name) for name in ("fastapi", "sqlalchemy", "uvicorn")}
    text = LOAD.format(
        clients=clients, requests=requests, rounds=rounds, rows=rows, bolt=version("django-bolt"), **peers
    )
    return f"{text}\n{_describe_versions()}"


def _describe_method(results: Results) -> str:
    rounds = len(next(iter(results.costs.values()))[MEASURE])
    database = ", and of the database's where stated" if platform.system() == "Linux" else ""
    return f"{METHOD.format(block=BLOCK, rounds=rounds, database=database)}\n{_describe_versions()}"


def _describe_versions() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgresql = cursor.fetchone()[0]
    return MACHINE.format(
        date=datetime.now(UTC).date(),
        machine=_describe_cpu(),
        cores=os.cpu_count(),
        python=platform.python_version(),
        django=version("django"),
        drf=version("djangorestframework"),
        ninja=version("django-ninja"),
        modern_rest=version("django-modern-rest"),
        postgresql=postgresql,
        load=" The machine had other load." if BUSY else "",
    )


def _describe_cpu() -> str:
    cpus = Path("/proc/cpuinfo")
    models = [line.partition(":")[2].strip() for line in cpus.read_text().splitlines() if line.startswith("model name")]
    return f"{platform.system()}, {models[0]}" if models else platform.platform()


def _format_table(cells: dict[str, dict[str, float]], base: dict[str, str], form: str) -> str:
    """Return a table of *cells* by operation and stack; *base* has the plain view's values with their units."""
    head = ["operation", *STACKS.values()]
    lines = [f"| {' | '.join(head)} |", "|---" + "|--:" * len(STACKS) + "|"]
    for name, row in cells.items():
        values = {stack: form.format(value) for stack, value in row.items()} | (
            {MEASURE: base[name]} if name in base else {}
        )
        lines.append(f"| {name} | {' | '.join(values[stack] for stack in STACKS)} |")
    return "\n".join(lines) + "\n"


def _format_price(results: Results) -> str:
    costs = {name: results.costs[name]["ours"] for name in MIX}
    application, database = (
        sum(share * median(getattr(cost, part) for cost in costs[name]) for name, share in MIX.items())
        for part in ("application", "database")
    )
    return PRICE.format(rate=1 / application, database=100 * database / application)


def _format_row_table(name: str, rows: dict[str, dict[int, float]], form: str, exponent: float | None = None) -> str:
    """Return a table with a column for each size and a row for each of *rows*; a cost in seconds is shown in ms."""
    scale, last = (1, []) if exponent is None else (1e3, ["exponent"])
    sizes = [f"{size:,}" for size in next(iter(rows.values()))]
    lines = [f"| {' | '.join([name, *sizes, *last])} |", "|---" + "|--:" * len([*sizes, *last]) + "|"]
    for label, values in rows.items():
        cells = [form.format(value * scale) for value in values.values()]
        lines.append(f"| {' | '.join([label, *cells, *([] if exponent is None else [f'{exponent:.2f}'])])} |")
    return "\n".join(lines) + "\n"


def _format_growth(results: Results) -> list[str]:
    smallest = min(results.growth)
    sections = []
    for size, operations in results.growth.items():
        if size == smallest:
            cells = {
                name: {stack: median(cost.total for cost in costs[stack]) * 1e3 for stack in STACKS}
                for name, costs in operations.items()
            }
            sections.append(_format_table(cells, {}, "{:.1f} ms").replace("operation", f"{size:,} rows", 1))
            continue
        cells = {
            name: {
                stack: _compare_with_constant(costs, stack)
                / _compare_with_constant(results.growth[smallest][name], stack)
                for stack in STACKS
            }
            for name, costs in operations.items()
        }
        sections.append(_format_table(cells, {}, "x{:.2f}").replace("operation", f"{size:,} rows", 1))
    return sections


def _compare_with_constant(costs: Costs, stack: str) -> float:
    return ratio(costs, stack, "retrieve", "total")


def _get_microseconds(costs: Costs) -> float:
    return median(cost.application for cost in costs[MEASURE]) * 1e6


def _convert_peaks(results: Results) -> dict[str, dict[str, float]]:
    return {name: {stack: size / 1024 for stack, size in row.items()} for name, row in results.peaks.items()}
