"""`manage.py migrate` without the statement timeout of requests."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from hardening.operations.databases import long_statements


class Command(migrate.Command):
    """Migrate without a statement timeout; the lock timeout stays."""

    def handle(self, *args: Any, **options: Any) -> None:
        with long_statements(connections[options["database"]]):
            super().handle(*args, **options)
