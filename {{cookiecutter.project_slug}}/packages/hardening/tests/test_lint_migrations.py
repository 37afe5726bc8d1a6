"""Migrations that lock a table for long or break running code are found, and the operations that do neither pass."""

import threading
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, NotSupportedError, connection, migrations, models, transaction
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.functions import Cast, Concat

from hardening.management.commands import lint_migrations
from hardening.management.commands.lint_migrations import find_problems
from hardening.operations import schema_changes

TABLE = ModelState("lint", "Row", [("id", models.BigAutoField(primary_key=True)), ("name", models.TextField())])
UNIQUE = models.UniqueConstraint(fields=["name"], name="row_name_unique")
UPPER = models.UniqueConstraint("id", "name", name="row_expressions_unique")
NO_NULLS = models.UniqueConstraint(fields=["name"], name="row_nulls_unique", nulls_distinct=False)
LATER = models.UniqueConstraint(fields=["name"], name="row_later_unique", deferrable=models.Deferrable.DEFERRED)
SOME = models.UniqueConstraint(fields=["name"], name="row_some_unique", condition=models.Q(id__gt=5))
CHECK = models.CheckConstraint(condition=~models.Q(name=""), name="row_name_not_empty")
INDEX = models.Index(fields=["name"], name="row_name_index")


class Tables:
    """A table with two rows, and the SQL that operations execute on it."""

    def __init__(self) -> None:
        self.state = ProjectState()
        self.state.add_model(TABLE.clone())
        with connection.schema_editor() as editor:
            editor.create_model(self.model)
        self.model.objects.create(name="a")
        self.model.objects.create(name="b")

    @property
    def model(self) -> Any:
        return self.state.apps.get_model("lint", "Row")

    def apply(self, *operations: Any, atomic: bool = True) -> list[str]:
        """Apply *operations* as a migration does, and return the problems that the lint finds in their SQL."""
        statements: list[str] = []

        def record(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            if not params:
                statements.append(str(sql))
            return execute(sql, params, many, context)

        migration = migrations.Migration("0002", "lint")
        migration.operations, migration.atomic = list(operations), atomic
        with connection.execute_wrapper(record), connection.schema_editor(atomic=atomic) as editor:
            self.state = migration.apply(self.state, editor)
        return [problem.partition("\n")[0] for problem in find_problems(migration, statements)]


@pytest.fixture
def tables(transactional_db: None) -> Any:
    """The table, which is dropped at the end."""
    tables = Tables()
    yield tables
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE lint_row")


DANGEROUS = {
    "adding-not-nullable-field": [
        migrations.AddField("row", "more", models.TextField(null=True)),
        migrations.RunSQL("UPDATE lint_row SET more = ''"),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.AlterField("row", "more", models.TextField()),
    ],
    "ban-drop-column": [migrations.RemoveField("row", "name")],
    "ban-drop-default": [migrations.AddField("row", "more", models.TextField(default=""))],
    "ban-drop-table": [migrations.RunSQL("CREATE TABLE other ()"), migrations.RunSQL("DROP TABLE other")],
    "changing-column-type": [migrations.AlterField("row", "name", models.CharField(max_length=9))],
    "constraint-missing-not-valid": [migrations.AddConstraint("row", CHECK)],
    "disallowed-unique-constraint": [migrations.AddConstraint("row", UNIQUE)],
    "renaming-column": [migrations.RenameField("row", "name", "title")],
    "require-concurrent-index-creation": [migrations.AddIndex("row", INDEX)],
}


@pytest.mark.parametrize(("rule", "operations"), DANGEROUS.items(), ids=DANGEROUS)
def test_an_operation_that_locks_a_table_or_breaks_running_code_is_found(postgresql, tables, rule, operations):
    assert tables.apply(*operations) == [rule]


SAFE = {
    "a column with a default": [migrations.AddField("row", "more", models.TextField(db_default=""))],
    "a column that may be null": [migrations.AddField("row", "more", models.TextField(null=True))],
    "a field with the old column": [
        migrations.SeparateDatabaseAndState([], [migrations.RenameField("row", "name", "title")])
    ],
    "a check": [schema_changes.AddConstraintNotValid("row", CHECK)],
    "a table": [migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))])],
}


@pytest.mark.parametrize("operations", SAFE.values(), ids=SAFE)
def test_an_operation_that_does_neither_passes(postgresql, tables, operations):
    assert tables.apply(*operations) == []
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS lint_other")


def test_a_check_is_enforced_at_once_and_validated_later(tables):
    tables.apply(schema_changes.AddConstraintNotValid("row", CHECK))
    with pytest.raises(IntegrityError):
        tables.model.objects.create(name="")

    assert tables.apply(schema_changes.ValidateConstraint("row", CHECK.name)) == []


