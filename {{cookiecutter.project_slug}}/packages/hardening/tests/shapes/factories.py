"""Factories of the shapes whose routes the contract tests examine."""

import factory
from django.contrib.auth import get_user_model
from factory.django import DjangoModelFactory

from shapes import models


class UserFactory(DjangoModelFactory):
    class Meta:
        model = get_user_model()
        skip_postgeneration_save = True

    username = factory.Sequence(lambda number: f"user{number}")


class AuthorFactory(DjangoModelFactory):
    class Meta:
        model = models.Author
        skip_postgeneration_save = True

    name = factory.Sequence(lambda number: f"author {number}")


class BasketFactory(DjangoModelFactory):
    class Meta:
        model = models.Basket
        skip_postgeneration_save = True

    name = factory.Sequence(lambda number: f"basket {number}")


class BookFactory(DjangoModelFactory):
    class Meta:
        model = models.Book
        skip_postgeneration_save = True

    author = factory.SubFactory(AuthorFactory)
    title = factory.Sequence(lambda number: f"book {number}")


class CrateFactory(DjangoModelFactory):
    class Meta:
        model = models.Crate
        skip_postgeneration_save = True

    owner = factory.SubFactory(UserFactory)
    code = factory.Sequence(lambda number: f"s-{number}")  # which the field `small` accepts


class ItemFactory(DjangoModelFactory):
    class Meta:
        model = models.Item
        skip_postgeneration_save = True

    basket = factory.SubFactory(BasketFactory)
    name = factory.Sequence(lambda number: f"item {number}")


class KindsFactory(DjangoModelFactory):
    class Meta:
        model = models.Kinds
        skip_postgeneration_save = True

    text = "kinds"


class LabelFactory(DjangoModelFactory):
    class Meta:
        model = models.Label
        skip_postgeneration_save = True

    basket = factory.SubFactory(BasketFactory)
    text = factory.Sequence(lambda number: f"label {number}")


class ParcelFactory(DjangoModelFactory):
    class Meta:
        model = models.Parcel
        skip_postgeneration_save = True

    title = factory.Sequence(lambda number: f"parcel {number}")


class ScanFactory(DjangoModelFactory):
    class Meta:
        model = models.Scan
        skip_postgeneration_save = True

    title = factory.Sequence(lambda number: f"scan {number}")
    file = factory.django.FileField(data=b"scan")
    preview = factory.django.FileField(data=b"preview")


class SlipFactory(DjangoModelFactory):
    class Meta:
        model = models.Slip
        skip_postgeneration_save = True

    author = factory.SubFactory(AuthorFactory)
    name = factory.LazyAttribute(lambda slip: slip.author.name)


class TicketFactory(DjangoModelFactory):
    class Meta:
        model = models.Ticket
        skip_postgeneration_save = True

    title = factory.Sequence(lambda number: f"ticket {number}")
