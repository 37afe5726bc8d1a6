"""Guards of migrations and of the environment."""

from deep.guards.guard import Guard

DATABASES = "packages/hardening/tests/test_databases.py"
LINT = "packages/hardening/tests/test_lint_migrations.py"
START = "tests/config/test_start.py"

GUARDS = [
    Guard(
        "hardening/management/commands/migrate.py",
        "if attempt == ATTEMPTS or not self._is_repeatable(error):",
        "if True:",
        f"{DATABASES}::test_migrate_is_repeated_until_it_gets_its_locks",
    ),
    Guard(
        "hardening/management/commands/migrate.py",
        "if self.current is None or self.current.atomic:",
        "if True:",
        f"{DATABASES}::test_migrate_gives_up_after_ten_attempts_and_at_once_if_it_cannot_be_repeated",
    ),
    Guard(
        "hardening/management/commands/lint_migrations.py",
        " or not str(reason).strip()",
        "",
        f"{LINT}::test_a_rule_is_ignored_only_with_a_reason",
    ),
    Guard(
        "hardening/operations/environment.py",
        "if not debug and any(map(_is_weak, keys)):",
        "if False:",
        f"{START}::test_a_missing_or_weak_variable_stops_the_start_and_only_its_name_is_shown",
    ),
]
