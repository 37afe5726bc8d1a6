"""Validate the files that cookiecutter copies byte for byte, so that the post hook does not have to."""

import ast
import json
import re
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.conftest import TEMPLATE, TREE, list_files, load_hook
from tests.known_settings import known_to_all

SETTINGS = TREE / "config" / "settings.py"
READER = re.compile(r"env(\.\w+)?|os\.environ(\.get)?|os\.getenv")
OF_TESTS = re.compile(r"(^|/)(tests|testing)/")


def parse_modules() -> dict[str, ast.Module]:
    """Return the syntax trees of the modules, without tests, by path."""
    names = {path.relative_to(TREE).as_posix(): path for path in list_files(".py") if TREE in path.parents}
    return {
        name: ast.parse(path.read_text(encoding="utf-8")) for name, path in names.items() if not OF_TESTS.search(name)
    }


def find_settings(tree: ast.Module) -> Iterator[str]:
    """Yield the names of the settings that a module reads."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(ast.Name("settings"), name):
                yield name
            case ast.Call(ast.Name("getattr"), [ast.Name("settings"), ast.Constant(name), *_]):
                yield name


def find_keys(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield (dictionary, key) for each key that a module sets in a named dictionary."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(ast.Name(dictionary), ast.Constant(key)):
                yield dictionary, key
            case ast.Assign([ast.Name(dictionary)], ast.Dict(keys)) | ast.AnnAssign(
                ast.Name(dictionary), _, ast.Dict(keys)
            ):
                yield from ((dictionary, key.value) for key in keys if isinstance(key, ast.Constant))


def find_variables(tree: ast.Module) -> Iterator[str]:
    """Yield the names of the environment variables that a module reads."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(reader, [ast.Constant(name), *_]) | ast.Subscript(reader, ast.Constant(name), ast.Load()):
                if READER.fullmatch(ast.unparse(reader)):
                    yield name


@pytest.fixture(scope="module")
def known(project_61) -> dict[str, list[str]]:
    """The settings that every offered Django, and every installed package, knows."""
    return known_to_all([sys.executable, str(project_61 / ".venv" / "bin" / "python")])


def test_every_setting_is_read_by_django_by_a_package_or_by_the_project(known):
    trees = parse_modules()
    tree = trees["config/settings.py"]
    own = {name for each in trees.values() for name in find_settings(each)}
    names = {(node.id, type(node.ctx)) for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id.isupper()}
    used_here = {name for name, context in names if context is ast.Load}

    # Django 6.1 alone reads MAILERS, and a backend of Django's EMAIL_FILE_PATH, which has no default.
    assert {name for name, _context in names} - own - used_here - set(known[""]) == {"EMAIL_FILE_PATH", "MAILERS"}
    for dictionary, key in find_keys(tree):
        assert key in known.get(dictionary, [key]), f"{dictionary}[{key!r}] is not read by anything."


def test_misspelt_and_removed_settings_are_unknown(known):
    assert not {"ALOWED_HOSTS", "DEFAULT_FILE_STORAGE", "STATICFILES_STORAGE"} & set(known[""])
    assert "PAGINATE_BY" not in known["REST_FRAMEWORK"]
    assert "TTL" not in known["REST_KNOX"]
    assert "NAME" not in known["SPECTACULAR_SETTINGS"]


def test_env_example_lists_exactly_the_variables_that_are_read():
    text = (TREE / ".env.example").read_text(encoding="utf-8")
    listed = set(re.findall(r"^(?:# ?)?([A-Z][A-Z0-9_]*)=", text, re.MULTILINE))
    read = {name for tree in parse_modules().values() for name in find_variables(tree)}
    compose = (TREE / "compose.yaml").read_text(encoding="utf-8")

    assert listed == read | set(re.findall(r"\$\{(\w+)", compose))


def test_the_hook_validates_exactly_the_files_that_contain_jinja():
    copied = read_copy_patterns()
    texts = {
        path.relative_to(TREE).as_posix(): path.read_text(encoding="utf-8")
        for path in list_files()
        if TREE in path.parents and path.suffix != ".png"
    }
    rendered = {name for name, text in texts.items() if re.search(r"\bcookiecutter\.|# jinja:", text)}

    assert {
        name for name in rendered if not any(fnmatch(part, each) for part in (name, Path(name).name) for each in copied)
    } == set(load_hook("post_gen_project").RENDERED)


def read_copy_patterns() -> list[str]:
    """Return the patterns of the files that cookiecutter copies without rendering."""
    return json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))["_copy_without_render"]


def test_every_copied_document_is_valid():
    parsers = load_hook("post_gen_project").PARSERS
    paths = [path for path in list_files() if TREE in path.parents and path.suffix in parsers]
    rendered = {TREE / name for name in load_hook("post_gen_project").RENDERED}

    assert len(paths) > 5
    for path in set(paths) - rendered:
        parsers[path.suffix](path.read_text(encoding="utf-8"))
