"""Content negotiation that accepts `application/problem+json` for every view."""

from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from hardening.errors.problem_details import JSON, MAX_ACCEPT, PROBLEM_JSON


class ContentNegotiation(DefaultContentNegotiation):
    """DRF's content negotiation, which treats `application/problem+json` as JSON for successful responses."""

    def get_accept_list(self, request: Request) -> list[str]:
        """Return the media types in `Accept`; raise `NotAcceptable` if the header is longer than `MAX_ACCEPT`."""
        if len(request.META.get("HTTP_ACCEPT", "")) > MAX_ACCEPT:
            raise NotAcceptable
        return [token.replace(PROBLEM_JSON, JSON) for token in super().get_accept_list(request)]

    def select_renderer(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Return the renderer and media type; raise `NotAcceptable` also if `Accept` is malformed (RFC 2231)."""
        try:
            return super().select_renderer(request, *args, **kwargs)
        except (ValueError, LookupError) as error:
            raise NotAcceptable from error

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the parser for `Content-Type`; None for a media range (`*/*`), which is only valid in `Accept`."""
        return None if "*" in (request.content_type or "") else super().select_parser(request, parsers)
