"""Create two demo users with a profile each."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Profile, User

PASSWORD = "correct horse battery"  # noqa: S105  # for databases with demo data only


class Command(BaseCommand):
    help = "Create the users ada and bob with a profile each (requires DEBUG)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Demo users have a public password, so this command requires DEBUG.")
        for username in ("ada", "bob"):
            user = User.objects.filter(username=username).first() or User.objects.create_user(
                username, f"{username}@example.com", PASSWORD, first_name=username.title()
            )
            Profile.objects.get_or_create(
                username=username, defaults={"owner": user, "email": user.email, "bio": "A demo profile."}
            )
        self.stdout.write(f"Log in as ada or bob with the password: {PASSWORD}")
