"""`manage.py startresource` refuses what it cannot write, in one sentence, and then leaves the project as it was."""

import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from hardening.management.new_resource.naming import get_singular
from hardening.management.new_resource.staging import take_over

pytestmark = pytest.mark.once

ONE = "number:char(20)"


@pytest.fixture
def project(tmp_path: Path, settings) -> Path:
    settings.BASE_DIR = tmp_path
    (tmp_path / "tests" / "orders").mkdir(parents=True)
    (tmp_path / "receipts.py").write_text("")
    return tmp_path


def refuse(name: str, *fields: str, **options: str) -> str:
    with pytest.raises(CommandError) as caught:
        call_command("startresource", name, *fields, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "NAME: '' is not an identifier."),
        ("2nd", "NAME: '2nd' is not an identifier."),
        ("../x", "NAME: '../x' is not an identifier."),
        ("class", "NAME: 'class' is a keyword of Python."),
        ("match", "NAME: 'match' is a keyword of Python."),
        ("Invoices", "NAME: 'Invoices' must consist of lower-case letters, digits and single underscores."),
        ("_notes", "NAME: '_notes' must consist of lower-case letters, digits and single underscores."),
        ("statistics", "NAME: 'statistics' is the name of a module of Python's standard library."),
        ("shapes", "NAME: there is an app 'shapes' already."),
        ("auth", "NAME: there is an app 'auth' already."),
        ("orders", "NAME: the path tests/orders exists."),
        ("receipts", "NAME: the path receipts.py exists."),
        ("pytest", "NAME: 'pytest' is the name of an installed package or of a folder of the project."),
        ("static", "NAME: 'static' is the name of an installed package or of a folder of the project."),
        ("models", "NAME: the model would be named Model, which models.py uses itself; set SINGULAR."),
        ("test_runs", "NAME: pytest would collect TestRunFactory as a test; set SINGULAR."),
        ("groups", "NAME: a user has an attribute 'groups' already, which the rows of an owner would hide."),
        ("a" * 41, f"NAME: '{'a' * 41}' is longer than 40 characters."),
    ],
)
def test_a_name_that_cannot_be_an_app_is_refused(project, name, sentence):
    assert refuse(name, ONE) == sentence
    assert sorted(path.name for path in project.iterdir()) == ["receipts.py", "tests"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ("", "FIELDS: name at least one field, for example number:char(20):unique."),
        ("number", "FIELDS: number: add a kind, for example number:char(20)."),
        ("2nd:date", "FIELDS: '2nd' is not an identifier."),
        (":date", "FIELDS: '' is not an identifier."),
        ("class:date", "FIELDS: 'class' is a keyword of Python."),
        ("at:date at:date", "FIELDS: at: this name is used twice."),
        ("id:uuid", "FIELDS: id: this name is taken; every resource has an attribute or a variable with it."),
        ("save:boolean", "FIELDS: save: this name is taken; every resource has an attribute or a variable with it."),
        ("at:moment", "FIELDS: at: there is no kind 'moment'; the kinds are {kinds}."),
        ("at:", "FIELDS: at: '' is neither a kind nor a modifier."),
        ("number:char", "FIELDS: number: char needs a length, for example char(100)."),
        ("number:char()", "FIELDS: number: char needs a length, for example char(100)."),
        ("number:char(0)", "FIELDS: number: the length must be a whole number from 1 to 100000."),
        ("number:char(-1)", "FIELDS: number: the length must be a whole number from 1 to 100000."),
        ("number:char(20", "FIELDS: the parentheses of 'number:char(20' do not match."),
        ("number:char(601):unique", "FIELDS: number: a unique char has at most 600 characters."),
        ("at:date(3)", "FIELDS: at: date has no arguments."),
        ("sum:decimal", "FIELDS: sum: decimal needs its digits and decimal places, for example decimal(10,2)."),
        ("sum:decimal(2,3)", "FIELDS: sum: decimal has 1 to 100 digits, and no more decimal places than digits."),
        ("to:fk", "FIELDS: to: fk needs a model, for example fk(app.Model)."),
        ("to:fk(shapes.Nothing)", "FIELDS: to: there is no model 'shapes.Nothing'."),
        ("to:many(nowhere.Thing)", "FIELDS: to: there is no model 'nowhere.Thing'."),
        (
            "to:fk(auth.Group)",
            "FIELDS: to: the manager of auth.Group has no visible_to(user), so that every row could be named.",
        ),
        ("to:fk(auth.User)", "FIELDS: to: a user sees only their own account, to which owner refers already."),
        ("at:date:quick", "FIELDS: at: there is no modifier 'quick'; the modifiers are {modifiers}."),
        ("at:date:optional:optional", "FIELDS: at: 'optional' is used twice."),
        ("at:date:positive", "FIELDS: at: a field of the kind date cannot be 'positive'."),
        ("text:text:unique", "FIELDS: text: a field of the kind text cannot be 'unique'."),
        ("at:date:after", "FIELDS: at: after needs another field, for example after(issued)."),
        ("at:date:after(at)", "FIELDS: at: after(at) must name another field of FIELDS."),
        ("at:date:after(then)", "FIELDS: at: after(then) must name another field of FIELDS."),
        ("at:date:after(on) on:datetime", "FIELDS: at: 'on' is not of the kind date."),
        ("a:date:after(b) b:date:after(a)", "FIELDS: a: after leads back to this field."),
        ("n:integer:unique(m)", "FIELDS: n: unique(m) must name another field of FIELDS."),
        ("n:integer:unique(m) m:json", "FIELDS: n: 'm' must be a required field that can be unique itself."),
        ("n:integer:optional(yes)", "FIELDS: n: optional has no arguments."),
        ("n:integer:positive:between(1,2)", "FIELDS: n: positive and between exclude each other."),
        ("n:integer:unique:between(1,9)", "FIELDS: n: a unique field needs at least 1000 different values."),
        (
            "n:integer:between(9,1)",
            (
                "FIELDS: n: between needs two numbers that the field can store, the lower one first, "
                "for example between(1,10)."
            ),
        ),
        ("s:choice", "FIELDS: s: choices needs values, for example choices(draft,sent)."),
        ("s:choice(a b)", "FIELDS: s: 'a b' cannot be a choice of a field of the kind char."),
        ("s:char(2):choices(new)", "FIELDS: s: a choice is longer than the field."),
        (
            "s:choice(a,b):unique",
            "FIELDS: s: choices leave a unique field too few values; use unique with another field.",
        ),
        ("n:char(9):case-insensitive", "FIELDS: n: case-insensitive is about a unique field; add unique."),
        (
            "n:char(9):unique:case-insensitive n_digest:uuid",
            "FIELDS: n_digest: n needs this name for a column of its own.",
        ),
        (
            f"{'n' * 40}:char(9):unique(m) m:date",
            (
                f"FIELDS: {'n' * 40}: the name of its constraint, thing_{'n' * 40}_m_unique_per_owner, is longer "
                "than 63 characters."
            ),
        ),
    ],
)
def test_a_field_that_cannot_be_written_is_refused(project, fields, sentence):
    kinds = (
        "char, text, slug, email, url, integer, decimal, boolean, date, datetime, uuid, json, fk, many, file, choice"
    )
    modifiers = "unique, case-insensitive, optional, positive, between, after, choices"

    assert refuse("things", fields) == sentence.format(kinds=kinds, modifiers=modifiers)
    assert sorted(path.name for path in project.iterdir()) == ["receipts.py", "tests"]


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("invoices", "invoice"),
        ("categories", "category"),
        ("boxes", "box"),
        ("addresses", "address"),
        ("news_items", "news_item"),
        ("status", "status"),
        ("staff", "staff"),
    ],
)
def test_the_model_has_the_singular_of_the_name(plural, singular):
    assert get_singular(plural) == singular


def test_files_that_appeared_meanwhile_are_kept_and_everything_else_is_undone(tmp_path):
    copy, project = tmp_path / "copy", tmp_path / "project"
    for name in ("pyproject.toml", "notes/a.py", "notes/sub/b.py", "notes/z.py"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text("new")
    (project / "notes").mkdir(parents=True)
    (project / "notes" / "z.py").write_text("theirs")
    (project / "pyproject.toml").write_text("old")
    before = shutil.copytree(project, tmp_path / "before")
    changes = [Path(name) for name in ("pyproject.toml", "notes/a.py", "notes/sub/b.py", "notes/z.py")]

    with pytest.raises(CommandError, match="could not be written, and nothing was changed"):
        take_over(copy, project, changes, frozenset({"pyproject.toml"}))

    assert list_contents(project) == list_contents(before)


def list_contents(folder: Path) -> dict[str, str | None]:
    return {str(path.relative_to(folder)): path.read_text() if path.is_file() else None for path in folder.rglob("*")}
