"""Viewsets of the example. `visible_to()` of the querysets restricts access; the serializers validate."""

from hardening.resources.column_lists import FlatListMixin
from hardening.resources.idempotency import IdempotencyMixin
from hardening.resources.preconditions import PreconditionsMixin
from hardening.viewsets import ModelViewSet
from purchases.models import Contact, Location, Purchase
from purchases.serializers import ContactSerializer, LocationSerializer, PurchaseSerializer


class LocationViewSet(FlatListMixin, ModelViewSet):
    """The user's delivery locations. A closed location accepts no new purchases."""

    queryset = Location.objects.all()
    serializer_class = LocationSerializer
    search_fields = ("name",)


class ContactViewSet(FlatListMixin, ModelViewSet):
    """Contacts at the user's locations. The `kind` of a contact decides which values are valid."""

    queryset = Contact.objects.all()
    serializer_class = ContactSerializer
    search_fields = ("name", "value")


class PurchaseViewSet(IdempotencyMixin, PreconditionsMixin, FlatListMixin, ModelViewSet):
    """The user's purchases. Creating one is idempotent with `Idempotency-Key`; changing one requires `If-Match`."""

    queryset = Purchase.objects.all()
    serializer_class = PurchaseSerializer
    in_one_transaction = True
    search_fields = ("reference",)
