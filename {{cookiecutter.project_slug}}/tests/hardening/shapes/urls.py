from django.urls import include, path
from rest_framework.routers import SimpleRouter

from hardening.relations import visible_to_caller
from tests.hardening.shapes import faulty, models, raising, serializers, views

SERIALIZERS = {
    "authors": serializers.plain(models.Author),
    "badges": serializers.BadgeSerializer,
    "baskets": serializers.BasketSerializer,
    "bookings": serializers.BookingSerializer,
    "books": serializers.plain(models.Book, related_querysets={"author": visible_to_caller}),
    "books-catching": faulty.CatchingSerializer,
    "books-forgetful": faulty.ForgetfulSerializer,
    "books-later": faulty.LaterSerializer,
    "books-lax": faulty.LaxSerializer,
    "books-vanishing": faulty.VanishingBookSerializer,
    "careful": serializers.plain(models.Careful),
    "countries": serializers.plain(models.Country),
    "coupons": serializers.plain(models.Coupon),
    "documents": serializers.DocumentSerializer,
    "elsewhere": serializers.plain(models.Elsewhere),
    "events": serializers.plain(models.Event),
    "gadgets": serializers.GadgetSerializer,
    "handles": serializers.plain(models.Handle),
    "lines": serializers.plain(models.Line, "sheet", "number", "text"),
    "noisy": serializers.plain(models.Noisy),
    "outer": serializers.OuterSerializer,
    "parcels-vanishing": faulty.VanishingParcelSerializer,
    "people": serializers.PersonSerializer,
    "raw": serializers.plain(models.Raw),
    "raw-declared": serializers.plain(models.Raw, constraint_fields={"raw_code": "code", "raw_short": "code"}),
    "remote": serializers.plain(models.Remote),
    "seats": serializers.plain(models.Seat),
    "slots": serializers.plain(models.Slot),
    "slots-at-once": serializers.BulkSlotSerializer,
    "soft": serializers.plain(models.Soft),
    "steps": serializers.plain(models.Step),
    "trucks": serializers.plain(models.Truck, "id", "plate", "fleet_number"),
}

router = SimpleRouter()
for prefix, serializer in SERIALIZERS.items():
    router.register(prefix, views.over(serializer), basename=prefix)

urlpatterns = [path("raising/", include(raising)), *router.urls]
