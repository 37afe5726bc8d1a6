"""The base of all views: what is refused before a handler runs."""

from collections.abc import Collection
from typing import Any
from urllib.parse import unquote_to_bytes

from django.utils.translation import gettext as _
from rest_framework import views
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from hardening.exceptions import BadRequest


class APIView(views.APIView):
    """DRF's view; it refuses query parameters, and its serializers keys, that it does not know."""

    strict_input = True

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
