"""Any answer is either rejected or rendered unchanged into every file."""

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

from tests.conftest import TEMPLATE, TREE, load_hook

BOUNDED = settings(max_examples=150, derandomize=True, deadline=None, database=None)
FEW = settings(BOUNDED, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])

# Cookiecutter evaluates Jinja in an answer before the hooks run.
JINJA = ("{{", "{%", "{#", "# jinja:")

SPECIAL = [
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
TEXTS = st.lists(st.sampled_from(SPECIAL) | st.text(max_size=8), min_size=1, max_size=8).map("".join)
PLAIN = TEXTS.filter(lambda text: not any(mark in text for mark in JINJA))
SLUGS = st.from_regex(r"[a-z0-9]{1,6}([-_][a-z0-9]{1,6}){0,2}", fullmatch=True) | st.text(max_size=8)
ADDRESSES = st.emails(domains=st.sampled_from(["example.com", "a-b.example.co.uk", "localhost"])) | PLAIN
ANSWERS = st.fixed_dictionaries(
    {
        "project_name": PLAIN,
        "project_slug": SLUGS.filter(lambda slug: slug.strip() and not any(mark in slug for mark in JINJA)),
        "description": PLAIN,
        "author_name": PLAIN,
        "author_email": ADDRESSES,
    }
)


def make_context(answers: dict[str, str]) -> dict[str, str]:
    """Return the context that cookiecutter renders with."""
    questions = generate_context(context_file=str(TEMPLATE / "cookiecutter.json"), extra_context=answers)
    return prompt_for_config(questions, no_input=True)


def read_blocks(markdown: str) -> list[str]:
    """Return the visible text of the blocks, and assert that the first two are plain text."""
    blocks = [token for token in MarkdownIt().parse(markdown) if token.type == "inline"]
    plain = ("text", "text_special", "softbreak")
    assert all(child.type in plain for block in blocks[:2] for child in block.children)
    return ["".join(child.content for child in block.children) for block in blocks]


def normalize_spaces(text: str) -> str:
    return " ".join(text.split())


@given(ANSWERS)
@BOUNDED
def test_a_valid_answer_is_rendered_unchanged_into_every_file(answers):
    assume(not load_hook("pre_gen_project").check_answers(answers))
    cookiecutter = make_context(answers)
    environment = create_env_with_context({"cookiecutter": cookiecutter})

    def render_file(name: str) -> str:
        text = (TREE / name).read_text(encoding="utf-8")
        return environment.from_string(text).render(cookiecutter=cookiecutter)

    pyproject = tomllib.loads(render_file("pyproject.toml"))
    [author] = pyproject["project"]["authors"]
    assert {
        "project_name": pyproject["tool"]["project"]["title"],
        "project_slug": pyproject["project"]["name"],
        "description": pyproject["project"]["description"],
        "author_name": author["name"],
        "author_email": author["email"],
    } == answers
    title, description, *_rest = read_blocks(render_file("README.md"))
    assert [normalize_spaces(title), normalize_spaces(description)] == [
        normalize_spaces(answers["project_name"]),
        normalize_spaces(answers["description"]),
    ]
    for name in ("hooks/pre_gen_project.py", "hooks/post_gen_project.py"):
        source = (TEMPLATE / name).read_text(encoding="utf-8")
        code = compile(environment.from_string(source).render(cookiecutter=cookiecutter), name, "exec")
        module = {"__name__": "hook"}
        exec(code, module)  # noqa: S102  # our own
        assert answers.items() <= json.loads(module["ANSWERS"]).items()


@pytest.mark.deep
@given(ANSWERS)
@FEW
def test_rendering_succeeds_or_leaves_no_project(render, answers):
    characters = "".join(answers.values())
    unusable = any(unicodedata.category(character) == "Cs" or character == "\0" for character in characters)
    # These cannot be arguments of a process, and cookiecutter creates folders for a slash.
    assume(not unusable and "/" not in answers["project_slug"])

    rendering = render(**answers)

    assert (rendering.status == 0) == (rendering.project is not None), rendering.output
    if rendering.project is None:
        assert any(name in rendering.output for name in answers)
    else:
        yaml.safe_load((rendering.project / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
