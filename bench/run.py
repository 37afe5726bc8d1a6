"""Run the measurements of `make bench` in order, and print each result."""

import sys
from dataclasses import dataclass, field
from statistics import median

from bench import operations, rows
from bench.agreement import check_agreement
from bench.axes import Axis, measure_axes
from bench.contention import measure_contention
from bench.measure import Costs, Make, Request, Stack, compare, count_statements, measure_memory, ratio
from bench.settings import BARE_MIDDLEWARE, PLAIN_MIDDLEWARE

BLOCK = 12  # requests
GROWTH_ROUNDS = 10
GROWTH_BLOCK = 2
MEASURE = "plain"  # the stack that the others are compared with


@dataclass
class Results:
    """The results by operation and stack; `growth` by size of the table, too; `contention` by number of writers."""

    costs: dict[str, Costs] = field(default_factory=dict)
    statements: dict[str, dict[str, int]] = field(default_factory=dict)
    peaks: dict[str, dict[str, int]] = field(default_factory=dict)
    growth: dict[int, dict[str, Costs]] = field(default_factory=dict)
    axes: list[Axis] = field(default_factory=list)
    contention: dict[str, dict[int, float]] = field(default_factory=dict)


def run(rounds: int, sizes: list[int], only: str) -> Results:
    """Return the costs of every operation for every stack, and their growth with the *sizes* of the table."""
    caller = rows.create_caller()
    stacks = [
        Stack("plain", "plain/", caller.token, PLAIN_MIDDLEWARE),
        Stack("stock", "stock/", caller.token, PLAIN_MIDDLEWARE),
        Stack("ninja", "ninja/", caller.token, PLAIN_MIDDLEWARE),
        Stack("ours, level", "level/", caller.token, PLAIN_MIDDLEWARE),
        Stack("ours, bare", "bare/", caller.token, BARE_MIDDLEWARE),
        Stack("ours", "api/v1/", caller.token),
        Stack("modern-rest", "modern-rest/", caller.token, PLAIN_MIDDLEWARE),
    ]
    results = Results()
    rows.fill(sizes[0])
    for name, make in operations.list_operations(caller).items():
        if only.lower() in name.lower():
            _measure(results, name, make, stacks, rounds)
    _measure_sizes(results, caller, only)
    growing = {} if only else _list_growing(next(stack for stack in stacks if stack.name == "ours"))
    for size in [] if only else sizes:
        rows.fill(size)
        results.growth[size] = {name: _measure_growth(name, make, stacks, size) for name, make in growing.items()}
    return results


def _measure(results: Results, name: str, make: Make, stacks: list[Stack], rounds: int) -> None:
    check_agreement(name, stacks, make, Stack.send)
    results.costs[name] = compare(stacks, make, rounds=rounds, block=BLOCK)
    results.statements[name] = {stack.name: count_statements(stack, make(stack)) for stack in stacks}
    results.peaks[name] = {stack.name: measure_memory(stack, make(stack)) for stack in stacks}
    rows.drop_new()
    parts = [f"{stack.name} x{ratio(results.costs[name], stack.name, MEASURE):.2f}" for stack in stacks]
    parts.append(f"hardening x{ratio(results.costs[name], 'ours', 'ours, bare'):.2f}")
    base = median(cost.application for cost in results.costs[name][MEASURE]) * 1e6
    _print(f"{name}: plain {base:.0f} us; {', '.join(parts[1:])}")


def _measure_sizes(results: Results, caller: rows.Caller, only: str) -> None:
    """Measure requests of several sizes, and several writers of one table, with the project's own middleware."""
    ours = Stack("ours", "", caller.token)
    if not only or only == "axes":
        results.axes = measure_axes(caller, ours)
        for axis in results.axes:
            costs = ", ".join(f"{size}: {cost * 1e3:.1f} ms" for size, cost in axis.costs.items())
            _print(f"{axis.name}: {costs}; exponent {axis.exponent:.2f}")
    if not only or only == "contention":
        results.contention = measure_contention(ours)
        for name, rates in results.contention.items():
            _print(f"{name}: {', '.join(f'{writers}: {rate:.0f}/s' for writers, rate in rates.items())}")


def _list_growing(ours: Stack) -> dict[str, Make]:
    return {
        "create": operations.create,
        "duplicate create": operations.duplicate,
        "first page": operations.first_page,
        "last page": operations.last_page(ours),
    }


def _measure_growth(name: str, make: Make, stacks: list[Stack], size: int) -> Costs:
    """Return the costs at *size*, and in the same rounds those of a plain retrieve, which do not grow."""
    constant = Stack("retrieve", MEASURE + "/", stacks[0].token, PLAIN_MIDDLEWARE)

    def make_either(stack: Stack) -> Request:
        return operations.retrieve(stack) if stack is constant else make(stack)

    costs = compare([*stacks, constant], make_either, rounds=GROWTH_ROUNDS, block=GROWTH_BLOCK)
    rows.drop_new()
    parts = [f"{stack.name} {median(cost.total for cost in costs[stack.name]) * 1e3:.1f} ms" for stack in stacks]
    _print(f"{size:,} rows, {name}: {', '.join(parts)}")
    return costs


def _print(text: str) -> None:
    sys.stderr.write(f"{text}\n")
