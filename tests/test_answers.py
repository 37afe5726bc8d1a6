"""Which answers become a project, and in which words the others are refused."""

import tomllib

import pytest


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
        ("project_slug", "con", "project_slug 'con' is a name that Windows reserves."),
        ("project_slug", "x" * 65, "project_slug has more than 64 characters."),
        ("author_email", "nobody", "author_email 'nobody' is no e-mail address."),
        ("author_email", "a@b", "author_email 'a@b' is no e-mail address."),
        ("description", " ", "description is empty."),
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


def test_an_existing_folder_is_left_alone(render, project):
    file = project / "README.md"
    before = file.read_text()

    rendering = render("--output-dir", str(project.parent))

    assert rendering.status == 1
    assert "already exists" in rendering.said
    assert file.read_text() == before
