"""Create demo users, and a row of every model for each of them, with the factories of the tests."""

from types import ModuleType
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import EmailField, IntegerField, Max

USERNAMES = ("ada", "bob")
PASSWORD = "correct horse battery"  # noqa: S105  # for databases with demo data only


class Command(BaseCommand):
    help = "Create the users ada and bob, and a row of every model for each user who has none (requires DEBUG)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rows", type=int, default=0, help="insert this many rows of every model in addition")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the missing rows, so that a second call changes nothing; with `--rows`, also insert new ones."""
        if not settings.DEBUG:
            raise CommandError("Demo users have a public password, so this command requires DEBUG.")
        factories = import_factories()
        if not factories.find_modules():
            raise CommandError("There are no factories: write UserFactory and others in tests/<app>/factories.py.")
        with transaction.atomic():
            continue_sequences(factories)
            for username in USERNAMES:
                create_user(factories, username)
            models = {factory._meta.get_model_class() for factory in factories.list_factories()} - {get_user_model()}
            for model in sorted(models, key=lambda model: str(model._meta.label)):
                number = create_rows(factories, model)
                self.stdout.write(f"{model._meta.label}: {number} new")
        if options["rows"] > 0:
            self._fill_tables(factories, options["rows"])
        self.stdout.write(f"Log in as {' or '.join(USERNAMES)} with the password: {PASSWORD}")

    def _fill_tables(self, factories: ModuleType, rows: int) -> None:
        from hardening.testing.demo_rows import fill_tables  # noqa: PLC0415  # not installed in production

        continue_sequences(factories)
        progress = Progress(self.stdout, rows * (len(list(factories.list_factories())) - 1) + max(1, rows // 100))
        fill_tables(rows, progress.add)
        progress.finish()


class Progress:
    """A bar in a terminal that shows how many of *total* rows were inserted; elsewhere, one line at the end."""

    WIDTH = 40

    def __init__(self, output: Any, total: int) -> None:
        self.output = output
        self.total = total
        self.done = 0

    def add(self, model: Any, number: int) -> None:
        """Count *number* new rows of *model*."""
        self.done += number
        if self.output.isatty():
            filled = self.WIDTH * self.done // self.total
            bar = "#" * filled + "." * (self.WIDTH - filled)
            self.output.write(f"\r[{bar}] {100 * self.done // self.total:3} % {model._meta.label:30}", ending="")
            self.output.flush()

    def finish(self) -> None:
        """Write how many rows there are."""
        self.output.write(("\n" if self.output.isatty() else "") + f"{self.done} rows inserted in bulk")


def import_factories() -> ModuleType:
    """Import the module that finds factories; factory_boy is not installed in production."""
    try:
        from hardening.testing import factories  # noqa: PLC0415  # see above
    except ModuleNotFoundError as error:
        message = f"Demo data needs {error.name}: install the dependency group dev, or the extra hardening[testing]."
        raise CommandError(message) from error
    return factories


def continue_sequences(factories: ModuleType) -> None:
    """Let the sequences of all factories begin after the existing rows."""
    for factory in factories.list_factories():
        model = factory._meta.get_model_class()
        rows = model._base_manager
        last = rows.aggregate(last=Max("pk"))["last"] if isinstance(model._meta.pk, IntegerField) else rows.count()
        factory.reset_sequence((last or 0) + 1, force=True)


def create_user(factories: ModuleType, username: str) -> None:
    """Create the user *username* with the password of demo users, if there is none."""
    model: Any = get_user_model()
    named_by_email = isinstance(model._meta.get_field(model.USERNAME_FIELD), EmailField)
    name = f"{username}@example.com" if named_by_email else username
    if model._base_manager.filter(**{model.USERNAME_FIELD: name}).exists():
        return
    first_name = {"first_name": username.title()} if hasattr(model, "first_name") else {}
    user = factories.find_factory(model)(**{model.USERNAME_FIELD: name}, **first_name)
    user.set_password(PASSWORD)
    user.save()


def create_rows(factories: ModuleType, model: Any) -> int:
    """Create a row of *model* for each user who has none, or one if all users share the rows; return the number."""
    owners = list(factories.list_owners(factories.find_factory(model)))
    rows = model._base_manager
    if not owners:
        if rows.exists():
            return 0
        factories.find_factory(model)()
        return 1
    users = get_user_model()._base_manager.exclude(pk__in=rows.values(owners[0]))
    for user in users:
        factories.create_for(user, model)
    return len(users)
