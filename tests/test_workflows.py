"""CI configuration, which cannot run here: each file is valid against its schema and pins its dependencies."""

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
    ("schema", "path"), [pytest.param(*row, id=str(row[1].relative_to(TEMPLATE))) for row in SCHEMAS]
)
def test_a_configuration_file_is_valid_against_its_schema(schema, path):
    run([str(TOOLS / "check-jsonschema"), "--builtin-schema", f"vendor.{schema}", str(path)], TEMPLATE)


def test_zizmor_finds_no_problem_in_the_workflows():
    run([str(TOOLS / "zizmor"), "--offline", "--pedantic", ".github", f"{TREE}/.github"], TEMPLATE)


def test_an_action_is_pinned_to_the_same_commit_everywhere():
    used = re.findall(r"uses: (\S+?)@(.*)", "".join(path.read_text() for path in WORKFLOWS))

    assert all(re.fullmatch(r"[0-9a-f]{40} # v[0-9.]+", pin) for _action, pin in used)
    assert len({action for action, _pin in used}) == len(set(used))


def test_every_job_of_the_project_runs_a_target_of_its_makefile():
    targets = set(re.findall(r"^([a-z-]+):.* ## ", (TREE / "Makefile").read_text(), re.MULTILINE))
    jobs = "".join((TREE / name).read_text() for name in (".github/workflows/checks.yml", ".gitlab-ci.yml"))

    matrices = re.findall(r"(?i)target: \[(.*)\]", jobs)
    assert len(matrices) >= 2
    assert {name for matrix in matrices for name in matrix.split(", ")} <= targets


def runs_the_template(job: dict) -> bool:
    """Return whether a job runs code of the template or of a project: make or a script."""
    return any(re.search(r"\bmake\b|\.ci/|cookiecutter|cruft", step.get("run", "")) for step in job["steps"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.relative_to(TEMPLATE)))
def test_a_job_that_runs_the_templates_code_has_no_token_with_write_access(path):
    jobs = yaml.safe_load(path.read_text())["jobs"].values()

    assert [job["name"] for job in jobs if runs_the_template(job) and "write" in job["permissions"].values()] == []


def test_the_gitlab_job_that_runs_the_templates_hooks_has_no_token():
    jobs = yaml.safe_load((TREE / ".gitlab-ci.yml").read_text())

    assert "UPDATE_TOKEN" not in str(jobs["update"])
    assert jobs["propose"]["environment"] == {"name": "template-update", "action": "access"}
    assert "make" not in str(jobs["propose"]["script"])


def test_every_tool_that_is_downloaded_for_one_command_is_pinned():
    texts = [
        path.read_text() for path in (TEMPLATE / "Makefile", TREE / "Makefile", TREE / ".gitlab-ci.yml", *WORKFLOWS)
    ]
    run = re.compile(r"(?:tool run(?: --from)?|uvx|pipx run|--with) ([\w@.=-]+)")
    tools = [name for text in texts for name in run.findall(text)]

    assert len(tools) >= 2
    assert [name for name in tools if not re.fullmatch(r"[\w-]+(@|==)[\d.]+", name)] == []
