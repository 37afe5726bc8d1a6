"""What URLs name by something else than a number."""

import uuid

from django.db import models

from shapes.models.rules import Shape


class Stall(Shape):
    """Named by a UUID, and unique in each of its columns."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True)
    word = models.SlugField(unique=True, allow_unicode=True, null=True)
    code = models.CharField(max_length=20, unique=True, null=True)
    number = models.IntegerField(unique=True, null=True)
    natural = models.PositiveIntegerField(unique=True, null=True)
    weight = models.DecimalField(max_digits=5, decimal_places=2, unique=True, null=True)
    day = models.DateField(unique=True, null=True)
    address = models.GenericIPAddressField(unique=True, null=True)


class Ware(Shape):
    """Refers to a stall, by which it is ordered and found; one without a stall has none to be ordered by."""

    stall = models.ForeignKey(Stall, on_delete=models.CASCADE, null=True)
    name = models.CharField(max_length=20)


class Lease(Shape):
    """Named by the key of its stall, which is its own."""

    stall = models.OneToOneField(Stall, on_delete=models.CASCADE, primary_key=True)
