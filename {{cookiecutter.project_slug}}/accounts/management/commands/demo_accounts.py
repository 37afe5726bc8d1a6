"""Two users to look around with, and their profiles."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Profile, User

PASSWORD = "correct horse battery"  # noqa: S105  # for a database that holds nothing else


class Command(BaseCommand):
    help = "Make the users ada and bob with a profile each (only with DEBUG)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Demo users have a known password: they are made with DEBUG only.")
        for username in ("ada", "bob"):
            user = User.objects.filter(username=username).first() or User.objects.create_user(
                username, f"{username}@example.com", PASSWORD, first_name=username.title()
            )
            Profile.objects.get_or_create(
                username=username, defaults={"owner": user, "email": user.email, "bio": "Here to be looked at."}
            )
        self.stdout.write(f"Sign in as ada or bob with the password: {PASSWORD}")
