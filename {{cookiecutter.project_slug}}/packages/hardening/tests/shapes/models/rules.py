"""One small model for each kind of rule."""

from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Concat, Length, Lower

from hardening.models import Model, QuerySet


class OpenQuerySet(QuerySet):
    """Everybody sees everything."""

    def visible_to(self, user: Any) -> Self:
        return self.all()


class Shape(Model):
    objects = OpenQuerySet.as_manager()

    class Meta:
        abstract = True


class Badge(Shape):
    """`unique=True`, under another key in the API and another column in the database."""

    number = models.CharField(max_length=20, unique=True, db_column="badge_no")
    note = models.CharField(max_length=20, blank=True)


class Seat(Shape):
    """`unique_together`."""

    row = models.CharField(max_length=2)
    number = models.IntegerField()

    class Meta:
        unique_together = [("row", "number")]


class Handle(Shape):
    """Unique expressions, two of them."""

    name = models.CharField(max_length=20)
    team = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("name"), name="handle_name", violation_error_message="Taken.", violation_error_code="handle_taken"
            ),
            models.UniqueConstraint(
                Lower("team"),
                Length("team"),
                name="handle_team",
                condition=~Q(team=""),
                violation_error_message="Team taken.",
            ),
        ]


class Slot(Shape):
    """Unique under a condition, beside another rule on the same columns' rows, and checks."""

    day = models.DateField()
    room = models.CharField(max_length=10)
    live = models.BooleanField(null=True)
    starts = models.IntegerField(default=8)
    ends = models.IntegerField(default=9)
    label = models.CharField(max_length=10, blank=True)
    seats = models.PositiveSmallIntegerField(default=1)

    constraint_fields = {"slot_room": "room", "slot_hours": "ends"}

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "room"], condition=Q(live=True), name="slot_room", violation_error_message="Room taken."
            ),
            models.CheckConstraint(
                condition=Q(ends__gt=F("starts")), name="slot_hours", violation_error_message="Ends before it starts."
            ),
            models.CheckConstraint(  # on a string, which only the database can judge
                condition=~Q(label="forbidden"), name="slot_label", violation_error_message="Not that label."
            ),
        ]


class Values(Shape):
    """A column of every type that Python may judge, and some that it may not."""

    integer = models.IntegerField(default=0)
    other = models.IntegerField(null=True)
    flag = models.BooleanField(null=True)
    day = models.DateField(null=True)
    moment = models.DateTimeField(null=True)
    amount = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    coarse = models.DecimalField(max_digits=8, decimal_places=1, null=True)
    ratio = models.FloatField(null=True)
    span = models.DurationField(null=True)
    identity = models.UUIDField(null=True)
    text = models.CharField(max_length=10, null=True)


class Person(Shape):
    """Unique through a generated column."""

    first = models.CharField(max_length=20)
    last = models.CharField(max_length=20)
    full = models.GeneratedField(
        expression=Concat(F("first"), F("last")),
        output_field=models.CharField(max_length=40),
        db_persist=True,
        unique=True,
    )


class Coupon(Shape):
    """NULL counts as a value (PostgreSQL)."""

    code = models.CharField(max_length=10)
    region = models.CharField(max_length=10, null=True, blank=True)

    constraint_fields = {"coupon_code": "code"}

    class Meta:
        required_db_features = ["supports_nulls_distinct_unique_constraints"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "region"],
                nulls_distinct=False,
                name="coupon_code",
                violation_error_message="Coupon taken.",
            )
        ]


class Step(Shape):
    """Judged at COMMIT (PostgreSQL)."""

    position = models.IntegerField()

    class Meta:
        required_db_features = ["supports_deferrable_unique_constraints"]
        constraints = [
            models.UniqueConstraint(
                fields=["position"],
                deferrable=models.Deferrable.DEFERRED,
                name="step_position",
                violation_error_message="Position taken.",
            )
        ]


class Booking(Shape):
    """No two that overlap in one room (PostgreSQL)."""

    room = models.IntegerField()
    span = DateTimeRangeField()

    constraint_fields = {"booking_overlap": "span"}

    class Meta:
        required_db_vendor = "postgresql"
        constraints = [
            ExclusionConstraint(
                name="booking_overlap",
                expressions=[("room", RangeOperators.EQUAL), ("span", RangeOperators.OVERLAPS)],
                violation_error_message="The room is booked then.",
            )
        ]
