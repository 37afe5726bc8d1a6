"""What a view may not leave open."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error
from rest_framework.authentication import BasicAuthentication
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BrowsableAPIRenderer

from hardening.checks import routes
from hardening.checks.routes import Fault, exists
from hardening.flat import FlatListMixin
from hardening.idempotency import IdempotencyMixin
from hardening.models import QuerySet, VersionedModel
from hardening.permissions import Public
from hardening.preconditions import PreconditionsMixin
from hardening.viewsets import GenericViewSet


def check_views(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check every routed view."""
    return routes.faults(_CHECKS, Error)


def check_deployed_views(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check every routed view for what only belongs on a developer's machine."""
    return routes.faults([_development], Error)


def _permissions(view: Any) -> Iterator[Fault]:
    if not view.permission_classes or any(not issubclass(each, Public) for each in _open_to_all(view)):
        yield Fault("is open to anyone.", "Say so with hardening.permissions.Public, or ask for a user.", "E011")


def _open_to_all(view: Any) -> list[type[AllowAny]]:
    return [each for each in view.permission_classes if isinstance(each, type) and issubclass(each, AllowAny)]


def _visibility(view: Any) -> Iterator[Fault]:
    queryset = getattr(view, "queryset", None)
    if not issubclass(type(view), GenericAPIView) or queryset is None:
        return
    if getattr(type(queryset.all()), "visible_to", QuerySet.visible_to) is QuerySet.visible_to:
        yield Fault(
            f"shows every {queryset.model.__name__} to every caller.",
            "Give its queryset a visible_to(user) of its own: derive it from hardening.models.QuerySet.",
            "E010",
        )


def _pages(view: Any) -> Iterator[Fault]:
    if issubclass(type(view), ListModelMixin) and getattr(view, "pagination_class", None) is None:
        yield Fault("lists without pages.", "Leave pagination_class as the settings have it.", "E012")


def _kind(view: Any) -> Iterator[Fault]:
    if issubclass(type(view), GenericAPIView) and not isinstance(view, GenericViewSet):
        yield Fault(
            "is DRF's own: it asks no visible_to(), and changes objects without a lock.",
            "Derive it from the classes of hardening.viewsets.",
            "E015",
        )


def _keys(view: Any) -> Iterator[Fault]:
    if isinstance(view, IdempotencyMixin) and _open_to_all(view):
        yield Fault("keeps keys for callers that it cannot tell apart.", "Ask for a user there.", "E014")


def _versions(view: Any) -> Iterator[Fault]:
    queryset: Any = getattr(view, "queryset", None)
    if not isinstance(view, PreconditionsMixin) or queryset is None:
        return
    model = queryset.model
    if not issubclass(model, VersionedModel):
        hint = "Derive the model from hardening.models.VersionedModel."
        yield Fault(f"has ETags of {model.__name__}, which has no version.", hint, "E016")
    for field in model._meta.concrete_fields:
        if field.is_relation and "SET" in getattr(field.remote_field.on_delete, "__name__", "").upper():
            hint = "Use CASCADE, RESTRICT or PROTECT there: what sets it counts no version."
            yield Fault(f"keeps its ETag when a deletion elsewhere changes {field.name!r}.", hint, "E018")


def _order(view: Any) -> Iterator[Fault]:
    line = type(view).__mro__
    for mixin in (PreconditionsMixin, IdempotencyMixin, FlatListMixin):
        if mixin in line and GenericViewSet in line and line.index(mixin) > line.index(GenericViewSet):
            yield Fault(f"has {mixin.__name__} without effect.", "Name it before the viewset among the bases.", "E017")


def _names(view: Any) -> Iterator[Fault]:
    queryset: Any = getattr(view, "queryset", None)
    for option in ("search_fields", "ordering_fields") if queryset is not None else ():
        offered = getattr(view, option, None) or ()
        for name in () if isinstance(offered, str) else offered:
            path = name.lstrip("^=@$-")
            if path not in queryset.query.annotations and not exists(queryset.model, path):
                yield Fault(f"names {name!r} in {option}, which does not exist.", "Correct the name.", "E004")


_CHECKS = (_permissions, _kind, _visibility, _pages, _keys, _versions, _order, _names)


def _development(view: Any) -> Iterator[Fault]:
    for kind, classes in (
        (BrowsableAPIRenderer, view.renderer_classes),
        (BasicAuthentication, view.authentication_classes),
    ):
        if any(issubclass(each, kind) for each in classes):
            yield Fault(f"uses {kind.__name__} in production.", "Leave it to DEBUG.", "E013")
