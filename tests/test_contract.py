"""The recorded contract of a rendered project: recording it anew changes nothing, and words say what a change does."""

import json

import pytest

from tests.conftest import read_contracts, run
from tests.test_combinations import PAIRWISE, join_answers

VISIBLE = "        return self.filter(owner=user)\n"


@pytest.mark.deep
@pytest.mark.parametrize("answers", PAIRWISE[1:3], ids=join_answers)
def test_recording_anew_changes_nothing(render, newer_python, answers):
    project = render(**answers).project
    before = read_contracts(project)
    environment = {"UV_PYTHON": newer_python} if answers["django_version"] == "6.1" else {}

    recorded = run(["make", "contract"], project, **environment)

    assert recorded.stdout.splitlines()[-1] == "The contract is unchanged."
    assert read_contracts(project) == before


@pytest.mark.deep
def test_a_change_is_recorded_in_words_and_on_the_page(render):
    project = render().project
    models = project / "purchases" / "models.py"
    text = models.read_text(encoding="utf-8")
    assert text.count(VISIBLE) == 1
    models.write_text(text.replace(VISIBLE, VISIBLE.replace("filter(owner=user)", "all()")), encoding="utf-8")

    words = run(["make", "contract"], project).stdout.splitlines()
    run(["make", "contract-page"], project)

    assert "GET location-detail: another user: 404 -> 200" in words
    assert "Location (location-detail, location-list): visible_to: owner = user -> all rows" in words
    assert all("location" in line for line in words if " -> " in line)
    recorded = json.loads((project / "purchases" / "contract.json").read_text(encoding="utf-8"))
    assert recorded["routes"]["location-detail"]["GET"]["access"]["another user"] == 200
    page = (project / "docs" / "access.md").read_text(encoding="utf-8")
    assert "| location-detail | `/api/v1/locations/{pk}/` | GET | 401 | 200 | 200 | 200 | 200 |" in page
