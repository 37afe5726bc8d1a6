"""Following `docs/tutorial.md` word by word ends with a conflict under the field that the page names."""

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import run
from tests.test_documents import find_curl_commands, serve

ADDITION = re.compile(r"In `([\w/.]+)`, add below the line `(.+)`:")
FILE = re.compile(r"^`([\w/]+\.py)`:", re.MULTILINE)


class Step(NamedTuple):
    """A command, or code to write into a file: below a line, or as the whole file if *line* is empty."""

    text: str
    file: str = ""
    line: str = ""


def read_steps(page: str) -> list[Step]:
    """Return the steps of *page* before the server is started: indented commands, and blocks of Python."""
    steps = []
    before = page.partition("    make run\n")[0]
    for number, part in enumerate(re.split(r"^```(?:python)?\n", before, flags=re.MULTILINE)):
        if number % 2 == 0:
            steps += [Step(line.strip()) for line in part.splitlines() if line.startswith("    ")]
            place = ADDITION.findall(part)[-1:] or [(name, "") for name in FILE.findall(part)[-1:]]
        else:
            steps.append(Step(part, *place[0]))
    return steps


def follow(step: Step, project: Path) -> None:
    """Do what *step* says in *project*."""
    if not step.file:
        run(["sh", "-euc", step.text], project)
        return
    path = project / step.file
    if not step.line:
        path.write_text(step.text, encoding="utf-8")
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    [position] = [number for number, line in enumerate(lines) if line.strip() == step.line]
    path.write_text("".join([*lines[: position + 1], step.text, *lines[position + 1 :]]), encoding="utf-8")


@pytest.mark.deep
@pytest.mark.long
def test_following_the_tutorial_ends_with_the_conflict_that_it_shows(render):
    project = render().project
    page = project / "docs" / "tutorial.md"
    steps = read_steps(page.read_text(encoding="utf-8"))
    assert [step.file for step in steps if step.file] == [
        *("bookings/models.py", "bookings/models.py", "tests/bookings/test_race.py")
    ]

    for step in steps:
        follow(step, project)

    with serve("run", project) as port:
        sign_in, book = find_curl_commands(page, port)
        token = json.loads(run(["sh", "-c", sign_in], project).stdout)["token"]
        first, second = (run(["sh", "-c", book], project, TOKEN=token).stdout for _attempt in range(2))
    assert json.loads(first)["room"] == "Blue"
    assert f"    {second.strip()}\n".replace('":[', '": [') in page.read_text(encoding="utf-8")
