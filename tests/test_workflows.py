"""What runs elsewhere, and so cannot be run here: every file keeps its schema, and pins what it takes."""

import re
import sys
from pathlib import Path

import pytest
import yaml

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


def runs_the_template(job: dict) -> bool:
    """Tell whether a job runs code of the template, or of a project: make, or a script of its own."""
    return any(re.search(r"\bmake\b|\.ci/|cookiecutter|cruft", step.get("run", "")) for step in job["steps"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.relative_to(TEMPLATE)))
def test_a_job_that_runs_the_templates_code_has_no_token_that_writes(path):
    jobs = yaml.safe_load(path.read_text())["jobs"].values()

    assert [job["name"] for job in jobs if runs_the_template(job) and "write" in job["permissions"].values()] == []


def test_gitlabs_job_that_runs_the_templates_hooks_does_not_have_the_token():
    jobs = yaml.safe_load((TREE / ".gitlab-ci.yml").read_text())

    assert "UPDATE_TOKEN" not in str(jobs["update"])
    assert jobs["propose"]["environment"] == "template-update"
    assert "make" not in str(jobs["propose"]["script"])


def test_every_tool_that_is_fetched_for_one_command_has_a_version():
    texts = [
        path.read_text() for path in (TEMPLATE / "Makefile", TREE / "Makefile", TREE / ".gitlab-ci.yml", *WORKFLOWS)
    ]
    fetched = [name for text in texts for name in re.findall(r"(?:tool run|uvx|pipx run) ([\w@.-]+)", text)]

    assert len(fetched) >= 2
    assert [name for name in fetched if not re.fullmatch(r"[\w-]+@[\d.]+", name)] == []
