"""What a view may not leave open."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import Error
from rest_framework.authentication import BasicAuthentication
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BrowsableAPIRenderer

from hardening.checks import routes
from hardening.idempotency import IdempotencyMixin
from hardening.models import QuerySet
from hardening.permissions import Public
from hardening.viewsets import GenericViewSet


def check_views(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Check every routed view."""
    found = dict(routes.views())
    return [error for view in found for check in _CHECKS for error in check(view)]


def check_deployed_views(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Check every routed view for what only belongs on a developer's machine."""
    return [error for view, _pattern in routes.views() for error in _development(view)]


def _permissions(view: Any) -> Iterator[Error]:
    open_to_all = [each for each in view.permission_classes if isinstance(each, type) and issubclass(each, AllowAny)]
    if not view.permission_classes or any(not issubclass(each, Public) for each in open_to_all):
        yield _error(view, "is open to anyone.", "Say so with hardening.permissions.Public, or ask for a user.", "E011")


def _visibility(view: Any) -> Iterator[Error]:
    queryset = getattr(view, "queryset", None)
    if not issubclass(view, GenericAPIView) or queryset is None:
        return
    if getattr(type(queryset.all()), "visible_to", QuerySet.visible_to) is QuerySet.visible_to:
        yield _error(
            view,
            f"shows every {queryset.model.__name__} to every caller.",
            "Give its queryset a visible_to(user) of its own: derive it from hardening.models.QuerySet.",
            "E010",
        )


def _pages(view: Any) -> Iterator[Error]:
    if issubclass(view, ListModelMixin) and getattr(view, "pagination_class", None) is None:
        yield _error(view, "lists without pages.", "Leave pagination_class as the settings have it.", "E012")


def _kind(view: Any) -> Iterator[Error]:
    if issubclass(view, GenericAPIView) and not issubclass(view, GenericViewSet):
        yield _error(
            view,
            "is DRF's own: it asks no visible_to(), and changes objects without a lock.",
            "Derive it from the classes of hardening.viewsets.",
            "E015",
        )


def _keys(view: Any) -> Iterator[Error]:
    if issubclass(view, IdempotencyMixin) and any(issubclass(each, AllowAny) for each in view.permission_classes):
        yield _error(view, "keeps keys for callers that it cannot tell apart.", "Ask for a user there.", "E014")


_CHECKS = (_permissions, _kind, _visibility, _pages, _keys)


def _development(view: Any) -> Iterator[Error]:
    for kind, classes in (
        (BrowsableAPIRenderer, view.renderer_classes),
        (BasicAuthentication, view.authentication_classes),
    ):
        if any(issubclass(each, kind) for each in classes):
            yield _error(view, f"uses {kind.__name__} in production.", "Leave it to DEBUG.", "E013")


def _error(view: Any, fault: str, hint: str, number: str) -> Error:
    return Error(f"{view.__name__} {fault}", hint=hint, obj=view, id=f"hardening.{number}")
