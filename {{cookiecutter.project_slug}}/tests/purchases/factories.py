"""Factories of locations, contacts and purchases; every row is valid by default, and related rows share their owner."""

from datetime import UTC, datetime, timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory

from purchases.models import Contact, Location, Purchase
from tests.accounts.factories import UserFactory


def tomorrow(hour: int) -> datetime:
    """Return *hour* of the next day in UTC."""
    return datetime.now(UTC).replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=1)


class LocationFactory(DjangoModelFactory):
    class Meta:
        model = Location
        skip_postgeneration_save = True

    owner = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda number: f"Location {number}")


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = Contact
        skip_postgeneration_save = True

    location = factory.SubFactory(LocationFactory)
    name = factory.Sequence(lambda number: f"Contact {number}")
    kind = Contact.Kind.PHONE
    value = "+4930123456"


class PurchaseFactory(DjangoModelFactory):
    class Meta:
        model = Purchase
        skip_postgeneration_save = True

    purchaser = factory.SubFactory(UserFactory)
    location = factory.SubFactory(LocationFactory, owner=factory.SelfAttribute("..purchaser"))
    reference = factory.Sequence(lambda number: f"P-{number}")
    quantity = 1
    earliest = factory.LazyFunction(lambda: tomorrow(8))
    latest = factory.LazyFunction(lambda: tomorrow(18))

    @factory.post_generation
    def contacts(self, create: bool, extracted: Any, **_values: Any) -> None:
        """Add the contacts that are given, as in `PurchaseFactory(contacts=[contact])`."""
        if create and extracted:
            self.contacts.add(*extracted)
