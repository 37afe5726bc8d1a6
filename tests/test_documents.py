"""The commands and the code of the pages work as the pages say."""

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

from tests.conftest import TEMPLATE, TREE, find_free_port, run
from tests.test_combinations import PAIRWISE

PAGES = [TEMPLATE / "README.md", *TEMPLATE.glob("docs/*.md"), *TREE.glob("*.md"), *TREE.glob("docs/*.md")]


class Step(NamedTuple):
    """A file to write, or a command to run if *name* is empty."""

    name: str
    text: str


def steps(page: str) -> list[Step]:
    """Return the steps of *page*: an indented line is a command, a block of Python is the file that was named last."""
    result, name = [], ""
    for number, part in enumerate(re.split(r"^```(?:python)?\n", page, flags=re.MULTILINE)):
        if number % 2:
            result.append(Step(name, part))
            continue
        result += [Step("", line.removeprefix("    ")) for line in part.splitlines() if line.startswith("    ")]
        name = (re.findall(r"`([\w/]+\.py)`", part) or [name])[-1]
    return result


def test_a_resource_takes_at_most_6_files_and_90_lines_by_hand():
    page, _options, _rest = (TREE / "docs" / "resources.md").read_text(encoding="utf-8").partition("## Options of Meta")
    files = {step.name: step.text for step in steps(page) if step.name}

    assert len(files) <= 6
    assert sum(text.count("\n") for text in files.values()) <= 90
    assert any(name.startswith("tests/notes/test_") for name in files)


@pytest.mark.deep
@pytest.mark.long
def test_following_the_page_on_resources_adds_a_resource(render):
    """A project without examples, whose checks and tests are the last command of the page."""
    project = render(**PAIRWISE[2]).project
    output = ""

    for step in steps((project / "docs" / "resources.md").read_text(encoding="utf-8")):
        if step.name:
            (project / step.name).write_text(step.text, encoding="utf-8")
        else:
            output = run(["sh", "-euc", step.text], project).stdout

    assert len(re.findall(r"\d+ passed", output)) == 2
    assert not re.search(r"\d+ (failed|skipped)", output)
    assert (project / "notes" / "migrations" / "0001_initial.py").exists()
    assert (project / "notes" / "schema.json").exists()
    assert (project / "notes" / "contract.json").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TEMPLATE)))
def test_every_make_target_and_path_that_a_page_names_exists(page):
    home = TREE if TREE in page.parents else TEMPLATE
    text = page.read_text(encoding="utf-8")
    makefiles = [(each / "Makefile").read_text(encoding="utf-8") for each in {home, TREE}]
    targets = set(re.findall(r"^([a-z-]+):", "".join(makefiles), re.MULTILINE))
    folders = "|".join(re.escape(path.name) for path in home.iterdir() if path.is_dir() and path.name[0] != "{")

    assert set(re.findall(r"(?:^    |`)make ([a-z-]+)", text, re.MULTILINE)) - targets == set()
    written = {"notes/", "tests/notes/"} | set(re.findall(r"^`([\w/]+\.py)`:\n\n```python", text, re.MULTILINE))
    paths = re.findall(rf"`((?:{folders})/[\w./-]*)`", text)
    assert [path for path in paths if not (home / path).exists() and not path.startswith(tuple(written))] == []


def test_the_code_in_the_readme_is_code_of_the_example_app():
    blocks = re.findall(r"(?ms)^```python\n(.*?)^```", (TEMPLATE / "README.md").read_text(encoding="utf-8"))
    sources = "".join((TREE / "purchases" / f"{name}.py").read_text() for name in ("models", "serializers"))

    assert len(blocks) == 2
    assert [line for block in blocks for line in block.splitlines() if line and line not in sources.splitlines()] == []


@contextmanager
def serve(target: str, folder: Path) -> Iterator[int]:
    """Run the server of the make target until the block ends; yield its port."""
    port = find_free_port()
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    command = ["make", target, f"PORT={port}"]
    with subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/api/v1/docs/", server)
            yield port
        finally:
            stop(server)


def stop(server: subprocess.Popen[bytes]) -> None:
    """Stop *server* and its children.

    `uv run` forwards the signal that its child receives as well, and `runserver` may hang on the second one.
    """
    os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)


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


def find_curl_commands(page: Path, port: int) -> list[str]:
    """Return the curl commands of *page*, which may span lines, with *port* for 8000."""
    text = page.read_text(encoding="utf-8").replace(":8000/", f":{port}/")
    return re.findall(r"^    (curl .*\n(?:^      +.*\n)*)", text, re.MULTILINE)


def check_sign_up(page: Path, command: str) -> None:
    """Assert that the second registration is a conflict whose body is shown on *page*."""
    first, second = (run(["sh", "-c", command], TEMPLATE).stdout for _attempt in range(2))
    documents = re.findall(r'^    (\{".*\n(?:     .*\n)*)', page.read_text(encoding="utf-8"), re.MULTILINE)

    assert "201 Created" in first
    assert "409 Conflict" in second
    assert json.loads(second.splitlines()[-1]) in [json.loads(document) for document in documents]


@pytest.mark.deep
def test_make_demo_responds_as_the_readme_says():
    page = TEMPLATE / "README.md"

    with serve("demo", TEMPLATE) as port:
        [sign_up] = find_curl_commands(page, port)
        check_sign_up(page, sign_up)


@pytest.mark.deep
def test_make_run_responds_as_the_readme_of_the_project_says(render):
    project = render().project
    page = project / "README.md"

    with serve("run", project) as port:
        sign_up, sign_in, create = find_curl_commands(page, port)
        check_sign_up(page, sign_up)
        token = json.loads(run(["sh", "-c", sign_in], project).stdout)["token"]
        created = json.loads(run(["sh", "-c", create], project, TOKEN=token).stdout)

    assert created["username"] == "ada"


def test_make_new_renders_with_the_answers_in_its_variable(tmp_path):
    run(["make", "new", f"OUTPUT={tmp_path}", "ANSWERS=project_name=Shop ci=gitlab"], TEMPLATE)

    assert (tmp_path / "shop" / ".gitlab-ci.yml").exists()
