"""The packages listed in `docs/packages.md` work with a rendered project on both databases and both Djangos."""

import ast
import re
import tomllib

import pytest

from tests.conftest import TREE, run

PAGE = TREE / "docs" / "packages.md"
UNTESTED = {"django-storages"}  # its backends need external services, as its row says


def check_packages(tested: str) -> None:
    """Assert that the tests passed on SQLite in both orders of the apps and on PostgreSQL, without skipped tests."""
    assert tested.count(" passed") == 3
    assert not re.search(r"\d+ (failed|skipped|xfailed)", tested)


@pytest.mark.deep
def test_a_rendered_project_works_with_the_listed_packages(project):
    check_packages(run(["make", "test-packages"], project).stdout)


@pytest.mark.deep
def test_a_project_on_django_6_1_works_with_the_packages_that_support_that_version(project_61, newer_python):
    check_packages(run(["make", "test-packages"], project_61, UV_PYTHON=newer_python).stdout)


def read_rows() -> list[tuple[list[str], str]]:
    """Return the packages and the test module ("none" without one) of every row of the page."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]
    return [(row[0].strip().split(", "), row[-1].strip("`")) for row in cells]


def test_every_package_of_the_group_has_one_row():
    with (TREE / "pyproject.toml").open("rb") as file:
        group = tomllib.load(file)["dependency-groups"]["third-party"]
    named = [name for names, _module in read_rows() for name in names if not name.startswith("django.contrib.")]

    assert sorted(named) == sorted(re.match(r"[a-z0-9-]+", each)[0] for each in group)


def test_every_row_names_a_test_module_and_every_module_has_a_row():
    modules = [module for _names, module in read_rows() if module != "none"]
    existing = [
        f"packages/hardening/tests/third_party/{path.name}"
        for path in (TREE / "packages" / "hardening" / "tests" / "third_party").glob("test_*.py")
    ]

    assert sorted(modules) == sorted(existing)
    assert {name for names, module in read_rows() if module == "none" for name in names} == UNTESTED


def test_the_code_blocks_of_the_page_are_valid_python():
    parts = PAGE.read_text(encoding="utf-8").split("```")
    blocks = [part.removeprefix("python\n") for part in parts[1::2]]

    assert len(parts) % 2 == 1, "a block does not end"
    assert len(blocks) == PAGE.read_text(encoding="utf-8").count("\n## ")
    for block in blocks:
        ast.parse(block)
