"""What runs elsewhere, and so cannot be run here: every file keeps its schema, and pins what it takes."""

import re
import sys
from pathlib import Path

import pytest

from tests.conftest import TEMPLATE, TREE, run

TOOLS = Path(sys.executable).parent
WORKFLOWS = [*TEMPLATE.glob(".github/workflows/*.yml"), *TREE.glob(".github/workflows/*.yml")]

SCHEMAS = [
    *(("github-workflows", path) for path in WORKFLOWS),
    ("dependabot", TEMPLATE / ".github/dependabot.yml"),
    ("dependabot", TREE / ".github/dependabot.yml"),
    ("gitlab-ci", TREE / ".gitlab-ci.yml"),
    ("renovate", TREE / "renovate.json"),
]


@pytest.mark.parametrize(
    ("schema", "path"), [pytest.param(*each, id=str(each[1].relative_to(TEMPLATE))) for each in SCHEMAS]
)
def test_a_file_that_others_read_keeps_its_schema(schema, path):
    run([str(TOOLS / "check-jsonschema"), "--builtin-schema", f"vendor.{schema}", str(path)], TEMPLATE)


def test_the_workflows_are_found_harmless():
    run([str(TOOLS / "zizmor"), "--offline", "--pedantic", ".github", f"{TREE}/.github"], TEMPLATE)


def test_an_action_is_pinned_to_the_same_commit_everywhere():
    used = re.findall(r"uses: (\S+?)@(.*)", "".join(path.read_text() for path in WORKFLOWS))

    assert all(re.fullmatch(r"[0-9a-f]{40} # v[0-9.]+", pin) for _action, pin in used)
    assert len({action for action, _pin in used}) == len(set(used))


def test_every_job_of_the_project_is_one_command_that_its_makefile_has():
    targets = set(re.findall(r"^([a-z-]+):.* ## ", (TREE / "Makefile").read_text(), re.MULTILINE))
    jobs = "".join((TREE / name).read_text() for name in (".github/workflows/checks.yml", ".gitlab-ci.yml"))

    listed = re.findall(r"(?i)target: \[(.*)\]", jobs)
    assert len(listed) >= 2
    assert {name for each in listed for name in each.split(", ")} <= targets
