"""Checks of filter sets, such as django-filter's."""

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
    return routes.faults([_check_construction, _check_choices])


def _check_construction(view: Any) -> Iterator[Fault]:
    for filterset in _filtersets(view):
        if isinstance(filterset, Exception):
            hint = "Correct the field names in filterset_fields, or in the Meta of the filter set."
            yield Fault(f"has a filter set that cannot be built: {filterset}", hint, "E031")
            continue
        paginator = getattr(view, "pagination_class", None)
        orderings = [name for name, kind in filterset.base_filters.items() if type(kind).__name__ == "OrderingFilter"]
        if orderings and paginator is not None and issubclass(paginator, CursorPagination):
            hint = (
                "Use hardening.filters.OrderingFilter and ordering_fields: cursor pagination sets the ordering itself."
            )
            yield Fault(f"has a filter {orderings[0]!r} whose ordering has no effect.", hint, "E031")


def _check_choices(view: Any) -> Iterator[Fault]:
    for filterset in _filtersets(view):
        for name, model_filter in getattr(filterset, "base_filters", {}).items():
            queryset = model_filter.extra.get("queryset")
            rows = queryset.all() if hasattr(queryset, "all") else None
            if isinstance(rows, QuerySet) and hasattr(rows, "visible_to"):
                hint = "Set queryset=lambda request: ….visible_to(request.user) on the filter."
                text = f"reveals by {name!r} which {rows.model.__name__} objects exist, visible to the user or not."
                yield Fault(text, hint, "W040")


def _filtersets(view: Any) -> Iterator[Any]:
    """Yield the filter set of each filter backend, or the exception that was raised when it was built."""
    if not isinstance(view, GenericAPIView) or model_of(view) is None:
        return
    for backend in view.filter_backends:
        get_class = getattr(backend(), "get_filterset_class", None)
        if get_class is None:
            continue
        try:
            filterset = get_class(view, model_of(view)._default_manager.all())
        except Exception as error:  # noqa: BLE001  # raised by the project's code, which its requests would raise too
            yield error
            continue
        if filterset is not None:
            yield filterset
