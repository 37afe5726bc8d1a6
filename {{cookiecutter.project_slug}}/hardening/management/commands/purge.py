"""Delete what has expired; run it once a day."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from knox.models import get_token_model

from hardening.idempotency import expired


class Command(BaseCommand):
    help = "Delete expired tokens, and the answers kept for retries that nobody may send any more."

    def handle(self, *args: Any, **options: Any) -> None:
        tokens, _by_model = get_token_model().objects.filter(expiry__lte=timezone.now()).delete()
        answers, _by_model = expired().delete()
        self.stdout.write(f"Deleted {tokens} tokens and {answers} answers.")
