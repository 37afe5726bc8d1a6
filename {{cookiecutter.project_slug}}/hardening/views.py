"""The base of all views: what is refused before a handler runs."""

from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import views
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from hardening.exceptions import BadRequest
from hardening.throttling import rate_limit_headers


class APIView(views.APIView):
    """DRF's view; it refuses query parameters, and its serializers keys, that it does not know."""

    strict_input = True
    error_statuses: Collection[int] = ()
    throttles: Sequence[Any] = ()

    def get_error_statuses(self, method: str) -> set[int]:
        """Return the statuses that *method* refuses with beside the usual ones, for the schema."""
        return set(self.error_statuses)

    def get_header_parameters(self, method: str) -> list[OpenApiParameter]:
        """Return the request headers that *method* reads, for the schema."""
        return []

    def get_throttles(self) -> list[Any]:
        """Return DRF's throttles, and keep them to tell the client what they counted."""
        self.throttles = super().get_throttles()
        return self.throttles

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Finish *response* as DRF does, and tell how much of each rate is left."""
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in rate_limit_headers(self.throttles):
            response[name] = value
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let DRF authenticate, authorize and throttle, then look at the query string."""
        super().initial(request, *args, **kwargs)
        if request.META.get("QUERY_STRING"):
            self.check_query_string(request)

    def get_query_parameters(self) -> Collection[str]:
        """Return the names of the query parameters that this request may have."""
        return ()

    def check_query_string(self, request: Request) -> None:
        """Raise `BadRequest` for one that is no text, `ValidationError` for parameters that are not known."""
        try:
            text = unquote_to_bytes(request.META["QUERY_STRING"]).decode("utf-8")
        except UnicodeError as error:
            raise BadRequest(_("The query string is not UTF-8.")) from error
        if "\0" in text:
            raise BadRequest(_("The query string has a NUL character."))
        if unknown := request.query_params.keys() - set(self.get_query_parameters()):
            detail = ErrorDetail(_("This parameter does not exist."), "unknown_parameter")
            raise ValidationError({name: [detail] for name in sorted(unknown)})
