"""Any valid call of `make resource` writes an app that passes its checks and its tests on both databases."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import run

BATCH = 5  # resources that are written into one project
BATCHES = max(1, int(os.environ.get("NEW_RESOURCES", "5")) // BATCH)

# Among them names of things that the written modules import or call.
FIELD_NAMES = [
    "a",
    "at",
    "client",
    "count",
    "cursor",
    "date",
    "datetime",
    "decimal",
    "default",
    "due",
    "fields",
    "format",
    "issued",
    "label",
    "list",
    "name",
    "number",
    "page_size",
    "pk_2",
    "price",
    "results",
    "row",
    "search",
    "status",
    "text",
    "timedelta",
    "title",
    "total",
    "type",
    "user",
    "value",
    "values",
    "version",
    "x1",
]
NAMES = [
    "invoices",
    "news",
    "categories",
    "sales_orders",
    "boxes",
    "a1",
    "buses",
    "people",
    "cars_2",
    "fields",
    "admins",
]
WORDS = st.sampled_from(["draft", "sent", "paid", "on-hold", "2nd", "NONE", "mro"])
OPTIONAL = st.sampled_from(["", ":optional"])
UNIQUE = st.sampled_from(["", ":unique", ":unique(all)"])
FOLDED = st.sampled_from(["", ":unique", ":unique:case-insensitive", ":unique(all):case-insensitive"])


def join(*parts: str | st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*(st.just(part) if isinstance(part, str) else part for part in parts)).map("".join)


def put_together(values: list[str]) -> str:
    return ",".join(values)


MODELS = st.sampled_from(["purchases.Location", "purchases.Contact", "purchases.Purchase", "accounts.Profile"])
KINDS = st.one_of(
    join("char(", st.integers(1, 300).map(str), ")", FOLDED, OPTIONAL),
    join("text", st.sampled_from(["", "(5)"]), OPTIONAL),
    join(st.sampled_from(["slug", "email"]), FOLDED, OPTIONAL),
    join(st.sampled_from(["url", "uuid", "date", "datetime"]), UNIQUE, OPTIONAL),
    join("integer", UNIQUE, st.sampled_from(["", ":positive", ":between(-5,2000)"]), OPTIONAL),
    join(
        "decimal(", st.sampled_from(["10,2", "5,0", "6,6"]), ")", UNIQUE, st.sampled_from(["", ":positive"]), OPTIONAL
    ),
    join("decimal(9,3):between(-1.5,100)", OPTIONAL),
    join("integer:choices(0,1,20)", OPTIONAL),
    join(st.sampled_from(["boolean", "json", "file"]), OPTIONAL),
    join("choice(", st.lists(WORDS, min_size=1, max_size=4, unique=True).map(put_together), ")", OPTIONAL),
    join("fk(", MODELS, ")", UNIQUE, OPTIONAL),
    join("many(", MODELS, ")", OPTIONAL),
)


@st.composite
def specifications(draw: st.DrawFn) -> list[str]:
    """Return fields, some of which refer to others: a later date, a value that is unique together with another."""
    names = draw(st.lists(st.sampled_from(FIELD_NAMES), min_size=1, max_size=6, unique=True))
    kinds = [draw(KINDS) for _name in names]
    fields = [f"{name}:{kind}" for name, kind in zip(names, kinds, strict=True)]
    if draw(st.booleans()):
        kind = draw(st.sampled_from(["date", "datetime"]))
        fields += [f"first_day:{kind}{draw(OPTIONAL)}", f"last_day:{kind}:after(first_day){draw(OPTIONAL)}"]
    if draw(st.booleans()):
        kind = draw(st.sampled_from(["char(9)", "integer", "fk(purchases.Location)", "choice(a,b)"]))
        fields += [f"one:{kind}:unique(other{draw(st.sampled_from(['', ',all']))})", "other:slug"]
    return fields


RESOURCES = st.lists(
    st.tuples(st.sampled_from(NAMES), specifications(), st.sampled_from(["integer", "uuid7"])),
    min_size=BATCH,
    max_size=BATCH,
    unique_by=lambda resource: resource[0],
)


@pytest.mark.deep
@settings(max_examples=BATCHES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(resources=RESOURCES)
def test_any_resource_passes_its_checks_and_its_tests(render, resources):
    project = render().project
    run(["make", ".venv/ready"], project)

    for name, fields, key in resources:
        write_resource(project, name, " ".join(fields), key)

    run(["make", "contract"], project)
    run(["make", "check"], project)
    tested = run(["make", "test"], project)
    assert tested.stdout.count(" passed") == 2
    assert not re.search(r"\d+ (failed|skipped)", tested.stdout)


def write_resource(project: Path, name: str, fields: str, key: str) -> None:
    python = str(project / ".venv" / "bin" / "python")
    command = [python, "manage.py", "startresource", "--skip-contract", f"--key={key}"]
    done = run([*command, name, fields], project)

    assert f"wrote {name}/models.py" in done.stdout
