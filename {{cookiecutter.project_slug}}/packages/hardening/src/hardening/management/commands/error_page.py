"""Keep the table of error codes in `docs/errors.md` in step with the code."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hardening.errors.codes import entries

PAGE = Path("docs", "errors.md")
START = "| code | status | meaning |\n|---|---|---|\n"


class Command(BaseCommand):
    help = "Write the table of error codes into docs/errors.md; with --check, fail where it is not up to date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        page = Path(settings.BASE_DIR) / PAGE
        text = page.read_text(encoding="utf-8")
        prose, start, _table = text.partition(START)
        if not start:
            raise CommandError(f"{PAGE} has no table of codes.")
        rows = (f'| <a id="{each.code}"></a>`{each.code}` | {each.status} | {each.meaning} |\n' for each in entries())
        written = prose + start + "".join(rows)
        if options["check"] and written != text:
            raise CommandError(f"{PAGE} is not up to date: run `manage.py error_page`.")
        page.write_text(written, encoding="utf-8")
