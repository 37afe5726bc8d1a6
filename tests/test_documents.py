"""What the pages say to do is done, in their order, and does what they say."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import pytest

from tests.conftest import TEMPLATE, TREE, free_port, run

PAGES = [TEMPLATE / "README.md", *TEMPLATE.glob("docs/*.md"), *TREE.glob("*.md"), *TREE.glob("docs/*.md")]


class Step(NamedTuple):
    """A file to write, or commands to run where there is no name."""

    name: str
    text: str


def steps(page: str) -> list[Step]:
    """Return what *page* says to do: its indented lines are commands, a block of Python is the file named before."""
    found, name = [], ""
    for number, part in enumerate(re.split(r"^```(?:python)?\n", page, flags=re.MULTILINE)):
        if number % 2:
            found.append(Step(name, part))
            continue
        found += [Step("", line.removeprefix("    ")) for line in part.splitlines() if line.startswith("    ")]
        name = (re.findall(r"`([\w/]+\.py)`", part) or [name])[-1]
    return found


@pytest.mark.deep
def test_a_resource_is_added_by_what_its_page_says(render):
    project = render(examples="no").project

    for step in steps((project / "docs" / "resources.md").read_text(encoding="utf-8")):
        if step.name:
            (project / step.name).write_text(step.text, encoding="utf-8")
        else:
            run(["sh", "-euc", step.text], project)

    assert (project / "notes" / "migrations" / "0001_initial.py").exists()
    assert (project / "notes" / "schema.json").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TEMPLATE)))
def test_every_command_and_path_that_a_page_names_is_there(page):
    home = TREE if TREE in page.parents else TEMPLATE
    text = page.read_text(encoding="utf-8")
    makefiles = [(each / "Makefile").read_text(encoding="utf-8") for each in {home, TREE}]
    targets = set(re.findall(r"^([a-z-]+):", "".join(makefiles), re.MULTILINE))
    folders = "|".join(re.escape(path.name) for path in home.iterdir() if path.is_dir() and path.name[0] != "{")

    assert set(re.findall(r"(?:^    |`)make ([a-z-]+)", text, re.MULTILINE)) - targets == set()
    paths = re.findall(rf"`((?:{folders})/[\w./-]*)`", text)
    assert [
        path for path in paths if not (home / path).exists() and not path.startswith(("notes/", "tests/notes/"))
    ] == []


@contextmanager
def serving(target: str, folder: Path) -> Iterator[int]:
    """Serve with a target of make, and yield the port."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    command = ["make", target, f"PORT={port}"]
    with subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/api/v1/docs/", server)
            yield port
        finally:
            os.killpg(server.pid, signal.SIGTERM)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _attempt in range(300):
        assert server.poll() is None
        try:
            urlopen(url).close()  # noqa: S310  # ours
        except OSError:
            time.sleep(1)
        else:
            return
    raise TimeoutError(url)


def curls(page: Path, port: int) -> list[str]:
    """Return the calls of curl that *page* shows, each with its lines."""
    text = page.read_text(encoding="utf-8").replace(":8000/", f":{port}/")
    return re.findall(r"^    (curl .*\n(?:^      +.*\n)*)", text, re.MULTILINE)


def check_sign_up(page: Path, command: str) -> None:
    """Assert that signing up twice is answered as *page* shows."""
    first, second = (run(["sh", "-c", command], TEMPLATE).stdout for _attempt in range(2))

    assert "201 Created" in first
    assert "409 Conflict" in second
    shown = page.read_text(encoding="utf-8").partition("every rule that")[2]
    conflict = json.loads("".join(re.findall(r"^    (.*)\n", shown, re.MULTILINE)[:2]))
    assert json.loads(second.splitlines()[-1]) == conflict


@pytest.mark.deep
def test_make_demo_answers_as_the_readme_says():
    page = TEMPLATE / "README.md"

    with serving("demo", TEMPLATE) as port:
        [sign_up] = curls(page, port)
        check_sign_up(page, sign_up)


@pytest.mark.deep
def test_make_run_answers_as_the_projects_readme_says(render):
    project = render().project
    page = project / "README.md"

    with serving("run", project) as port:
        sign_up, sign_in, create = curls(page, port)
        check_sign_up(page, sign_up)
        token = json.loads(run(["sh", "-c", sign_in], project).stdout)["token"]
        created = json.loads(run(["sh", "-c", create], project, TOKEN=token).stdout)

    assert created["username"] == "ada"


def test_make_new_renders_with_the_answers_that_it_is_given(tmp_path):
    run(["make", "new", f"OUTPUT={tmp_path}", "ANSWERS=project_name=Shop ci=gitlab"], TEMPLATE)

    assert (tmp_path / "shop" / ".gitlab-ci.yml").exists()
