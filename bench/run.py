"""The measurements of `make bench`, in order, each told while it runs."""

import sys
from dataclasses import dataclass, field
from statistics import median

from bench import operations, rows
from bench.measure import Costs, Make, Stack, compare, peak, ratio, statements
from bench.settings import BARE_MIDDLEWARE, PLAIN_MIDDLEWARE

BLOCK = 4  # requests
GROWTH_ROUNDS = 10
GROWTH_BLOCK = 2
MEASURE = "plain"  # what the others are told in


@dataclass
class Results:
    """What was measured, by operation and stack; growth by size first."""

    costs: dict[str, Costs] = field(default_factory=dict)
    statements: dict[str, dict[str, int]] = field(default_factory=dict)
    peaks: dict[str, dict[str, int]] = field(default_factory=dict)
    growth: dict[int, dict[str, Costs]] = field(default_factory=dict)


def run(rounds: int, sizes: list[int], only: str) -> Results:
    """Return what every operation costs every stack, and how that grows with the *sizes* of the table."""
    caller = rows.caller()
    stacks = [
        Stack("plain", "plain/", caller.token, PLAIN_MIDDLEWARE),
        Stack("stock", "stock/", caller.token, PLAIN_MIDDLEWARE),
        Stack("ninja", "ninja/", caller.token, PLAIN_MIDDLEWARE),
        Stack("ours, level", "level/", caller.token, PLAIN_MIDDLEWARE),
        Stack("ours, bare", "bare/", caller.token, BARE_MIDDLEWARE),
        Stack("ours", "api/v1/", caller.token),
    ]
    results = Results()
    rows.fill(sizes[0])
    for name, make in operations.operations(caller).items():
        if only.lower() in name.lower():
            _measure(results, name, make, stacks, rounds)
    for size in [] if only else sizes:
        rows.fill(size)
        results.growth[size] = {name: _grown(name, make, stacks, size) for name, make in _growing(stacks[-1]).items()}
    return results


def _measure(results: Results, name: str, make: Make, stacks: list[Stack], rounds: int) -> None:
    results.costs[name] = compare(stacks, make, rounds=rounds, block=BLOCK)
    results.statements[name] = {stack.name: statements(stack, make(stack)) for stack in stacks}
    results.peaks[name] = {stack.name: peak(stack, make(stack)) for stack in stacks}
    rows.drop_new()
    told = [f"{stack.name} x{ratio(results.costs[name], stack.name, MEASURE):.2f}" for stack in stacks]
    told.append(f"hardening x{ratio(results.costs[name], 'ours', 'ours, bare'):.2f}")
    base = median(cost.application for cost in results.costs[name][MEASURE]) * 1e6
    _say(f"{name}: plain {base:.0f} us; {', '.join(told[1:])}")


def _growing(ours: Stack) -> dict[str, Make]:
    return {
        "create": operations.create,
        "duplicate create": operations.duplicate,
        "first page": operations.first_page,
        "last page": operations.last_page(ours),
    }


def _grown(name: str, make: Make, stacks: list[Stack], size: int) -> Costs:
    """Return the costs at *size*, with those of a plain retrieve, which does not grow, in the same rounds."""
    still = Stack("retrieve", MEASURE + "/", stacks[0].token, PLAIN_MIDDLEWARE)

    def asked(stack: Stack):
        return operations.retrieve(stack) if stack is still else make(stack)

    costs = compare([*stacks, still], asked, rounds=GROWTH_ROUNDS, block=GROWTH_BLOCK)
    rows.drop_new()
    told = [f"{stack.name} {median(each.total for each in costs[stack.name]) * 1e3:.1f} ms" for stack in stacks]
    _say(f"{size:,} rows, {name}: {', '.join(told)}")
    return costs


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
