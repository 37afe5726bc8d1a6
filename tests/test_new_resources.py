"""Any valid call of `make resource` writes an app that passes its checks and its tests on both databases."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Rendering, run

BATCH = 2  # resources that are written into one project
BATCHES = max(1, int(os.environ.get("NEW_RESOURCES", "2")) // BATCH)

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


@pytest.fixture(scope="module")
def start(render: Callable[..., Rendering]) -> Path:
    """Return a project with its environment, to copy for each example."""
    project = render().project
    assert project is not None
    run(["make", ".venv/ready"], project)
    return project


@pytest.mark.deep
@settings(
    max_examples=BATCHES,
    deadline=None,
    database=None,
    derandomize="NEW_RESOURCES" not in os.environ,  # a commit is not rejected by chance; the weekly run is random
    suppress_health_check=list(HealthCheck),
)
@given(resources=RESOURCES)
def test_any_resource_passes_its_checks_and_its_tests_on_both_databases(start, resources):
    with TemporaryDirectory() as folder:
        project = Path(shutil.copytree(start, Path(folder, "project"), ignore=shutil.ignore_patterns(".venv")))
        python = str(start / ".venv" / "bin" / "python")
        for name, fields, key in resources:
            command = [python, "manage.py", "startresource", "--skip-contract", f"--key={key}", name, " ".join(fields)]
            assert f"wrote {name}/models.py" in run(command, project).stdout

        run([python, "-m", "ruff", "check", "."], project)
        run([python, "-m", "ruff", "format", "--check", "."], project)
        run([python, "manage.py", "makemigrations", "--check", "--dry-run"], project)
        run([python, "manage.py", "check", "--fail-level", "WARNING"], project)
        run([python, "manage.py", "schemas", "--check"], project, DEBUG="false", ALLOWED_HOSTS="localhost")
        tests = ["pytest", "-q", "-p", "no:cacheprovider", *(f"tests/{name}" for name, _fields, _key in resources)]
        for runner in ([python, "-m"], [python, "-m", "hardening.testing.postgres"]):
            tested = run([*runner, *tests], project, TEST_DATABASE_URL="")
            assert not re.search(r"\d+ (failed|skipped)", tested.stdout)
