"""What `contract.json` records, how the records of two databases become one, and how differences are said in words."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.validators import MinValueValidator
from django.db import models

from hardening.testing import contract
from hardening.testing.contract.differences import explain
from hardening.testing.contract.documents import dump
from hardening.testing.contract.facts import (
    describe_constraint,
    describe_serializers,
    describe_validators,
    list_constraints,
)
from hardening.testing.contract.recording import mark, merge, select_for
from hardening.testing.contract.visibility import describe_visibility
from hardening.testing.routes import list_routes
from hardening.testing.statements import normalize, select_own
from shapes.models import Crate, Slot

pytestmark = pytest.mark.once


def document(**parts: Any) -> dict[str, Any]:
    return {"routes": {"note-detail": {"PATCH": parts}}}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ({"access": {"owner": 200}}, {"access": {"owner": 403}}, "PATCH note-detail: owner: 200 -> 403"),
        ({"access": {}}, {"access": {"staff": 200}}, "PATCH note-detail: staff: nothing -> 200"),
        (
            {"statements": ["BEGIN", "COMMIT"]},
            {"statements": ["BEGIN", "UPDATE notes_note", "COMMIT"]},
            "PATCH note-detail: 2 statements -> 3 (+UPDATE notes_note)",
        ),
        ({"statements": ["SELECT a"]}, {"statements": []}, "PATCH note-detail: 1 statement -> 0 (-SELECT a)"),
    ],
)
def test_a_difference_of_a_route_is_said_in_words(old, new, words):
    assert explain(document(**old), document(**new), {}) == [words]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ({}, document(), "PATCH note-detail: added"),
        (document(), {}, "PATCH note-detail: removed"),
        (
            {"serializers": {"NoteSerializer": {"owner": "read-only"}}},
            {"serializers": {"NoteSerializer": {"owner": "read and write"}}},
            "NoteSerializer (note-list): owner: read-only -> read and write",
        ),
        (
            {"models": {"Note": {"immutable_fields": ["owner"]}}},
            {"models": {"Note": {}}},
            "Note (note-list): owner: immutable -> nothing",
        ),
        (
            {"models": {"Note": {"visible_to": "owner = user"}}},
            {"models": {"Note": {"visible_to": "all rows"}}},
            "Note (note-list): visible_to: owner = user -> all rows",
        ),
        (
            {"models": {"Note": {"constraints": {"note_unique": "unique: title; 409"}}}},
            {},
            "Note (note-list): note_unique: unique: title; 409 -> nothing",
        ),
    ],
)
def test_a_difference_names_the_routes(old, new, words):
    routes = {"Note": "note-list", "NoteSerializer": "note-list"}

    assert explain(old, new, routes) == [words]
    assert explain(new, new, routes) == []


def test_a_statement_of_only_one_database_is_marked_and_each_database_expects_its_own():
    sqlite, postgresql = ["BEGIN", "SELECT a", "COMMIT"], ["BEGIN", "LOCK", "COMMIT", "SELECT b"]

    merged = mark(sqlite, postgresql, "postgresql")

    assert merged == ["BEGIN", "SELECT a (SQLite)", "LOCK (PostgreSQL)", "COMMIT", "SELECT b (PostgreSQL)"]
    assert select_for("sqlite", merged) == sqlite
    assert select_for("postgresql", merged) == postgresql


def test_recordings_of_two_databases_are_merged_whichever_comes_first():
    access, facts = {"access": {"owner": 200}}, {"serializers": {"A": {"b": "read-only"}}}
    sqlite = {"vendor": "sqlite", "documents": {"notes": document(statements=["BEGIN"], **access) | facts}}
    postgresql = {"vendor": "postgresql", "documents": {"notes": document(statements=["BEGIN", "LOCK"]) | facts}}

    for recordings in ([sqlite, postgresql], [postgresql, sqlite]):
        expected = document(statements=["BEGIN", "LOCK (PostgreSQL)"], **access) | facts
        assert merge(recordings) == {"notes": expected}


def test_a_document_is_sorted_and_has_one_field_a_line():
    text = dump({"b": {"GET": {"owner": 200, "anonymous": 401}, "x": ["SELECT a"]}, "a": {"name": "read-only"}})

    assert text == (
        '{\n  "a": {\n    "name": "read-only"\n  },\n  "b": {\n    "GET": {"anonymous": 401, "owner": 200},\n'
        '    "x": ["SELECT a"]\n  }\n}'
    )


def test_a_long_list_has_one_statement_a_line():
    statements = [f"SELECT table{number}" for number in range(9)]

    assert dump(statements).splitlines()[1:3] == ['  "SELECT table0",', '  "SELECT table1",']


@pytest.mark.parametrize(
    ("sql", "statement"),
    [
        ('SELECT "a"."id" FROM "a" INNER JOIN "b" ON 1', "SELECT a"),
        ('INSERT INTO "a" ("id") VALUES (1)', "INSERT a"),
        ('UPDATE "a" SET "b" = 1', "UPDATE a"),
        ('DELETE FROM "a" WHERE "id" IN (SELECT "id" FROM "b")', "DELETE a"),
        ("BEGIN", "BEGIN"),
        ('SAVEPOINT "s140_x1"', "SAVEPOINT"),
        ('RELEASE SAVEPOINT "s140_x1"', "RELEASE"),
        ('ROLLBACK TO SAVEPOINT "s140_x1"', "ROLLBACK"),
        ("SELECT pg_try_advisory_xact_lock(7)", "SELECT pg_try_advisory_xact_lock"),
        ("SELECT 1", "SELECT"),
    ],
)
def test_a_statement_is_recorded_as_its_verb_and_table(sql, statement):
    assert normalize(sql) == statement


def test_an_app_records_its_own_tables_the_tokens_locks_and_transactions():
    taken = ["BEGIN", "SELECT", "SELECT a", "SELECT b", "SELECT pg_advisory_xact_lock", "COMMIT"]

    assert select_own(taken, {"a"}) == ["BEGIN", "SELECT a", "SELECT pg_advisory_xact_lock", "COMMIT"]


def test_the_rows_that_are_visible_to_a_user_are_described():
    assert describe_visibility(Crate) == "owner = user"
    assert describe_visibility(get_user_model()) == ""


def test_a_constraint_is_described_with_its_condition_and_field():
    described = {each.definition.name: describe_constraint(each, Slot) for each in list_constraints(Slot)}

    assert described["slot_room"] == "unique: day, room if (AND: ('live', True)); 409 under room"
    assert described["slot_hours"] == "check: (AND: ('ends__gt', F(starts))); 400 under ends"


def test_the_validators_that_a_model_lists_are_described_and_not_those_of_the_database():
    assert describe_validators(models.PositiveIntegerField()) == ""
    assert describe_validators(get_user_model()._meta.get_field("username")) == "UnicodeUsernameValidator()"
    assert describe_validators(models.IntegerField(validators=[MinValueValidator(1)])) == "MinValueValidator(1)"


def test_a_field_is_described_with_its_scope_and_the_serializer_that_it_nests():
    described = describe_serializers(list_routes())

    assert described["BookSerializer"]["author"] == "read and write, restricted by visible_to_caller"
    assert described["StampedSerializer"]["stamps"] == "write-only, as StampSerializer"


def test_the_suite_contains_every_contract_test_under_a_name_of_its_own():
    sources = {file.stem: file.read_text(encoding="utf-8") for file in Path(contract.__file__).parent.glob("*.py")}
    tests = {name: re.findall(r"^def (test_\w+)", source, re.MULTILINE) for name, source in sources.items()}
    names = [test for found in tests.values() for test in found]
    imported = re.findall(r"^from [\w.]+\.(\w+) import \*", sources["suite"], re.MULTILINE)

    assert len(names) == len(set(names)) >= 15
    assert {name for name, found in tests.items() if found} <= set(imported)
