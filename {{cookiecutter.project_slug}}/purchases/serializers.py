"""Serializers of the example. Related fields accept only objects that are visible to the user."""

from typing import Any

from django.db.models import Q, QuerySet

from hardening import serializers
from hardening.relations import locked, visible_to_caller
from purchases.models import Contact, Location, Purchase


def open_to_caller(queryset: QuerySet[Any], field: Any) -> QuerySet[Any]:
    """Restrict to the user's open locations, and the current location of the purchase.

    Lock the chosen row, because the location could be closed between validation and write.
    """
    current = getattr(field.root.instance, "location_id", None)
    allowed = Q(closed=False) if current is None else Q(closed=False) | Q(pk=current)
    return locked(visible_to_caller(queryset, field).filter(allowed))


class LocationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Location
        fields = ("id", "owner", "name", "closed")
        create_defaults = {"owner": serializers.current_user}


class ContactSerializer(serializers.ModelSerializer):
    class Meta:
        model = Contact
        fields = ("id", "location", "name", "kind", "value")
        related_querysets = {"location": visible_to_caller}


class PurchaseSerializer(serializers.ModelSerializer):
    class Meta:
        model = Purchase
        fields = ("id", "purchaser", "reference", "location", "contacts", "quantity", "earliest", "latest")
        create_defaults = {"purchaser": serializers.current_user}
        related_querysets = {"location": open_to_caller, "contacts": visible_to_caller}
        prefetch_related = ("contacts",)
