"""Whatever is answered, it is refused or comes out of every file as it went in."""

import json
import tomllib
import unicodedata

import pytest
import yaml
from cookiecutter.generate import generate_context
from cookiecutter.prompt import prompt_for_config
from cookiecutter.utils import create_env_with_context
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.conftest import TEMPLATE, TREE, hook

BOUNDED = settings(max_examples=150, derandomize=True, deadline=None, database=None)
FEW = settings(BOUNDED, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])

# What cookiecutter itself evaluates in an answer, before any hook sees it.
JINJA = ("{{", "{%", "{#", "# jinja:")

ODD = [
    '"',
    "\\",
    "'''",
    '"""',
    "#",
    "`rm`",
    "$HOME",
    "$x$",
    "<b>",
    "&amp;",
    "1. ",
    "- ",
    "*",
    "~~",
    "😀",
    "ش",
    ": ",
    "!x",
    "|",
]
TEXTS = st.lists(st.sampled_from(ODD) | st.text(max_size=8), min_size=1, max_size=8).map("".join)
PLAIN = TEXTS.filter(lambda text: not any(each in text for each in JINJA))
SLUGS = st.from_regex(r"[a-z0-9]{1,6}([-_][a-z0-9]{1,6}){0,2}", fullmatch=True) | st.text(max_size=8)
ADDRESSES = st.emails(domains=st.sampled_from(["example.com", "a-b.example.co.uk", "localhost"])) | PLAIN
ANSWERS = st.fixed_dictionaries(
    {
        "project_name": PLAIN,
        "project_slug": SLUGS.filter(lambda slug: slug.strip() and not any(each in slug for each in JINJA)),
        "description": PLAIN,
        "author_name": PLAIN,
        "author_email": ADDRESSES,
    }
)


def context(answers: dict[str, str]) -> dict[str, str]:
    """Return what cookiecutter knows when it renders."""
    asked = generate_context(context_file=str(TEMPLATE / "cookiecutter.json"), extra_context=answers)
    return prompt_for_config(asked, no_input=True)


def shown(markdown: str) -> list[str]:
    """Return what a reader sees of the first blocks, of which each has to be plain text."""
    blocks = [token for token in MarkdownIt().parse(markdown) if token.type == "inline"]
    plain = ("text", "text_special", "softbreak")
    assert all(child.type in plain for block in blocks[:2] for child in block.children)
    return ["".join(child.content for child in block.children) for block in blocks]


def squeezed(text: str) -> str:
    return " ".join(text.split())


@given(ANSWERS)
@BOUNDED
def test_what_is_not_refused_stands_in_every_file_as_it_was_answered(answers):
    assume(not hook("pre_gen_project").refusals(answers))
    known = context(answers)
    environment = create_env_with_context({"cookiecutter": known})

    def rendered(name: str) -> str:
        text = (TREE / name).read_text(encoding="utf-8")
        return environment.from_string(text).render(cookiecutter=known)

    about = tomllib.loads(rendered("pyproject.toml"))
    [author] = about["project"]["authors"]
    assert {
        "project_name": about["tool"]["project"]["title"],
        "project_slug": about["project"]["name"],
        "description": about["project"]["description"],
        "author_name": author["name"],
        "author_email": author["email"],
    } == answers
    title, description, *_rest = shown(rendered("README.md"))
    assert [squeezed(title), squeezed(description)] == [
        squeezed(answers["project_name"]),
        squeezed(answers["description"]),
    ]
    for name in ("hooks/pre_gen_project.py", "hooks/post_gen_project.py"):
        source = (TEMPLATE / name).read_text(encoding="utf-8")
        module = {"__name__": "hook"}
        exec(compile(environment.from_string(source).render(cookiecutter=known), name, "exec"), module)  # noqa: S102  # our own
        assert answers.items() <= json.loads(module["ANSWERS"]).items()


@pytest.mark.deep
@given(ANSWERS)
@FEW
def test_any_answers_render_a_project_or_none(render, answers):
    refused = any(unicodedata.category(each) == "Cs" or each == "\0" for text in answers.values() for each in text)
    assume(not refused and "/" not in answers["project_slug"])  # no process takes these; a slash makes folders

    rendering = render(**answers)

    assert (rendering.status == 0) == (rendering.project is not None), rendering.said
    if rendering.project is None:
        assert any(name in rendering.said for name in answers)
    else:
        yaml.safe_load((rendering.project / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
