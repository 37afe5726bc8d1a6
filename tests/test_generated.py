"""The commands of a rendered project, and the tests of the unrendered tree."""

import re
import sys

import pytest

from tests.conftest import TREE, run


def test_the_apps_pass_their_tests_in_the_unrendered_tree():
    """Test only the apps; a rendered project, whose other files are the same, runs all tests."""
    run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:schemathesis",
            "--ds",
            "tests.settings",
            "tests/accounts",
            "tests/purchases",
        ],
        TREE,
        PYTHONDONTWRITEBYTECODE="1",
        TEST_DATABASE_URL="",
    )


@pytest.mark.long
def test_a_rendered_project_passes_its_checks_and_its_tests(project):
    run(["make", "check"], project)
    tested = run(["make", "test"], project)

    assert tested.stdout.count(" passed") == 2
    assert not re.search(r"\d+ (failed|skipped)", tested.stdout)


@pytest.mark.deep
@pytest.mark.long
def test_a_project_on_django_6_1_without_examples_passes_its_checks_and_its_tests(project_61, newer_python):
    """`make coverage` runs the tests on SQLite, and `make test` would run them there once more."""
    postgres = [".venv/bin/python", "-m", "hardening.testing.postgres", "pytest"]

    run(["make", "check"], project_61, UV_PYTHON=newer_python)
    covered = run(["make", "coverage"], project_61, UV_PYTHON=newer_python)
    tested = run(postgres, project_61, TEST_DATABASE_URL="")

    for output in (covered.stdout, tested.stdout):
        assert " passed" in output
        assert not re.search(r"\d+ (failed|skipped)", output)


@pytest.mark.deep
@pytest.mark.long
def test_the_package_passes_its_tests_in_a_rendered_project(project):
    check_package(run(["make", "test-hardening"], project).stdout)


@pytest.mark.deep
@pytest.mark.long
def test_the_package_passes_its_tests_on_django_6_1(project_61, newer_python):
    check_package(run(["make", "test-hardening"], project_61, UV_PYTHON=newer_python).stdout)


def check_package(tested: str) -> None:
    """Assert that the tests passed on both databases and that none was skipped."""
    assert tested.count(" passed") == 2
    assert not re.search(r"\d+ (failed|skipped)", tested)


@pytest.mark.system
def test_a_rendered_project_passes_its_system_tests(project):
    tested = run(["make", "test-system"], project)

    assert not re.search(r"\d+ (failed|skipped)", tested.stdout)
    assert " passed" in tested.stdout


@pytest.mark.system
def test_a_project_on_django_6_1_without_examples_passes_its_system_tests(project_61, newer_python):
    tested = run(["make", "test-system"], project_61, UV_PYTHON=newer_python)

    assert not re.search(r"\d+ (failed|skipped)", tested.stdout)
    assert " passed" in tested.stdout
