"""Record each app's `contract.json`: who may do what, the fields, the SQL statements and the constraints.

The files are committed, so that a review shows how the API changes. `hardening.testing` compares them.
"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = (
        "Record each app's contract.json with the contract tests, and print the differences; with --check, compare only"
        " what needs no database; with --markdown, print who may use which route."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")
        parser.add_argument("--markdown", action="store_true")
        parser.add_argument(
            "--tests", default="tests/test_contract.py", help="the module that includes the contract tests"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from hardening.testing.contract import commands  # noqa: PLC0415  # not installed in production
        except ImportError as error:
            raise CommandError(f"{error.name} is not installed: install hardening[testing].") from error
        try:
            lines = self._run(commands, options)
        except commands.ContractError as error:
            raise CommandError(str(error)) from error
        for line in lines:
            self.stdout.write(line)

    def _run(self, commands: Any, options: dict[str, Any]) -> Any:
        if options["markdown"]:
            return commands.build_page()
        return commands.check() if options["check"] else commands.record(Path(options["tests"]))
