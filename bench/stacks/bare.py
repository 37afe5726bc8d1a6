"""The project's serializers and viewsets without the rest of its hardening, to measure what that costs."""

from typing import Any

from accounts.views import ProfileViewSet
from config.urls import api as api_urls
from django.urls import URLPattern, include, path
from purchases.views import PurchaseViewSet
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.views import exception_handler

from bench.stacks.authentication import OrmAuthentication


class Bare:
    """Views with DRF's parser, negotiation and exception handler, without JSON type checking and throttling."""

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


def replace_views(views: dict[Any, Any]) -> list[Any]:
    """Return the project's routes with some views replaced by *views*, so that as many routes are searched."""
    return [path("", include([_replace_view(views, route) for route in app.url_patterns])) for app in api_urls]


def _replace_view(views: dict[Any, Any], route: URLPattern) -> URLPattern:
    view: Any = route.callback
    if view.cls not in views:
        return route
    return URLPattern(route.pattern, views[view.cls].as_view(view.actions, **view.initkwargs))


bare = replace_views({ProfileViewSet: BareProfileViewSet, PurchaseViewSet: BarePurchaseViewSet})
level = replace_views({ProfileViewSet: LevelProfileViewSet, PurchaseViewSet: LevelPurchaseViewSet})
