"""Every combination of choices renders offline; a set in which every pair of them occurs passes its own checks."""

import sys
from itertools import combinations, product

import pytest

from tests.conftest import TEMPLATE, run

CHOICES = {
    "django_version": ["5.2 LTS", "6.1"],
    "ci": ["github", "gitlab", "none"],
    "examples": ["yes", "no"],
}
ALL = [dict(zip(CHOICES, values, strict=True)) for values in product(*CHOICES.values())]

# The first runs in every `make test`, and three more in the deep ring. The last two differ from those in their CI
# only, of which no test of a project's knows: that they render is all there is to them.
PAIRWISE = [
    {"django_version": "5.2 LTS", "ci": "github", "examples": "yes"},
    {"django_version": "6.1", "ci": "gitlab", "examples": "no"},
    {"django_version": "5.2 LTS", "ci": "none", "examples": "no"},
    {"django_version": "6.1", "ci": "none", "examples": "yes"},
    {"django_version": "5.2 LTS", "ci": "gitlab", "examples": "yes"},
    {"django_version": "6.1", "ci": "github", "examples": "no"},
]

# Loaded by every interpreter that is started with this in its path.
NO_NETWORK = """
import socket

def refuse(*args, **kwargs):
    raise OSError("Rendering takes no network.")

socket.socket.connect = socket.getaddrinfo = refuse
"""


def named(answers: dict[str, str]) -> str:
    return "-".join(answers.values()).replace(" LTS", "")


def test_every_pair_of_choices_is_in_the_pairwise_set():
    wanted = {frozenset(pair) for each in ALL for pair in combinations(each.items(), 2)}

    assert {frozenset(pair) for each in PAIRWISE for pair in combinations(each.items(), 2)} == wanted


@pytest.fixture
def offline(tmp_path) -> dict[str, str]:
    """An environment in which no Python reaches anything."""
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK)
    return {"PYTHONPATH": str(tmp_path)}


@pytest.mark.parametrize("answers", ALL, ids=named)
def test_every_combination_renders_without_a_network(render, offline, answers):
    rendering = render(environment=offline, **answers)

    assert rendering.status == 0, rendering.output


def test_there_is_no_network_where_there_is_said_to_be_none(offline):
    connect = "import socket; socket.create_connection(('localhost', 1))"

    with pytest.raises(AssertionError, match="Rendering takes no network"):
        run([sys.executable, "-c", connect], TEMPLATE, **offline)


@pytest.mark.deep
@pytest.mark.parametrize("answers", PAIRWISE[2:4], ids=named)
def test_a_combination_passes_its_own_checks_and_tests(render, newer_python, answers):
    project = render(**answers).project
    environment = {"UV_PYTHON": newer_python} if answers["django_version"] == "6.1" else {}

    run(["make", "check"], project, **environment)
    tested = run(["make", "test"], project, **environment)

    assert tested.stdout.count(" passed") == 2
