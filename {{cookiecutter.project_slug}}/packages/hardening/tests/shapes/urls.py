from django.urls import include, path
from rest_framework.routers import SimpleRouter

from hardening.relations import visible_to_caller
from shapes import faulty, models, raising, recorded, scoped, serializers, views, violating

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
    "crate": scoped.CrateSerializer,
    "documents": serializers.DocumentSerializer,
    "elsewhere": serializers.plain(models.Elsewhere),
    "errands": serializers.ErrandSerializer,
    "events": serializers.plain(models.Event),
    "gadgets": serializers.GadgetSerializer,
    "handles": serializers.plain(models.Handle),
    "items": serializers.ItemInBasketSerializer,
    "lines": serializers.plain(models.Line, "sheet", "number", "text"),
    "loose": serializers.LooseSerializer,
    "noisy": serializers.plain(models.Noisy),
    "outer": serializers.OuterSerializer,
    "parcels-by-key": scoped.ByKeySerializer,
    "parcels-by-link": scoped.ByLinkSerializer,
    "parcels-by-slug": scoped.BySlugSerializer,
    "parcels-stamped": scoped.StampedSerializer,
    "parcels-vanishing": faulty.VanishingParcelSerializer,
    "people": serializers.PersonSerializer,
    "raw": serializers.plain(models.Raw),
    "raw-declared": serializers.plain(models.Raw, constraint_fields={"raw_code": "code", "raw_short": "code"}),
    "recorded": recorded.RecordedSerializer,
    "remote": serializers.plain(models.Remote),
    "seats": serializers.plain(models.Seat),
    "slips": serializers.plain(
        models.Slip, related_querysets={"author": visible_to_caller}, constraint_fields={"slip_author": "author"}
    ),
    "slots": serializers.plain(models.Slot),
    "slots-at-once": serializers.BulkSlotSerializer,
    "soft": serializers.plain(models.Soft),
    "steps": serializers.plain(models.Step),
    "totals": serializers.plain(models.Total),
    "trucks": serializers.plain(models.Truck, "id", "plate", "fleet_number"),
}

router = SimpleRouter()
for prefix, serializer in (SERIALIZERS | violating.SERIALIZERS).items():
    router.register(prefix, views.over(serializer), basename=prefix)

router.register("kinds", views.over(serializers.KindsSerializer, views.Searched), basename="kinds")
router.register("values", views.over(serializers.plain(models.Values), views.Ordered), basename="values")
router.register("parcels-page", views.page(scoped.ByKeySerializer), basename="parcels-page")
router.register("gadgets-page", views.page(serializers.GadgetSerializer), basename="gadgets-page")
router.register("badges-page", views.page(serializers.BadgeSerializer), basename="badges-page")
router.register("values-flat", views.flat(serializers.plain(models.Values)), basename="values-flat")
router.register("parcels-flat", views.flat(scoped.ColumnsSerializer), basename="parcels-flat")
router.register("stocks", violating.TakingViewSet, basename="stocks")
router.register("counted", views.CountedViewSet, basename="counted")
router.register("tickets", views.TicketViewSet, basename="tickets")
router.register("tickets-lax", views.LaxTicketViewSet, basename="tickets-lax")
router.register("badges-retried", views.RetriedViewSet, basename="badges-retried")

urlpatterns = [path("raising/", include(raising)), *router.urls]