@pytest.mark.parametrize("constraint", [UNIQUE, UPPER, SOME], ids=lambda constraint: constraint.name)
def test_a_unique_constraint_is_added_concurrently_in_each_of_its_forms(tables, constraint):
    operation = schema_changes.AddUniqueConstraintConcurrently("row", constraint)

    assert tables.apply(operation, atomic=connection.vendor != "postgresql") == []
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "lint_row")
    assert found[constraint.name]["unique"] is True


def test_a_deferrable_constraint_stays_deferrable(postgresql, tables):
    tables.apply(schema_changes.AddUniqueConstraintConcurrently("row", LATER), atomic=False)

    with transaction.atomic():
        tables.model.objects.filter(name="b").update(name="a")
        assert tables.model.objects.filter(name="a").update(name=Concat("name", Cast("id", models.TextField()))) == 2


def test_nulls_that_are_equal_stay_equal(postgresql, tables):
    tables.apply(migrations.AlterField("row", "name", models.TextField(null=True)))
    tables.apply(schema_changes.AddUniqueConstraintConcurrently("row", NO_NULLS), atomic=False)

    tables.model.objects.create(name=None)
    with pytest.raises(IntegrityError):
        tables.model.objects.create(name=None)


def test_after_a_duplicate_the_migration_can_be_repeated(postgresql, tables):
    tables.model.objects.create(name="a")
    operation, before = schema_changes.AddUniqueConstraintConcurrently("row", UNIQUE), tables.state.clone()

    with pytest.raises(IntegrityError):
        tables.apply(operation, atomic=False)
    tables.state = before
    tables.model.objects.filter(name="a").first().delete()

    assert tables.apply(operation, atomic=False) == []


@pytest.mark.parametrize(
    "operation",
    [
        schema_changes.AddIndexConcurrently("row", INDEX),
        schema_changes.AddUniqueConstraintConcurrently("row", UNIQUE),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_a_concurrent_operation_waits_longer_for_transactions_than_the_lock_timeout(postgresql, tables, operation):
    holder = connection.copy()
    holder.set_autocommit(False)
    holder.cursor().execute("INSERT INTO lint_row (name) VALUES ('c')")

    def release() -> None:
        holder.rollback()
        holder.set_autocommit(True)  # it returns to the pool
        holder.close()

    holder.inc_thread_sharing()
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
        threading.Timer(0.5, release).start()
        assert tables.apply(operation, atomic=False) == []
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("100ms",)
        cursor.execute("RESET lock_timeout")


def test_an_index_is_added_and_removed_concurrently(tables):
    atomic = connection.vendor != "postgresql"

    assert tables.apply(schema_changes.AddIndexConcurrently("row", INDEX), atomic=atomic) == []
    assert tables.apply(schema_changes.RemoveIndexConcurrently("row", INDEX.name), atomic=atomic) == []
    with connection.cursor() as cursor:
        assert INDEX.name not in connection.introspection.get_constraints(cursor, "lint_row")


@pytest.mark.parametrize(
    "operation",
    [
        schema_changes.AddIndexConcurrently("row", INDEX),
        schema_changes.AddUniqueConstraintConcurrently("row", UNIQUE),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_a_concurrent_operation_in_an_atomic_migration_names_the_solution(postgresql, tables, operation):
    with pytest.raises(NotSupportedError, match="atomic = False"):
        tables.apply(operation)


def test_a_rule_is_ignored_only_with_a_reason():
    migration = migrations.Migration("0002", "lint")
    statements = ['ALTER TABLE "lint_row" DROP COLUMN "name" CASCADE']

    migration.lint_ignores = {"ban-drop-column": "No code reads it."}
    assert list(find_problems(migration, statements)) == []
    migration.lint_ignores = {"ban-drop-column": " "}
    assert len(list(find_problems(migration, statements))) == 1
    migration.lint_ignores = {"ban-drop-columns": "Misspelt."}
    assert len(list(find_problems(migration, statements))) == 2


def test_the_command_finds_a_migration_of_the_project_and_not_one_of_a_package(postgresql, monkeypatch, settings):
    settings.BASE_DIR = Path(__file__).parents[3]
    sql = {("shapes", "0001_extension"): ["DROP TABLE a"], ("knox", "0001_initial"): ["DROP TABLE b"]}
    monkeypatch.setattr(lint_migrations, "collect_statements", lambda: sql)

    with pytest.raises(CommandError, match=r"^shapes\.0001_extension: ban-drop-table") as refusal:
        call_command("lint_migrations")

    assert "knox" not in str(refusal.value)


def test_the_command_says_how_to_run_it_on_postgresql(monkeypatch):
    monkeypatch.setattr(connection, "vendor", "sqlite")

    with pytest.raises(CommandError, match=r"hardening\.testing\.postgres"):
        call_command("lint_migrations", stdout=StringIO())
