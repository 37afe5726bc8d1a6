"""Create demo purchases for every user."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from purchases.models import Contact, Location, Purchase


class Command(BaseCommand):
    help = "Create a location, a contact and a purchase for every user (requires DEBUG)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("This command requires DEBUG.")
        tomorrow = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
        for user in get_user_model().objects.all():
            location, _new = Location.objects.get_or_create(owner=user, name="Home")
            contact, _new = Contact.objects.get_or_create(
                location=location, name="Bell", defaults={"kind": Contact.Kind.PHONE, "value": "+4930123456"}
            )
            purchase, _new = Purchase.objects.get_or_create(
                purchaser=user,
                reference="DEMO-1",
                defaults={
                    "location": location,
                    "quantity": 1,
                    "earliest": tomorrow,
                    "latest": tomorrow + timedelta(hours=4),
                },
            )
            purchase.contacts.add(contact)
        self.stdout.write("Every user has a location, a contact and a purchase.")
