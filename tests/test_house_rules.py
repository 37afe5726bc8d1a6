"""Style rules for the files that git tracks."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import TEMPLATE, TREE, list_files

# In parts, so that this file does not match.
REGISTRY = re.compile("|".join(["py" + r"pi\.org", "python" + r"hosted\.org", "npm" + r"js\.(org|com)"]))
MACHINE = re.compile("|".join(["/work" + "/", "/root" + "/"]))


def find_functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


PYTHON = [pytest.param(path, id=str(path.relative_to(TEMPLATE))) for path in list_files(".py")]


@pytest.mark.parametrize("path", PYTHON)
def test_no_python_file_of_the_tree_contains_jinja(path):
    if TREE in path.parents:
        assert "cookiecutter" not in path.read_text(encoding="utf-8").replace("{{cookiecutter.project_slug}}", "")


@pytest.mark.parametrize("path", PYTHON)
def test_a_function_has_at_most_40_lines_and_a_module_at_most_300(path):
    assert [node.name for node in find_functions(path) if node.end_lineno - node.lineno >= 40] == []
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300 or "migrations" in path.parts


@pytest.mark.parametrize("path", PYTHON)
def test_a_suppression_has_its_reason_on_the_line(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := re.search(r"#\s*(noqa: [A-Z0-9, ]+|type: ignore\[[a-z, -]+\]|pragma: no cover)", line):
            assert line[match.end() :].strip().startswith("#"), line


def test_no_file_names_a_registry_or_a_path_of_one_machine():
    texts = {
        path: path.read_text(encoding="utf-8") for path in list_files() if path.suffix not in (".png", ".svg", ".xz")
    }

    assert [path for path, text in texts.items() if REGISTRY.search(text) or MACHINE.search(text)] == []
    assert [path for path in texts if path.name == "uv.lock"] == []


def test_file_names_are_valid_on_windows():
    names = [part for path in list_files() for part in path.relative_to(TEMPLATE).parts]

    assert [name for name in names if re.search(r'[<>:"\\|?*]|[. ]$', name)] == []
