"""The example's resources: who may do what is the queryset's `visible_to`, what is valid the serializer's."""

from hardening.resources.column_lists import FlatListMixin
from hardening.resources.idempotency import IdempotencyMixin
from hardening.resources.preconditions import PreconditionsMixin
from hardening.viewsets import ModelViewSet
from purchases.models import Contact, Location, Purchase
from purchases.serializers import ContactSerializer, LocationSerializer, PurchaseSerializer


class LocationViewSet(FlatListMixin, ModelViewSet):
    """Where the caller has things delivered."""

    queryset = Location.objects.all()
    serializer_class = LocationSerializer
    search_fields = ("name",)


class ContactViewSet(FlatListMixin, ModelViewSet):
    """Whom to reach at the caller's locations."""

    queryset = Contact.objects.all()
    serializer_class = ContactSerializer
    search_fields = ("name", "value")


class PurchaseViewSet(IdempotencyMixin, PreconditionsMixin, ModelViewSet):
    """What the caller buys. Buying may be sent again, and nobody changes a purchase that they have not seen."""

    queryset = Purchase.objects.all()
    serializer_class = PurchaseSerializer
    in_one_transaction = True
    search_fields = ("reference",)
