"""What a filter set, such as django-filter's, may not do."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage
from django.db.models import QuerySet
from rest_framework.generics import GenericAPIView
from rest_framework.pagination import CursorPagination

from hardening.checks import routes
from hardening.checks.routes import Fault
from hardening.routing.lookup_patterns import model_of


def check_filtersets(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check the filter sets of every routed view."""
    return routes.faults([_broken, _telling])


def _broken(view: Any) -> Iterator[Fault]:
    for filterset in _filtersets(view):
        if isinstance(filterset, Exception):
            hint = "Correct the names in filterset_fields, or in the Meta of the filter set."
            yield Fault(f"has a filter set that cannot be built: {filterset}", hint, "E031")
            continue
        paginator = getattr(view, "pagination_class", None)
        sorts = [name for name, each in filterset.base_filters.items() if type(each).__name__ == "OrderingFilter"]
        if sorts and paginator is not None and issubclass(paginator, CursorPagination):
            hint = "Use hardening.filters.OrderingFilter and ordering_fields: pages have an ordering of their own."
            yield Fault(f"has an ordering without effect, {sorts[0]!r}.", hint, "E031")


def _telling(view: Any) -> Iterator[Fault]:
    for filterset in _filtersets(view):
        for name, each in getattr(filterset, "base_filters", {}).items():
            queryset = each.extra.get("queryset")
            rows = queryset.all() if hasattr(queryset, "all") else None
            if isinstance(rows, QuerySet) and hasattr(rows, "visible_to"):
                hint = "Give the filter queryset=lambda request: ….visible_to(request.user)."
                yield Fault(f"tells in {name!r} which {rows.model.__name__} exist, visible or not.", hint, "W040")


def _filtersets(view: Any) -> Iterator[Any]:
    """Yield the filter set of each filter backend, or the exception that making it raised."""
    if not isinstance(view, GenericAPIView) or model_of(view) is None:
        return
    for backend in view.filter_backends:
        get_class = getattr(backend(), "get_filterset_class", None)
        if get_class is None:
            continue
        try:
            filterset = get_class(view, model_of(view)._default_manager.all())
        except Exception as error:  # noqa: BLE001  # whatever a team's class raises, which its requests would raise too
            yield error
            continue
        if filterset is not None:
            yield filterset
