"""`manage.py breaking_changes` compares the committed OpenAPI documents with those of the last release."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from hardening.openapi.compatibility import find_breaking_changes

pytestmark = pytest.mark.once


def refer_to(name: str) -> dict:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


NOTE = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "maxLength": 100},
        "stars": {"type": ["integer", "null"], "minimum": 1},
        "state": {"oneOf": [{"$ref": "#/components/schemas/StateEnum"}, {"enum": [""]}]},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["title"],
    "additionalProperties": False,
}
DOCUMENT = {
    "paths": {
        "/notes/": {
            "post": {
                "parameters": [{"name": "page", "in": "query", "schema": {"type": "integer"}}],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NoteRequest"}}}
                },
                "responses": {
                    "201": {"content": refer_to("Note")},
                    "409": {"description": "Conflict"},
                },
            }
        }
    },
    "components": {
        "schemas": {"Note": NOTE, "NoteRequest": NOTE, "StateEnum": {"type": "string", "enum": ["draft", "sent"]}}
    },
}
ROUTE, BODY, RESPONSE = (
    ["paths", "/notes/", "post"],
    ["components", "schemas", "NoteRequest"],
    ["components", "schemas", "Note"],
)
FIELDS, SHOWN = [*BODY, "properties"], [*RESPONSE, "properties"]
DELETE = object()


def change(path, value):
    """Return a copy of the document with *value* at *path*, or without what is there."""
    document = json.loads(json.dumps(DOCUMENT))  # a copy whose components are not the same object
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is DELETE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "sentences"),
    [
        (ROUTE, DELETE, ["the route was removed."]),
        ([*ROUTE, "responses", "409"], DELETE, ["the status 409 was removed or changed."]),
        ([*ROUTE, "parameters"], [], ["the parameter 'page' (query) was removed."]),
        (
            [*ROUTE, "parameters"],
            [{"name": "page", "in": "query", "schema": {"type": "integer"}, "required": True}],
            ["the parameter 'page' (query) is required now."],
        ),
        ([*FIELDS, "title"], DELETE, ["the field title was removed."]),
        ([*SHOWN, "title"], DELETE, ["the response field title was removed."]),
        ([*BODY, "required"], ["title", "tags"], ["the field tags is required now."]),
        ([*FIELDS, "stars", "type"], "integer", ["the field stars accepts no null any more."]),
        ([*SHOWN, "title", "type"], ["string", "null"], ["the response field title may be null now."]),
        ([*FIELDS, "title", "maxLength"], 50, ["the field title has maxLength 50 now, and had 100."]),
        ([*FIELDS, "stars", "maximum"], 5, ["the field stars has maximum 5 now, and had none."]),
        ([*FIELDS, "title", "format"], "email", ["the field title has the format 'email' now."]),
        ([*FIELDS, "title", "enum"], ["a"], ["the field title accepts only 'a' now."]),
        (
            ["components", "schemas", "StateEnum", "enum"],
            ["draft"],
            ["the field state does not accept 'sent' any more."],
        ),
        ([*FIELDS, "tags", "items"], {"type": "integer"}, ["the field tags[] accepts no string any more."]),
    ],
)
def test_a_change_that_breaks_clients_is_found(path, value, sentences):
    assert find_breaking_changes([DOCUMENT], [change(path, value)]) == [f"POST /notes/: {each}" for each in sentences]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["paths", "/more/"], DOCUMENT["paths"]["/notes/"]),
        ([*ROUTE, "responses", "410"], {"description": "Gone"}),
        ([*FIELDS, "more"], {"type": "string"}),
        ([*SHOWN, "more"], {"type": "string"}),
        ([*BODY, "required"], []),
        ([*FIELDS, "title", "maxLength"], 200),
        ([*FIELDS, "title", "type"], ["string", "null"]),
        ([*SHOWN, "stars", "type"], "integer"),
        ([*FIELDS, "stars", "type"], ["number", "null"]),
        ([*FIELDS, "stars", "minimum"], 0),
        (["components", "schemas", "StateEnum", "enum"], ["draft", "sent", "paid"]),
        ([*ROUTE, "deprecated"], True),
    ],
)
def test_a_change_that_clients_do_not_notice_is_not_reported(path, value):
    assert find_breaking_changes([DOCUMENT], [change(path, value)]) == []


def test_a_route_may_move_to_another_app():
    assert find_breaking_changes([DOCUMENT, {}], [{}, DOCUMENT]) == []


@pytest.fixture
def project(tmp_path: Path, settings) -> Path:
    """A repository whose last release is the tag v1."""
    settings.BASE_DIR = tmp_path
    (tmp_path / "notes").mkdir()
    write(tmp_path, DOCUMENT)
    (tmp_path / "CHANGELOG.md").write_text("- BREAKING: something that is long past\n")
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path)
    git(tmp_path, "tag", "v1")
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    identity = {f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull}
    program = shutil.which("git")
    subprocess.run([program, *arguments], cwd=folder, env=environment, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=Change")


def write(folder: Path, document: dict) -> None:
    (folder / "notes" / "schema.json").write_text(json.dumps(document))


def test_a_breaking_change_since_the_last_tag_fails_with_each_change(project):
    write(project, change(ROUTE, DELETE))
    commit(project)

    with pytest.raises(CommandError, match=r"^POST /notes/: the route was removed.\nThese changes since v1 break"):
        call_command("breaking_changes")


def test_removing_an_app_with_its_document_is_a_breaking_change(project):
    (project / "notes" / "schema.json").unlink()

    with pytest.raises(CommandError, match="the route was removed"):
        call_command("breaking_changes")


def test_a_new_line_in_the_change_log_announces_breaking_changes(project, capsys):
    write(project, change(ROUTE, DELETE))
    with (project / "CHANGELOG.md").open("a") as file:
        file.write("- BREAKING: notes are gone.\n")

    call_command("breaking_changes")

    assert capsys.readouterr().out == (
        "CHANGELOG.md announces the breaking changes since v1:\nPOST /notes/: the route was removed.\n"
    )


def test_without_a_tag_the_branch_main_of_origin_is_compared(project):
    git(project, "tag", "--delete", "v1")
    git(project, "update-ref", "refs/remotes/origin/main", "HEAD")
    write(project, change(ROUTE, DELETE))

    with pytest.raises(CommandError, match="These changes since origin/main break"):
        call_command("breaking_changes")


def test_an_unchanged_document_passes_silently(project, capsys):
    call_command("breaking_changes")

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda project: git(project, "tag", "--delete", "v1"), "there is neither a tag nor origin/main"),
        (
            lambda project: (project / ".git").rename(project / "elsewhere"),
            "this folder is not the top level of a git repository",
        ),
    ],
    ids=["no release", "no repository"],
)
def test_one_line_says_why_nothing_was_compared(project, capsys, prepare, reason):
    prepare(project)
    write(project, change(ROUTE, DELETE))

    call_command("breaking_changes")

    assert capsys.readouterr().out == f"schema.json was not compared with the last release: {reason}.\n"
