"""The packages that a rendered project's `docs/packages.md` lists work with it, on both databases and both Djangos."""

import re

import pytest

from tests.conftest import run


def check_packages(tested: str) -> None:
    """Assert that the tests ran on SQLite in both orders of the apps and on PostgreSQL, and that none was left out."""
    assert tested.count(" passed") == 3
    assert not re.search(r"\d+ (failed|skipped|xfailed)", tested)


@pytest.mark.deep
def test_a_rendered_project_works_with_the_packages_of_its_page(project):
    check_packages(run(["make", "test-packages"], project).stdout)


@pytest.mark.deep
def test_a_project_on_django_6_1_works_with_the_packages_that_support_it(project_61, newer_python):
    check_packages(run(["make", "test-packages"], project_61, UV_PYTHON=newer_python).stdout)
