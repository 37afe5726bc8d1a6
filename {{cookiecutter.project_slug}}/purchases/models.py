"""Purchases, the locations that they are delivered to, and the contacts there."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, MinValueValidator, RegexValidator, URLValidator
from django.db import models
from django.db.models import F, Q

from hardening.models import Model, QuerySet, VersionedModel


class LocationQuerySet(QuerySet):
    def visible_to(self, user: Any) -> Self:
        return self.filter(owner=user)


class Location(Model):
    """A delivery location. A closed location accepts no new purchases."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="locations")
    name = models.CharField(max_length=100)
    closed = models.BooleanField(default=False)

    immutable_fields = ("owner",)

    objects = LocationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="location_name_unique_per_owner",
                violation_error_message="You already have a location with this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ContactQuerySet(QuerySet):
    def visible_to(self, user: Any) -> Self:
        return self.filter(location__owner=user)


class Contact(Model):
    """A contact at a location. The kind decides which values are valid."""

    class Kind(models.TextChoices):
        EMAIL = "email", "e-mail"
        PHONE = "phone", "phone"
        URL = "url", "URL"

    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind)
    value = models.CharField(max_length=200)

    constraint_fields = {"contact_name_unique_per_location": "name"}
    value_validators: ClassVar[dict[str, Any]] = {
        Kind.EMAIL: EmailValidator(),
        Kind.PHONE: RegexValidator(
            r"\A\+[1-9][0-9]{1,14}\Z", "Enter a phone number in E.164 format, such as +4930123456."
        ),
        Kind.URL: URLValidator(schemes=["http", "https"]),
    }

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["location", "name"],
                name="contact_name_unique_per_location",
                violation_error_message="This location already has a contact with this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        validate = self.value_validators.get(self.kind)
        if validate is None:
            return  # the choices of `kind` reject it
        try:
            validate(self.value)
        except ValidationError as error:
            raise ValidationError({"value": error}) from error


class PurchaseQuerySet(QuerySet):
    def visible_to(self, user: Any) -> Self:
        return self.filter(purchaser=user)


class Purchase(VersionedModel):
    """A purchase, delivered to one of the purchaser's locations within a time window."""

    purchaser = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="purchases")
    reference = models.CharField(max_length=40)
    location = models.ForeignKey(Location, on_delete=models.RESTRICT, related_name="purchases")
    contacts = models.ManyToManyField(Contact, blank=True, related_name="purchases")
    quantity = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    earliest = models.DateTimeField()
    latest = models.DateTimeField()

    immutable_fields = ("purchaser",)
    constraint_fields = {"purchase_window_opens_before_it_closes": "latest"}

    objects = PurchaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["purchaser", "reference"],
                name="purchase_reference_unique_per_purchaser",
                violation_error_message="You already have a purchase with this reference.",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="purchase_quantity_is_positive",
                violation_error_message="Buy at least one.",
            ),
            models.CheckConstraint(
                condition=Q(latest__gt=F("earliest")),
                name="purchase_window_opens_before_it_closes",
                violation_error_message="The delivery window must open before it closes.",
            ),
        ]

    def __str__(self) -> str:
        return self.reference
