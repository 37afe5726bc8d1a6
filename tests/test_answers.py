"""Valid answers render a project; invalid ones are rejected with a message that names the answer."""

import tomllib
from collections.abc import Iterable
from importlib import metadata
from itertools import chain

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import load_hook


@pytest.mark.parametrize(
    ("name", "answer", "message"),
    [
        ("project_slug", "django", "project_slug 'django' is the name of a package that the project depends on."),
        ("project_slug", "Django_CORS_headers", "project_slug 'Django_CORS_headers' is invalid"),
        ("project_slug", "drf_spectacular", "project_slug 'drf_spectacular' is the name of a package"),
        ("project_slug", "my project", "project_slug 'my project' is invalid: use lowercase letters"),
        ("project_slug", "my.project", "project_slug 'my.project' is invalid: use lowercase letters"),
        ("project_slug", "-project", "project_slug '-project' is invalid: use lowercase letters"),
        ("project_slug", "projekt-ä", "project_slug 'projekt-ä' is invalid: use lowercase letters"),
        ("project_slug", "attrs", "project_slug 'attrs' is the name of a package that the project depends on."),
        ("project_slug", "con", "project_slug 'con' is a reserved file name on Windows."),
        ("project_slug", "lpt9", "project_slug 'lpt9' is a reserved file name on Windows."),
        ("project_slug", "x" * 65, "project_slug has more than 64 characters."),
        ("author_email", "nobody", "author_email 'nobody' is not a valid email address."),
        ("author_email", "a@b", "author_email 'a@b' is not a valid email address."),
        ("author_email", "user@", "author_email 'user@' is not a valid email address."),
        ("author_email", "a..b@example.com", "author_email 'a..b@example.com' is not a valid email address."),
        ("author_email", "a@-example.com", "author_email 'a@-example.com' is not a valid email address."),
        ("description", " ", "description is empty."),
        ("author_name", "\u200b", "author_name is empty."),
        ("description", "{{ cookiecutter.nothing | default('') }}", "description is empty."),
        ("description", "two\nlines", "description contains a line break or a control character: 'two\\nlines'."),
        ("author_name", "a\x07bell", "author_name contains a line break or a control character"),
        ("project_name", "left\u202eright", "project_name contains a line break or a control character"),
        ("project_name", "x" * 301, "project_name has more than 300 characters."),
    ],
)
def test_an_invalid_answer_is_rejected_with_a_message_that_names_it(render, name, answer, message):
    answers = {"project_slug": "fine"} | {name: answer}

    rendering = render(**answers)

    assert rendering.status == 1
    assert message in rendering.output
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
def test_unusual_answers_are_rendered_unchanged(render, name, answer):
    answers = {"project_slug": "fine"} | {name: answer.replace("{% raw %}", "%")}

    rendering = render(**answers)

    assert rendering.status == 0, rendering.output
    pyproject = tomllib.loads((rendering.project / "pyproject.toml").read_text(encoding="utf-8"))
    rendered = {
        "project_name": pyproject["tool"]["project"]["title"],
        "project_slug": pyproject["project"]["name"],
        "description": pyproject["project"]["description"],
        "author_name": pyproject["project"]["authors"][0]["name"],
        "author_email": pyproject["project"]["authors"][0]["email"],
    }
    assert rendered[name] == answers[name]


@pytest.mark.parametrize("name", ["😀", "x" * 300])
def test_a_name_that_cannot_be_a_folder_gets_a_valid_slug(render, name):
    rendering = render(project_name=name)

    assert rendering.status == 0, rendering.output
    assert rendering.project.name in ("my-api", "x" * 64)


@pytest.mark.parametrize(("name", "answer"), [("ci", "travis"), ("django_version", "5"), ("project_slug", "")])
def test_an_answer_that_cookiecutter_itself_rejects_leaves_no_project(render, name, answer):
    rendering = render(**{name: answer})

    assert rendering.status == 1
    assert rendering.project is None


def test_a_slash_in_the_slug_leaves_no_file(render):
    rendering = render(project_slug="my/project")

    assert rendering.status == 1
    assert "project_slug 'my/project' is invalid: use lowercase letters" in rendering.output
    assert list(rendering.project.rglob("*")) == []  # the empty folder is cookiecutter's own


def test_the_hook_lists_every_package_that_a_project_depends_on(project):
    root, *members = [
        tomllib.loads(path.read_text(encoding="utf-8"))
        for path in (project / "pyproject.toml", *sorted(project.glob("packages/*/pyproject.toml")))
    ]
    requirements = [*root["project"]["dependencies"], *chain.from_iterable(root["dependency-groups"].values())]
    own = {canonicalize_name(member["project"]["name"]) for member in members}
    for member in members:
        extras = member["project"]["optional-dependencies"].values()
        requirements += [*member["project"]["dependencies"], *chain.from_iterable(extras)]
    others = [
        requirement for requirement in map(Requirement, requirements) if canonicalize_name(requirement.name) not in own
    ]

    assert own == {"hardening"}
    assert set(load_hook("pre_gen_project").DEPENDENCIES) == resolve_names(others) | own


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


def resolve_names(requirements: Iterable[Requirement]) -> set[str]:
    """Return the canonical names of *requirements* and of their own requirements on all platforms, recursively."""
    seen = set()
    queue = [(requirement, extra) for requirement in requirements for extra in ("", *requirement.extras)]
    while queue:
        requirement, extra = queue.pop()
        package = (canonicalize_name(requirement.name), extra)
        if package in seen:
            continue
        seen.add(package)
        for required in map(Requirement, read_requirements(package[0])):
            marker = required.marker
            if marker is None or any(marker.evaluate({"extra": extra} | known) for known in ENVIRONMENTS):
                queue += [(required, name) for name in ("", *required.extras)]
    return {name for name, _extra in seen}


def read_requirements(name: str) -> list[str]:
    """Return the requirements of a distribution, or an empty list if it is not installed on this platform."""
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []


def test_an_existing_folder_is_not_changed(render, project):
    file = project / "README.md"
    before = file.read_text()

    rendering = render("--output-dir", str(project.parent))

    assert rendering.status == 1
    assert "already exists" in rendering.output
    assert file.read_text() == before
