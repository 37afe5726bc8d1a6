"""Delete expired tokens and idempotency keys; run it once a day."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections, router
from django.utils import timezone
from knox.models import get_token_model

from hardening.operations.databases import long_statements
from hardening.resources.idempotency import expired


class Command(BaseCommand):
    help = "Delete expired tokens, and the stored responses of expired idempotency keys."

    def handle(self, *args: Any, **options: Any) -> None:
        model = get_token_model()
        with long_statements(connections[router.db_for_write(model)]):
            tokens, _by_model = model.objects.filter(expiry__lte=timezone.now()).delete()
            responses, _by_model = expired().delete()
        self.stdout.write(f"Deleted {tokens} tokens and {responses} stored responses.")
