"""Every combination of options renders offline; a pairwise set of them passes its own checks."""

import sys
from itertools import combinations, product

import pytest

from tests.conftest import TEMPLATE, TREE, read_contracts, run

CHOICES = {
    "django_version": ["5.2 LTS", "6.1"],
    "ci": ["github", "gitlab", "none"],
    "examples": ["yes", "no"],
}
ALL = [dict(zip(CHOICES, values, strict=True)) for values in product(*CHOICES.values())]

# `make test` tests the first, and `make test-deep` the next three: the second is the fixture `project_61`, and in the
# third a test follows the page on resources. The last two differ from those only in their CI, on which the tests of a
# project do not depend, so that rendering them is enough.
PAIRWISE = [
    {"django_version": "5.2 LTS", "ci": "github", "examples": "yes"},
    {"django_version": "6.1", "ci": "gitlab", "examples": "no"},
    {"django_version": "5.2 LTS", "ci": "none", "examples": "no"},
    {"django_version": "6.1", "ci": "none", "examples": "yes"},
    {"django_version": "5.2 LTS", "ci": "gitlab", "examples": "yes"},
    {"django_version": "6.1", "ci": "github", "examples": "no"},
]

# The module `sitecustomize`, which every interpreter loads from its path.
NO_NETWORK = """
import socket

def reject(*args, **kwargs):
    raise OSError("Rendering must not use the network.")

socket.socket.connect = socket.getaddrinfo = reject
"""


def join_answers(answers: dict[str, str]) -> str:
    return "-".join(answers.values()).replace(" LTS", "")


def test_every_pair_of_choices_is_in_the_pairwise_set():
    pairs = {frozenset(pair) for answers in ALL for pair in combinations(answers.items(), 2)}

    assert {frozenset(pair) for answers in PAIRWISE for pair in combinations(answers.items(), 2)} == pairs


@pytest.fixture
def offline(tmp_path) -> dict[str, str]:
    """Return environment variables with which Python cannot use the network."""
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK)
    return {"PYTHONPATH": str(tmp_path)}


@pytest.mark.parametrize("answers", ALL, ids=join_answers)
def test_every_combination_renders_without_a_network_and_with_the_same_contract(render, offline, answers):
    rendering = render(environment=offline, **answers)

    assert rendering.status == 0, rendering.output
    contracts = read_contracts(TREE)
    if answers["examples"] == "no":
        del contracts["purchases"]
    assert read_contracts(rendering.project) == contracts


def test_the_offline_environment_has_no_network(offline):
    connect = "import socket; socket.create_connection(('localhost', 1))"

    with pytest.raises(AssertionError, match="Rendering must not use the network"):
        run([sys.executable, "-c", connect], TEMPLATE, **offline)


@pytest.mark.deep
@pytest.mark.long
def test_a_project_on_django_6_1_with_examples_passes_its_checks_and_its_tests(render, newer_python):
    project = render(**PAIRWISE[3]).project

    run(["make", "check"], project, UV_PYTHON=newer_python)
    tested = run(["make", "test"], project, UV_PYTHON=newer_python)

    assert tested.stdout.count(" passed") == 2
