"""Content negotiation in which asking for problem details is never an error by itself."""

from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from hardening.errors.problem_details import JSON, MAX_ACCEPT, PROBLEM_JSON


class ContentNegotiation(DefaultContentNegotiation):
    """DRF's negotiation, to which `application/problem+json` means JSON wherever there is no problem to tell."""

    def get_accept_list(self, request: Request) -> list[str]:
        """Return the media types that *request* accepts; raise `NotAcceptable` for more than anybody reads."""
        if len(request.META.get("HTTP_ACCEPT", "")) > MAX_ACCEPT:
            raise NotAcceptable
        return [token.replace(PROBLEM_JSON, JSON) for token in super().get_accept_list(request)]

    def select_renderer(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Return the renderer; raise `NotAcceptable` also for an `Accept` that cannot be read (RFC 2231)."""
        try:
            return super().select_renderer(request, *args, **kwargs)
        except (ValueError, LookupError) as error:
            raise NotAcceptable from error

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the parser of the body; none for a range of media types, which only `Accept` may name."""
        return None if "*" in (request.content_type or "") else super().select_parser(request, parsers)
