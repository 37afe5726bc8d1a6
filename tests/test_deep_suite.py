"""A rendered project's own deep suite, whose load and time limits need the machine for themselves."""

import os
import re

import pytest

from tests.conftest import run


@pytest.mark.deep
def test_a_rendered_project_passes_its_deep_tests(project):
    tested = run(
        ["make", "test-deep"],
        project,
        FUZZING_CASES=os.environ.get("FUZZING_CASES", "100"),
        FAULT_SECONDS=os.environ.get("FAULT_SECONDS", "1"),
    )

    assert not re.search(r"\d+ (failed|skipped)", tested.stdout)
    assert " passed" in tested.stdout
