"""Find migrations that lock a table for long, or that break the version of the code that is still running.

The command applies all migrations to a temporary database, so that it sees exactly the SQL that `migrate` executes.
squawk finds the dangerous statements. A migration lists the rules that do not apply to it, each with the reason:

    class Migration(migrations.Migration):
        lint_ignores = {"ban-drop-column": "No code reads it since release 12."}
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

OLDEST_POSTGRESQL = "14"

# The rules of squawk about locks and running code, and what to do instead. Its other rules are about style.
RULES = {
    "adding-field-with-default": "Add the column with a constant db_default.",
    "adding-foreign-key-constraint": "Add the constraint as NOT VALID, and validate it in another migration.",
    "adding-not-nullable-field": "Add a CHECK constraint as NOT VALID, validate it, and set NOT NULL afterwards.",
    "adding-required-field": "Give the field a db_default, or null=True until all rows are filled.",
    "ban-concurrent-index-creation-in-transaction": "Set atomic = False in the migration.",
    "ban-drop-column": "Remove the field from the state first, and the column one release later.",
    "ban-drop-database": "Remove it by hand.",
    "ban-drop-default": "Give the field a db_default: running code does not insert the column.",
    "ban-drop-table": "Remove the model from the state first, and the table one release later.",
    "ban-truncate-cascade": "Delete rows in batches.",
    "changing-column-type": "Add a column of the new type, copy the values, and switch the code to it.",
    "constraint-missing-not-valid": "Use AddConstraintNotValid, and ValidateConstraint in another migration.",
    "disallowed-unique-constraint": "Use AddUniqueConstraintConcurrently.",
    "renaming-column": "Rename only the field (db_column), or add a column and copy the values.",
    "renaming-table": "Rename only the model, with db_table in its Meta.",
    "require-concurrent-index-creation": "Use AddIndexConcurrently.",
    "require-concurrent-index-deletion": "Use RemoveIndexConcurrently.",
}


class Command(BaseCommand):
    help = "Find migrations of this project that lock a table for long or break running code; requires PostgreSQL."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("Run `python -m hardening.testing.postgres python manage.py lint_migrations`.")
        migrations = {
            key: migration
            for key, migration in MigrationLoader(None, ignore_no_migrations=True).disk_migrations.items()
            if is_own(apps.get_app_config(key[0]).path)
        }
        statements = collect_statements()
        findings = [
            f"{migration}: {finding}"
            for key, migration in sorted(migrations.items())
            for finding in find_problems(migration, statements.get(key, []))
        ]
        if findings:
            raise CommandError("\n".join([*findings, "docs/migrations.md shows the steps; lint_ignores ends a rule."]))
        self.stdout.write(f"{len(migrations)} migrations neither lock a table for long nor break running code.")


def is_own(path: str) -> bool:
    """Return whether the app in *path* belongs to the project, and not to an installed package."""
    folder = Path(path)
    return folder.is_relative_to(settings.BASE_DIR) and "site-packages" not in folder.parts


def collect_statements() -> dict[tuple[str, str], list[str]]:
    """Apply all migrations to a temporary database; return the SQL of each, by the names of its app and itself."""
    statements: dict[tuple[str, str], list[str]] = {}
    current: list[str] = []
    recorded = f'INSERT INTO "{MigrationRecorder.Migration._meta.db_table}"'

    def record(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(recorded):  # Django does this after each migration
            statements[params[0], params[1]] = current.copy()
            current.clear()
        elif not params:  # statements about rows, as of RunPython, have parameters
            current.append(str(sql).strip().rstrip(";"))
        return execute(sql, params, many, context)

    name, temporary = connection.settings_dict["NAME"], f"lint_migrations_{os.getpid()}"
    connection.settings_dict["TEST"]["NAME"] = temporary
    try:
        with connection.execute_wrapper(record):
            connection.creation.create_test_db(verbosity=0, autoclobber=True)
    finally:
        if connection.settings_dict["NAME"] == temporary:  # otherwise it was not created
            connection.creation.destroy_test_db(name, verbosity=0)
    return statements


def find_problems(migration: Migration, statements: list[str]) -> Iterator[str]:
    """Yield a sentence for each rule that a statement of *migration* breaks and that it does not ignore."""
    ignored = getattr(migration, "lint_ignores", {})
    if invalid := [rule for rule, reason in ignored.items() if rule not in RULES or not str(reason).strip()]:
        yield f"lint_ignores has an unknown rule or one without a reason: {', '.join(invalid)}."
    lines = [" ".join(statement.split()) + ";" for statement in statements]
    for problem in run_squawk("\n".join(lines), atomic=migration.atomic):
        rule, line = problem["rule_name"], lines[problem["line"]]
        is_unique = rule == "constraint-missing-not-valid" and " UNIQUE " in line  # reported by another rule, too
        if rule in RULES and rule not in ignored and not is_unique:
            yield f"{rule}\n    {line}\n    {RULES[rule]}"


def run_squawk(sql: str, *, atomic: bool) -> list[dict[str, Any]]:
    """Return what squawk finds in *sql*."""
    program = shutil.which("squawk", path=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()]))
    if program is None:
        raise CommandError("squawk is not installed: it is the package squawk-cli of the group `dev`.")
    command = [program, "--reporter", "json", "--pg-version", OLDEST_POSTGRESQL]
    done = subprocess.run(  # noqa: S603  # a program of the environment, without a shell
        [*command, *(["--assume-in-transaction"] if atomic else [])],
        input=sql,
        capture_output=True,
        text=True,
        check=False,  # it exits with 1 if it finds something
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found
