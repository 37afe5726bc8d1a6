"""`manage.py migrate`, which may take longer than a request."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from hardening.operations.databases import long_statements


class Command(migrate.Command):
    """Migrate without the limits on statements that requests have; the limit on waiting for a lock stays."""

    def handle(self, *args: Any, **options: Any) -> None:
        with long_statements(connections[options["database"]]):
            super().handle(*args, **options)
