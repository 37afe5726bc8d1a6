"""What only the database finds wrong: values that it cannot store or compute with, and the checks of column types."""

from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, IntegerRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Lower

from shapes.models.references import SoftManager
from shapes.models.rules import Shape


class TsTzRange(models.Func):
    """A range made of two columns."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class Stock(Shape):
    """A column type with a check of its own, which another column name hides, and a unique number."""

    name = models.CharField(max_length=20, unique=True)
    left = models.PositiveIntegerField(default=0, db_column="left_over")
    slot = models.IntegerField(unique=True, null=True)
    small = models.PositiveSmallIntegerField(default=0)
    data = models.JSONField(null=True)


class ColdStock(Stock):
    """The same check in the table of a parent."""

    degrees = models.IntegerField(default=-18)


class Ratio(Shape):
    """A generated column that divides, and a check on it."""

    whole = models.IntegerField()
    part = models.IntegerField()
    share = models.GeneratedField(
        expression=F("part") / F("whole"), output_field=models.SmallIntegerField(), db_persist=True
    )


class Coded(Shape):
    """A generated column that reads a document, and is shorter than what may be in there."""

    data = models.JSONField()
    code = models.GeneratedField(
        expression=KT("data__code"), output_field=models.CharField(max_length=5), db_persist=True, unique=True
    )


class Address(Shape):
    """Two columns that one field writes, and one that nothing limits but its type."""

    street = models.CharField(max_length=20)
    postcode = models.CharField(max_length=5)
    number = models.DecimalField(max_digits=4, decimal_places=1, default=1)


class Alias(Shape):
    """Constraints of several kinds on rows of which the default manager hides some."""

    name = models.CharField(max_length=20)
    short = models.CharField(max_length=20, blank=True)
    rank = models.IntegerField(default=0)
    group = models.IntegerField(default=0)
    deleted = models.BooleanField(default=False)

    objects: ClassVar[Any] = SoftManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), name="alias_name", violation_error_message="Name taken."),
            models.UniqueConstraint(
                fields=["short"], condition=~Q(short=""), name="alias_short", violation_error_message="Short taken."
            ),
            models.UniqueConstraint(fields=["rank", "group"], name="alias_rank", violation_error_message="Rank taken."),
        ]


class Stay(Shape):
    """An exclusion constraint on a range that the database makes of two columns (PostgreSQL)."""

    room = models.IntegerField()
    start = models.DateTimeField()
    end = models.DateTimeField()

    class Meta:
        required_db_vendor = "postgresql"
        constraints = [
            ExclusionConstraint(
                name="stay_overlap",
                expressions=[("room", RangeOperators.EQUAL), (TsTzRange("start", "end"), RangeOperators.OVERLAPS)],
            )
        ]


class Matcher(Shape):
    """A check that interprets a pattern that is sent."""

    text = models.CharField(max_length=20)
    pattern = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(text__regex=F("pattern")), name="matcher_text", violation_error_message="No match."
            )
        ]


class Measure(Shape):
    """Types that PostgreSQL alone has."""

    bounds = IntegerRangeField(null=True)
    grid = ArrayField(ArrayField(models.IntegerField()), null=True)

    class Meta:
        required_db_vendor = "postgresql"
