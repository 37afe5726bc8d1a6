"""Measure how the cost of a request grows with its size: related ids, rows of a list, constraints of the model."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from statistics import median
from typing import Any

from bench import operations, rows
from bench.measure import Make, Request, Stack, compare
from bench.models import CONSTRAINTS, TABLES

ROUNDS = 8
BLOCK = 2  # requests
RELATED = (1, 2, 4, 8, 16, 32, 64)
ROWS = (1, 5, 20, 50, 100, 200)

_numbers = count(1)


@dataclass(frozen=True)
class Axis:
    """The CPU time of the application and the database in seconds, by size of the request."""

    name: str
    costs: dict[int, float]

    @property
    def exponent(self) -> float:
        """The slope of the costs over the sizes, both as logarithms: 1 for a cost that is proportional to the size."""
        sizes, costs = ([math.log(value) for value in values] for values in (self.costs, self.costs.values()))
        middle, mean = sum(sizes) / len(sizes), sum(costs) / len(costs)
        rise = sum((size - middle) * (cost - mean) for size, cost in zip(sizes, costs, strict=True))
        return rise / sum((size - middle) ** 2 for size in sizes)


def measure_axes(caller: rows.Caller, ours: Stack) -> list[Axis]:
    """Return the growth of each kind of request of *ours* along its axis."""
    axes: dict[str, tuple[tuple[int, ...], Callable[[int], Make]]] = {
        "create with related ids": (RELATED, lambda size: _prefix(operations.make_purchase(caller, size))),
        "create of a list, by rows": (ROWS, _make_list),
        "create, by unique constraints": (CONSTRAINTS, lambda size: _make_row(size, lambda: next(_numbers))),
        "duplicate create, by constraints that it violates": (CONSTRAINTS, _make_duplicate),
    }
    return [Axis(name, {size: _measure(ours, make(size)) for size in sizes}) for name, (sizes, make) in axes.items()]


def _measure(stack: Stack, make: Make) -> float:
    costs = compare([stack], make, rounds=ROUNDS, block=BLOCK)
    rows.drop_new()
    return median(cost.total for cost in costs[stack.name])


def _prefix(make: Make) -> Make:
    """Return *make* for the project's own routes."""

    def make_own(stack: Stack) -> Request:
        request = make(stack)
        return replace(request, path=f"api/v1/{request.path}")

    return make_own


def _make_list(size: int) -> Make:
    return lambda _stack: Request("POST", "axes/bulk/", [operations.make_profile() for _ in range(size)], (201,))


def _make_row(size: int, value: Callable[[], int], status: int = 201) -> Make:
    def make(_stack: Any) -> Request:
        number = value()
        body = {f"value{column}": number for column in range(size)}
        return Request("POST", f"axes/constraints/{size}/", body, (status,))

    return make


def _make_duplicate(size: int) -> Make:
    TABLES[size].objects.create(**{f"value{column}": -1 for column in range(size)})
    return _make_row(size, lambda: -1, 409)
