"""What the API takes and shows of the example. Related objects are the caller's own, or they do not exist."""

from hardening import serializers
from hardening.relations import visible_to_caller
from purchases.models import Contact, Location, Purchase


class LocationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Location
        fields = ("id", "owner", "name")
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
        related_querysets = {"location": visible_to_caller, "contacts": visible_to_caller}
        prefetch_related = ("contacts",)
