"""Keyset pagination: the last page is as fast as the first, and pages stay stable while rows change."""

import re
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db.models import F
from django.db.models.constants import LOOKUP_SEP
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

_POSITION = "_position_of_page"
_DIGITS = re.compile(r"[0-9]{1,6}")


class KeysetPagination(CursorPagination):
    """DRF's cursor pagination by primary key, newest first.

    Cursors are signed, so that a forged one is rejected before any query runs.
    """

    ordering = "-pk"
    page_size = 25
    max_page_size = 100
    page_size_query_param = "page_size"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """Return the rows of the requested page."""
        self.label = queryset.model._meta.label
        name = self.get_ordering(request, queryset, view)[0].lstrip("-")
        if LOOKUP_SEP in name and queryset._fields is None:  # rows of `.values()` have it under its own name
            queryset = queryset.annotate(**{_POSITION: F(name)})
        return super().paginate_queryset(queryset, request, view)

    def _get_position_from_instance(self, instance: Any, ordering: Any) -> str:
        """Return the value that *instance* is ordered by; that of a related object is an annotation of the query."""
        if LOOKUP_SEP in ordering[0] and not isinstance(instance, dict):
            return str(getattr(instance, _POSITION))
        return str(super()._get_position_from_instance(instance, ordering))

    @property
    def signer(self) -> Signer:
        """The signer for this list and ordering, because a cursor of another ordering would be a wrong position."""
        return Signer(salt=f"cursor of {self.label} by {','.join(self.ordering)}")

    def get_page_size(self, request: Request) -> int:
        """Return the page size; raise `ValidationError` if it is not a number from 1 to `max_page_size`."""
        sent = request.query_params.get(self.page_size_query_param)
        if sent is None:
            return self.page_size
        if not _DIGITS.fullmatch(sent) or not 1 <= int(sent) <= self.max_page_size:
            message = _("Enter a number from 1 to {maximum}.").format(maximum=self.max_page_size)
            raise ValidationError({self.page_size_query_param: [ErrorDetail(message, "invalid_page_size")]})
        return int(sent)

    def encode_cursor(self, cursor: Cursor) -> str:
        """Return the URL of the page that begins at *cursor*."""
        return replace_query_param(str(self.base_url), self.cursor_query_param, self.signer.sign_object(list(cursor)))

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Return the cursor of *request*; raise `ValidationError` if its signature is not one of this list."""
        encoded = request.query_params.get(self.cursor_query_param)
        if encoded is None:
            return None
        try:
            return Cursor(*self.signer.unsign_object(encoded))
        except BadSignature as error:
            detail = ErrorDetail(_("Invalid cursor."), "invalid_cursor")
            raise ValidationError({self.cursor_query_param: [detail]}) from error

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the query parameters with their limits."""
        cursor, page_size = super().get_schema_operation_parameters(view)
        bounds = {"minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        return [cursor, {**page_size, "schema": {"type": "integer", **bounds}}]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the schema of a page, whose three properties are all required."""
        link = {"type": ["string", "null"], "format": "uri"}
        properties = {"next": link, "previous": link, "results": schema}
        return {"type": "object", "properties": properties, "required": list(properties)}
