"""Sentences of the documentation do not begin with a relative "What" or "Who", and do not say "is no X"."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import TEMPLATE, TREE, list_files

PACKAGE = TREE / "packages" / "hardening"
DOCS = [TEMPLATE / "docs", TREE / "docs", PACKAGE / "docs"]
PAGES = [path for path in list_files(".md") if path.name == "README.md" or path.parent in DOCS]
SCHEMAS = [path for path in list_files(".json") if path.name == "schema.json"]

FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:\A|\n\n)(?:(?: {4}|\t).*(?:\n|\Z)|\n(?= {4}))+")
INLINE = re.compile(r"``.+?``|`[^`]+`", re.DOTALL)
MARKUP = re.compile(r"<[^>\n]+>|!?\[|\]\([^)\s]*\)|\*\*|\{[%#].*?[%#]\}")
ITEM = re.compile(r"^ *(?:[-*>]|\d+\.|#+) +", re.MULTILINE)

RELATIVE = re.compile(r"[\"'(]*(?:what|who)\b.*[^?]$", re.IGNORECASE)
# "no longer" is an adverb, "There is no" has no subject to negate, and "has no effect" is an idiom.
NEGATED = re.compile(
    r"(?<!there )\b(?:is|are|was|were) no\b(?! longer| more)|\b(?:has|have|had) no\b(?! effect)", re.IGNORECASE
)


def split_into_sentences(text: str) -> Iterator[str]:
    """Yield the sentences of the Markdown *text* without code; a heading, an item and a cell end a sentence."""
    for pattern, replacement in ((FENCED, "\n\n"), (INDENTED, "\n\n"), (INLINE, "CODE"), (MARKUP, "")):
        text = pattern.sub(replacement, text)
    text = ITEM.sub("\n\n", re.sub(r"^(#.*)$", r"\1\n", text, flags=re.MULTILINE))
    text = re.sub(r"^\|.*$", lambda row: "\n\n" + row[0].replace("|", "\n\n"), text, flags=re.MULTILINE)
    for block in re.split(r"\n\s*\n", text):
        for sentence in re.split(r"(?<=[.!?])\s+", " ".join(block.split())):
            yield sentence.strip()


def find_violations(text: str) -> list[str]:
    sentences = list(split_into_sentences(text))
    return [sentence for sentence in sentences if RELATIVE.match(sentence) or NEGATED.search(sentence)]


def list_texts(node: Any) -> Iterator[str]:
    """Yield the values of `description`, `summary` and `title` in the JSON document *node*."""
    if isinstance(node, dict):
        yield from (node[key] for key in ("description", "summary", "title") if isinstance(node.get(key), str))
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from list_texts(child)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TEMPLATE)))
def test_a_page_has_no_relative_what_and_no_is_no(page: Path):
    assert find_violations(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: str(schema.relative_to(TEMPLATE)))
def test_an_openapi_document_has_no_relative_what_and_no_is_no(schema: Path):
    texts = list(list_texts(json.loads(schema.read_text(encoding="utf-8"))))

    assert len(texts) > 50
    assert [violation for text in texts for violation in find_violations(text)] == []


def test_every_readme_and_folder_of_pages_is_checked():
    assert {TEMPLATE / "README.md", TREE / "README.md", PACKAGE / "README.md"} <= set(PAGES)
    assert {page.parent for page in PAGES} >= set(DOCS)
    assert {schema.parent.name for schema in SCHEMAS} >= {"accounts", "purchases"}


@pytest.mark.parametrize(
    "text",
    [
        "What breaks a rule gets no further.",
        "The page is long. Who knows the token\nmay use it.",
        "# What holds for a note",
        "- **What the server fills** is ignored.",
        "Read `visible_to`. What [it](a.md) hides is 404.",
        "| what is said | what happens |\n|---|---|\n| a | b |",
        "| row |\n|---|\n| Fine. Who may do what, and when. |",
        "The value is no object.",
        "Keys are strict: these are\nno integers.",
        "It has no shell.",
        'What does it do? It locks. "What is locked waits."',
    ],
)
def test_a_violation_is_found(text):
    assert len(find_violations(text)) >= 1


@pytest.mark.parametrize(
    "text",
    [
        "What is it?",
        "## Who uses it?\n\nEverybody.",
        "It says what happens, and who did it.",
        "```python\n# What is no code is here\n```\n",
        "Run it:\n\n    # What is no comment\n\n    make\n\nIt is not a comment.",
        "`What is no name`",
        "There is no other way, it is no longer used, and it has no effect.",
        "Whatever the status, the body is JSON.",
    ],
)
def test_other_sentences_are_accepted(text):
    assert find_violations(text) == []


def test_the_texts_of_a_nested_document_are_found():
    document = {"info": {"title": "A"}, "paths": [{"summary": "B", "properties": {"title": {"description": "C"}}}]}

    assert list(list_texts(document)) == ["A", "B", "C"]
