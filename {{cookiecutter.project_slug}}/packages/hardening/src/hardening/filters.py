"""Filters of lists, bounded: what a request may ask of the database does not grow with what it sends."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import filters
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from hardening.truncation import shortened

MAX_LENGTH = 200
MAX_TERMS = 8

_SPACE = r"\s\x1c-\x1f\x85"  # white space to Python; a schema is read by other engines too
_SHAPE = rf"^[^\x00{_SPACE},]*([{_SPACE},]+[^\x00{_SPACE},]*){{0,{MAX_TERMS - 1}}}$"


class SearchFilter(filters.SearchFilter):
    """DRF's search, on lists whose view names `search_fields` only, with a bounded text and number of terms."""

    def get_search_terms(self, request: Request) -> list[str]:
        """Return the terms that *request* searches for; raise `ValidationError` for a text or too many of them."""
        if len(request.query_params.get(self.search_param, "")) > MAX_LENGTH:
            raise self._refused(_("Search for at most {limit} characters.").format(limit=MAX_LENGTH), "max_length")
        terms: list[str] = super().get_search_terms(request)
        if len(terms) > MAX_TERMS:
            raise self._refused(_("Search for at most {limit} terms.").format(limit=MAX_TERMS), "max_terms")
        return terms

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the parameter with its bound; none where *view* has nothing to search."""
        if not getattr(view, "search_fields", None):
            return []
        (parameter,) = super().get_schema_operation_parameters(view)
        return [{**parameter, "schema": {"type": "string", "maxLength": MAX_LENGTH, "pattern": _SHAPE}}]

    def _refused(self, message: str, code: str) -> ValidationError:
        return ValidationError({self.search_param: [ErrorDetail(message, code)]})


class OrderingFilter(filters.OrderingFilter):
    """DRF's order by one of the view's `ordering_fields`, or by none of them: a list without them has no parameter."""

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> Sequence[str] | None:
        """Return the order that *request* asks for; raise `ValidationError` for one that the view does not offer."""
        sent = request.query_params.get(self.ordering_param)
        if sent is None:
            return self.get_default_ordering(view)
        if sent not in _orders(view):
            detail = ErrorDetail(_('"{input}" is not a valid choice.').format(input=shortened(sent)), "invalid_choice")
            raise ValidationError({self.ordering_param: [detail]})
        return [sent, "-pk"]  # which tells apart what is equal

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the parameter with its choices; none where *view* offers none."""
        if not _orders(view):
            return []
        (parameter,) = super().get_schema_operation_parameters(view)
        return [{**parameter, "schema": {"type": "string", "enum": _orders(view)}}]


def _orders(view: Any) -> list[str]:
    offered = getattr(view, "ordering_fields", None) or ()
    names = () if isinstance(offered, str) else offered  # DRF's "__all__" would offer columns that nobody listed
    return [f"{sign}{name}" for name in names for sign in ("", "-")]
