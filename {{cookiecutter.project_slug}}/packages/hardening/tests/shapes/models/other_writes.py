"""What requests write beside the rows of a model serializer."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.signals import post_save
from django.dispatch import receiver

from shapes.models.references import Book
from shapes.models.rules import Shape


class Good(Shape):
    """Two constraints of the columns, and one that a change by `F()` violates."""

    name = models.CharField(max_length=20, unique=True)
    stock = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(stock__gte=0), name="good_stock", violation_error_message="Not that many left."
            )
        ]


class Translation(models.Model):
    """The texts of a good, in a table of their own as django-parler has them."""

    master = models.ForeignKey(Good, on_delete=models.CASCADE, related_name="translations")
    language = models.CharField(max_length=5)
    title = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["language", "title"], name="translation_title", violation_error_message="Title taken."
            )
        ]

    def __str__(self) -> str:
        return self.title


class Notice(models.Model):
    """What a signal writes for new goods: on behalf of the request, under a name that the request does not have."""

    text = models.CharField(max_length=20, unique=True)

    def __str__(self) -> str:
        return self.text


@receiver(post_save, sender=Good)
def announce(instance: Good, **_kwargs: Any) -> None:
    if instance.name.startswith("new "):
        Notice.objects.create(text=instance.name.removeprefix("new ").lower())


class Offer(Shape):
    """A good, a place on a shelf that is its own, and the books that come with it."""

    good = models.ForeignKey(Good, on_delete=models.CASCADE)
    place = models.IntegerField(null=True, unique=True)
    books = models.ManyToManyField(Book, through="Extra", related_name="offers", blank=True)


class Extra(models.Model):
    """A through table with a constraint of its own."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE)
    book = models.ForeignKey(Book, on_delete=models.CASCADE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book"], name="extra_once", violation_error_message="Given already.")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Ballot(Shape):
    """A place that is judged at COMMIT (PostgreSQL), beside one that is judged at once."""

    place = models.IntegerField()
    name = models.CharField(max_length=20)

    class Meta:
        required_db_features = ["supports_deferrable_unique_constraints"]
        constraints = [
            models.UniqueConstraint(
                fields=["place"],
                deferrable=models.Deferrable.DEFERRED,
                name="ballot_place",
                violation_error_message="Place taken.",
            )
        ]
