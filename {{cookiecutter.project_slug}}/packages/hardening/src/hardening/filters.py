"""DRF's search and ordering filters with limits, so that the cost of a query does not grow with its input."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import filters
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from hardening.truncation import shortened

MAX_LENGTH = 200
MAX_TERMS = 8

# White space as Python's `str.split()` sees it: the schema's pattern is also read by other regex engines.
_SPACE = r"\s\x1c-\x1f\x85"
_PATTERN = rf"^[^\x00{_SPACE},]*([{_SPACE},]+[^\x00{_SPACE},]*){{0,{MAX_TERMS - 1}}}$"


class SearchFilter(filters.SearchFilter):
    """DRF's search filter, limited to `MAX_LENGTH` characters and `MAX_TERMS` terms.

    A view without `search_fields` has no search parameter.
    """

    def get_search_terms(self, request: Request) -> list[str]:
        """Return the search terms of *request*; raise `ValidationError` if they are too long or too many."""
        if self.search_param not in request.query_params:
            return []  # DRF would take the empty text apart, for every request of an object too
        if len(request.query_params.get(self.search_param, "")) > MAX_LENGTH:
            raise self._build_error(_("Search for at most {limit} characters.").format(limit=MAX_LENGTH), "max_length")
        terms: list[str] = super().get_search_terms(request)
        if len(terms) > MAX_TERMS:
            raise self._build_error(_("Search for at most {limit} terms.").format(limit=MAX_TERMS), "max_terms")
        return terms

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the search parameter with its limits; an empty list if *view* has no `search_fields`."""
        if not getattr(view, "search_fields", None):
            return []
        (parameter,) = super().get_schema_operation_parameters(view)
        return [{**parameter, "schema": {"type": "string", "maxLength": MAX_LENGTH, "pattern": _PATTERN}}]

    def _build_error(self, message: str, code: str) -> ValidationError:
        return ValidationError({self.search_param: [ErrorDetail(message, code)]})


class OrderingFilter(filters.OrderingFilter):
    """DRF's ordering filter for one of the view's `ordering_fields`; a view without them has no ordering parameter."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> Sequence[str] | None:
        """Return the requested ordering; raise `ValidationError` if it is not one of the view's choices."""
        sent = request.query_params.get(self.ordering_param)
        if sent is None:
            return self.get_default_ordering(view)
        if sent not in _list_choices(view):
            detail = ErrorDetail(_('"{input}" is not a valid choice.').format(input=shortened(sent)), "invalid_choice")
            raise ValidationError({self.ordering_param: [detail]})
        return [sent, "-pk"]  # the primary key makes the ordering total

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the ordering parameter with its choices; an empty list if *view* has no `ordering_fields`."""
        if not _list_choices(view):
            return []
        (parameter,) = super().get_schema_operation_parameters(view)
        return [{**parameter, "schema": {"type": "string", "enum": _list_choices(view)}}]


def _list_choices(view: Any) -> list[str]:
    fields = getattr(view, "ordering_fields", None) or ()
    names = () if isinstance(fields, str) else fields  # DRF's "__all__" would include columns that nobody listed
    return [f"{sign}{name}" for name in names for sign in ("", "-")]
