"""The project's own serializers and viewsets without the rest of its hardening: the difference is its price."""

from typing import Any

from accounts.views import ProfileViewSet
from purchases.views import PurchaseViewSet
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.routers import SimpleRouter
from rest_framework.views import exception_handler

from bench.stacks.signing_in import OrmAuthentication


class Bare:
    """Views with DRF's parser, negotiation and exception handler, any JSON types, and no throttle."""

    parser_classes = [JSONParser]
    content_negotiation_class = DefaultContentNegotiation
    throttle_classes: list[Any] = []
    strict_input = False

    def get_exception_handler(self) -> Any:
        return exception_handler


class BareProfileViewSet(Bare, ProfileViewSet):
    pass


class BarePurchaseViewSet(Bare, PurchaseViewSet):
    pass


class LevelProfileViewSet(BareProfileViewSet):
    authentication_classes = [OrmAuthentication]


class LevelPurchaseViewSet(BarePurchaseViewSet):
    authentication_classes = [OrmAuthentication]


router = SimpleRouter()
router.register("profiles", BareProfileViewSet, basename="bare-profile")
router.register("purchases", BarePurchaseViewSet, basename="bare-purchase")

level = SimpleRouter()
level.register("profiles", LevelProfileViewSet, basename="level-profile")
level.register("purchases", LevelPurchaseViewSet, basename="level-purchase")
