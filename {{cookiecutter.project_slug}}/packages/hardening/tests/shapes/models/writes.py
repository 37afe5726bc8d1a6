"""One small model for each way of writing."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from hardening.models import VersionedModel
from shapes.models.rules import Shape


class Basket(Shape):
    """A parent with children, written together."""

    name = models.CharField(max_length=20, unique=True)


class Label(Shape):
    """The one of a one-to-one, nested."""

    basket = models.OneToOneField(Basket, on_delete=models.CASCADE, related_name="label")
    text = models.CharField(max_length=20, unique=True)


class Item(Shape):
    """The many of a one-to-many, nested; and a rule in `clean()` that needs the parent."""

    basket = models.ForeignKey(Basket, on_delete=models.CASCADE, related_name="items")
    name = models.CharField(max_length=20)
    amount = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["basket", "name"], name="item_name", violation_error_message="Twice."),
            models.CheckConstraint(condition=Q(amount__gt=0), name="item_amount", violation_error_message="Too few."),
        ]

    def clean(self) -> None:
        if self.name == self.basket.name:
            raise ValidationError({"name": ValidationError("Named as its basket.", code="same_name")})


class Vehicle(Shape):
    """The parent table of another model."""

    plate = models.CharField(max_length=20, unique=True)


class Truck(Vehicle):
    """Two tables, a rule in each."""

    fleet_number = models.IntegerField(unique=True)


class Line(Shape):
    """A composite primary key that the client chooses."""

    pk = models.CompositePrimaryKey("sheet", "number")
    sheet = models.IntegerField()
    number = models.IntegerField()
    text = models.CharField(max_length=20)


class Country(Shape):
    """A primary key that the client chooses."""

    code = models.CharField(max_length=2, primary_key=True)
    name = models.CharField(max_length=20)


class Document(Shape):
    """A `save()` that computes a column, and a property that sets two."""

    title = models.CharField(max_length=40)
    body = models.CharField(max_length=200, blank=True)
    words = models.IntegerField(default=0, editable=False)
    changed = models.DateTimeField(auto_now=True)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.words = len(self.body.split())
        super().save(*args, **kwargs)


class Careful(Shape):
    """A `save()` that validates everything itself."""

    name = models.CharField(max_length=20, unique=True)
    size = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="careful_size", violation_error_message="Too small.")
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.full_clean()
        super().save(*args, **kwargs)


class Gadget(Shape):
    """What the server fills and nobody changes; and what depends on a kind."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    serial = models.CharField(max_length=20)
    kind = models.CharField(max_length=10, choices=[("even", "even"), ("odd", "odd")])
    value = models.IntegerField()

    immutable_fields = ("owner", "serial")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "serial"], name="gadget_serial", violation_error_message="You have this serial."
            ),
            models.CheckConstraint(
                condition=Q(value__lt=100), name="gadget_value", violation_error_message="Less than 100, please."
            ),
        ]

    def clean(self) -> None:
        if (self.kind == "even") == bool(self.value % 2):
            raise ValidationError({"value": ValidationError(f"This is not {self.kind}.", code="wrong_kind")})


class Ticket(Shape, VersionedModel):
    """A version, and a related set that is written without the row."""

    title = models.CharField(max_length=20, unique=True)
    count = models.IntegerField(default=0)
    labels = models.ManyToManyField(Label, blank=True)


class Total(Shape):
    """A column that is computed, and a rule whose name is longer than PostgreSQL keeps."""

    price = models.IntegerField(default=0)
    quantity = models.IntegerField(default=0)
    total = models.GeneratedField(
        expression=F("price") * F("quantity"), output_field=models.IntegerField(), db_persist=True
    )
    text = models.TextField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("text"), name=f"total_text_{'long_' * 12}", violation_error_message="Said before."
            )
        ]


class Kept(Shape):
    """A rule that a deletion elsewhere would break."""

    basket = models.ForeignKey(Basket, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(basket__isnull=False) | ~Q(reason=""), name="kept_why", violation_error_message="Why?"
            )
        ]


class Kinds(Shape):
    """A column of every type that a body may fill."""

    address = models.GenericIPAddressField(null=True)
    amount = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    big = models.BigIntegerField(null=True)
    choice = models.IntegerField(choices=[(1, "one"), (2, "two")], null=True)
    clock = models.TimeField(null=True)
    data = models.JSONField(null=True)
    day = models.DateField(null=True)
    flag = models.BooleanField(null=True)
    identity = models.UUIDField(null=True)
    integer = models.IntegerField(null=True)
    link = models.URLField(null=True)
    moment = models.DateTimeField(null=True)
    ratio = models.FloatField(null=True)
    slug = models.SlugField(null=True)
    small = models.PositiveSmallIntegerField(null=True)
    span = models.DurationField(null=True)
    text = models.CharField(max_length=10, null=True)
