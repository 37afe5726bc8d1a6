"""What refers to what, and what only the database knows."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver

from hardening.models import Model, QuerySet
from shapes.models.rules import OpenQuerySet, Shape


class Author(Shape):
    """Protected by its books."""

    name = models.CharField(max_length=20, unique=True)


class Book(Shape):
    """Protects its author, and is referred to by what Django does not look at."""

    author = models.ForeignKey(Author, on_delete=models.PROTECT)
    title = models.CharField(max_length=20)


class Receipt(Shape):
    """Refers to a book in a way that only the database guards."""

    book = models.ForeignKey(Book, on_delete=models.DO_NOTHING)


class Slip(Shape):
    """Refers to an author of its own name: a composite key, which a migration wrote by hand (PostgreSQL)."""

    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    name = models.CharField(max_length=20)


class SoftQuerySet(OpenQuerySet):
    pass


class SoftManager(models.Manager.from_queryset(SoftQuerySet)):  # type: ignore[misc]  # a class made at run time
    def get_queryset(self) -> Any:
        return super().get_queryset().filter(deleted=False)


class Soft(Shape):
    """A default manager that hides rows, which are there nevertheless."""

    name = models.CharField(max_length=20, unique=True)
    deleted = models.BooleanField(default=False)

    objects: ClassVar[SoftManager] = SoftManager()


class Raw(Shape):
    """A rule that a migration wrote by hand, and no model knows."""

    code = models.CharField(max_length=20)


class Noisy(Shape):
    """Whose saving writes elsewhere, by a signal."""

    name = models.CharField(max_length=20, unique=True)


class Audit(models.Model):
    """What the signal writes: nothing that a client sent, as it declares."""

    text = models.CharField(max_length=20, unique=True)

    internal_constraints = ("text",)

    def __str__(self) -> str:
        return self.text


@receiver(post_save, sender=Noisy)
def audit(instance: Noisy, **_kwargs: Any) -> None:
    Audit.objects.create(text="saved")


class Event(Shape):
    """A partitioned table (PostgreSQL), made by a migration."""

    day = models.DateField()
    code = models.CharField(max_length=20)
    size = models.IntegerField(default=1)

    class Meta:
        managed = False
        constraints = [
            models.UniqueConstraint(fields=["day", "code"], name="event_code", violation_error_message="Code taken."),
            models.CheckConstraint(
                condition=~models.Q(code="none"), name="event_not_none", violation_error_message="Not none."
            ),
        ]


class Elsewhere(Shape):
    """A table in another schema (PostgreSQL), by the common way to name one."""

    name = models.CharField(max_length=20, unique=True)

    class Meta:
        managed = False
        db_table = 'other"."elsewhere'


class Remote(Shape):
    """Lives in a database of its own, where the router sends it."""

    name = models.CharField(max_length=20, unique=True)


class CrateQuerySet(QuerySet):
    def visible_to(self, user: Any) -> Self:
        return self.filter(owner=user)


class Crate(Model):
    """What only its owner sees."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="crates")
    code = models.CharField(max_length=20, unique=True)

    objects = CrateQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.code


class Parcel(Shape):
    """Relations of every kind to what is scoped."""

    title = models.CharField(max_length=20)
    crate = models.ForeignKey(Crate, on_delete=models.CASCADE, null=True, blank=True, related_name="parcels")
    by_code = models.ForeignKey(
        Crate, on_delete=models.CASCADE, to_field="code", null=True, blank=True, related_name="parcels_by_code"
    )
    crates = models.ManyToManyField(Crate, blank=True, related_name="parcels_of_many")
    small = models.ForeignKey(
        Crate,
        on_delete=models.CASCADE,
        limit_choices_to={"code__startswith": "s"},
        null=True,
        blank=True,
        related_name="small_parcels",
    )
    sibling = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True)
    purchaser = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True)
