"""Write the table of error codes in `docs/errors.md`."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hardening.errors.codes import entries

PAGE = Path("docs", "errors.md")
START = "| code | status | meaning |\n|---|---|---|\n"


class Command(BaseCommand):
    help = "Write the table of error codes into docs/errors.md; with --check, fail if it is not up to date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        page = Path(settings.BASE_DIR) / PAGE
        text = page.read_text(encoding="utf-8")
        introduction, start, _table = text.partition(START)
        if not start:
            raise CommandError(f"{PAGE} has no table of codes.")
        rows = (f'| <a id="{row.code}"></a>`{row.code}` | {row.status} | {row.meaning} |\n' for row in entries())
        new_text = introduction + start + "".join(rows)
        if options["check"] and new_text != text:
            raise CommandError(f"{PAGE} is not up to date: run `manage.py error_page`.")
        page.write_text(new_text, encoding="utf-8")
