"""The arithmetic of docs/scale.md is right, and not better than what `make bench-server` measured."""

import re

from tests.conftest import TEMPLATE

PAGE = (TEMPLATE / "docs" / "scale.md").read_text(encoding="utf-8")
MEASURED = (TEMPLATE / "docs" / "performance-server.md").read_text(encoding="utf-8")


def read_quantities() -> dict[str, float]:
    """Return the numbers of the table by the name of their quantity."""
    rows = re.findall(r"^\| \**([^|*]+)\** \| \**([\d.,]+)[^|]*\|", PAGE, re.MULTILINE)
    return {name.strip(): float(number.replace(",", "")) for name, number in rows}


def test_every_result_follows_from_the_numbers_above_it():
    given = read_quantities()
    rate, rows, use = given["writes a second"], given["rows"], given["use of a processor core"] / 100

    cores = rate * given["processor time of gunicorn for a write"] / 1000 / use
    assert given["cores for gunicorn"] == round(cores)
    assert given["instances"] == -(-round(cores) // given["cores of an instance"])
    assert given["connections"] == (
        given["instances"] * given["processes of an instance"] * given["threads of a process"]
    )
    assert given["size of the table"] == rows * given["size of a purchase with its four indexes"] / 1e12
    assert given["write-ahead log a second"] == rate * given["write-ahead log of a purchase"] / 1e6
    assert given["cores for PostgreSQL"] == round(rate / given["inserts a second of one core of PostgreSQL"] / use)
    assert given["hours until 10,000,000,000 rows"] == round(rows / rate / 3600)


def test_a_write_costs_no_more_than_the_page_assumes():
    assumed = read_quantities()["processor time of gunicorn for a write"]
    costs = [
        float(cost)
        for section in ("create", "PATCH")
        for cost in re.findall(rf"(?ms)^## {section}\n.*?^\| ours \|.*?([\d.]+) ms \|$", MEASURED)
    ]

    assert len(costs) == 2
    assert max(costs) <= assumed
