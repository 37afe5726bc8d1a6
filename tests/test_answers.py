"""Which answers become a project, and in which words the others are refused."""

import tomllib
from collections.abc import Iterable
from importlib import metadata
from itertools import chain

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import hook


@pytest.mark.parametrize(
    ("name", "answer", "sentence"),
    [
        ("project_slug", "django", "project_slug 'django' is a package that the project depends on."),
        ("project_slug", "Django_CORS_headers", "project_slug 'Django_CORS_headers' may have lower-case letters"),
        ("project_slug", "drf_spectacular", "project_slug 'drf_spectacular' is a package that the project depends on."),
        ("project_slug", "my project", "project_slug 'my project' may have lower-case letters"),
        ("project_slug", "my.project", "project_slug 'my.project' may have lower-case letters"),
        ("project_slug", "-project", "project_slug '-project' may have lower-case letters"),
        ("project_slug", "projekt-ä", "project_slug 'projekt-ä' may have lower-case letters"),
        ("project_slug", "attrs", "project_slug 'attrs' is a package that the project depends on."),
        ("project_slug", "con", "project_slug 'con' is a name that Windows reserves."),
        ("project_slug", "lpt9", "project_slug 'lpt9' is a name that Windows reserves."),
        ("project_slug", "x" * 65, "project_slug has more than 64 characters."),
        ("author_email", "nobody", "author_email 'nobody' is no e-mail address."),
        ("author_email", "a@b", "author_email 'a@b' is no e-mail address."),
        ("author_email", "user@", "author_email 'user@' is no e-mail address."),
        ("author_email", "a..b@example.com", "author_email 'a..b@example.com' is no e-mail address."),
        ("author_email", "a@-example.com", "author_email 'a@-example.com' is no e-mail address."),
        ("description", " ", "description is empty."),
        ("author_name", "\u200b", "author_name is empty."),
        ("description", "{{ cookiecutter.nothing | default('') }}", "description is empty."),
        ("description", "two\nlines", "description has a line break or a control character: 'two\\nlines'."),
        ("author_name", "a\x07bell", "author_name has a line break or a control character"),
        ("project_name", "left\u202eright", "project_name has a line break or a control character"),
        ("project_name", "x" * 301, "project_name has more than 300 characters."),
    ],
)
def test_an_answer_that_cannot_become_a_project_is_refused_in_a_sentence_that_names_it(render, name, answer, sentence):
    answers = {"project_slug": "fine"} | {name: answer}

    rendering = render(**answers)

    assert rendering.status == 1
    assert sentence in rendering.said
    assert rendering.project is None


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("project_name", 'Bob\'s "API"'),
        ("project_name", "Preise & Größen <b>😀</b>"),
        ("project_name", "واجهة برمجة"),
        ("project_name", "x" * 300),
        ("description", 'Say "hi" \\ and \'\'\' and """ and # and `rm` and $HOME and {% raw %}'),
        ("author_name", 'O\'Brien "Bob" \\o/'),
        ("author_email", "o'brien+drf@mail.example.co.uk"),
        ("project_slug", "json"),
        ("project_slug", "class"),
        ("project_slug", "my_api-2"),
    ],
)
def test_an_odd_answer_renders_a_correct_project(render, name, answer):
    answers = {"project_slug": "fine"} | {name: answer.replace("{% raw %}", "%")}

    rendering = render(**answers)

    assert rendering.status == 0, rendering.said
    about = tomllib.loads((rendering.project / "pyproject.toml").read_text(encoding="utf-8"))
    answered = {
        "project_name": about["tool"]["project"]["title"],
        "project_slug": about["project"]["name"],
        "description": about["project"]["description"],
        "author_name": about["project"]["authors"][0]["name"],
        "author_email": about["project"]["authors"][0]["email"],
    }
    assert answered[name] == answers[name]


@pytest.mark.parametrize("name", ["😀", "x" * 300])
def test_a_name_that_makes_no_folder_still_gets_one(render, name):
    rendering = render(project_name=name)

    assert rendering.status == 0, rendering.said
    assert rendering.project.name in ("my-api", "x" * 64)


@pytest.mark.parametrize(("name", "answer"), [("ci", "travis"), ("django_version", "5"), ("project_slug", "")])
def test_what_cookiecutter_refuses_itself_leaves_no_project(render, name, answer):
    rendering = render(**{name: answer})

    assert rendering.status == 1
    assert rendering.project is None


def test_a_slash_in_the_slug_leaves_no_file(render):
    rendering = render(project_slug="my/project")

    assert rendering.status == 1
    assert "project_slug 'my/project' may have lower-case letters" in rendering.said
    assert list(rendering.project.rglob("*")) == []  # the empty folder is cookiecutter's own


def test_what_a_project_depends_on_is_known_by_name(project):
    root, *members = [
        tomllib.loads(path.read_text(encoding="utf-8"))
        for path in (project / "pyproject.toml", *sorted(project.glob("packages/*/pyproject.toml")))
    ]
    given = [*root["project"]["dependencies"], *chain.from_iterable(root["dependency-groups"].values())]
    own = {canonicalize_name(each["project"]["name"]) for each in members}
    for each in members:
        extras = each["project"]["optional-dependencies"].values()
        given += [*each["project"]["dependencies"], *chain.from_iterable(extras)]
    others = [each for each in map(Requirement, given) if canonicalize_name(each.name) not in own]

    assert own == {"hardening"}
    assert set(hook("pre_gen_project").DEPENDENCIES) == depended_on(others) | own


ENVIRONMENTS = [
    {
        "sys_platform": platform,
        "platform_system": system,
        "python_version": python,
        "python_full_version": f"{python}.0",
    }
    for platform, system in (("linux", "Linux"), ("win32", "Windows"))
    for python in ("3.11", "3.13")
]


def depended_on(requirements: Iterable[Requirement]) -> set[str]:
    """Return the canonical names of *requirements* and of all that they require, on any platform."""
    seen, queue = set(), [(each, extra) for each in requirements for extra in ("", *each.extras)]
    while queue:
        requirement, extra = queue.pop()
        package = (canonicalize_name(requirement.name), extra)
        if package in seen:
            continue
        seen.add(package)
        for each in map(Requirement, required_by(package[0])):
            if each.marker is None or any(each.marker.evaluate({"extra": extra} | known) for known in ENVIRONMENTS):
                queue += [(each, wanted) for wanted in ("", *each.extras)]
    return {name for name, _extra in seen}


def required_by(name: str) -> list[str]:
    """Return what an installed distribution requires; what only other platforms have requires nothing here."""
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []


def test_an_existing_folder_is_left_alone(render, project):
    file = project / "README.md"
    before = file.read_text()

    rendering = render("--output-dir", str(project.parent))

    assert rendering.status == 1
    assert "already exists" in rendering.said
    assert file.read_text() == before
