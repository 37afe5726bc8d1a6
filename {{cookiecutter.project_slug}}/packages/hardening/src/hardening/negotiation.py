"""Content negotiation that accepts `application/problem+json` for every view."""

from typing import Any

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from hardening.errors.problem_details import JSON, MAX_ACCEPT, PROBLEM_JSON

MAX_CHOICES = 100  # that a process remembers

_choices: dict[tuple[Any, ...], tuple[int, str]] = {}


class ContentNegotiation(DefaultContentNegotiation):
    """DRF's content negotiation, which treats `application/problem+json` as JSON for successful responses."""

    def get_accept_list(self, request: Request) -> list[str]:
        """Return the media types in `Accept`; raise `NotAcceptable` if the header is longer than `MAX_ACCEPT`."""
        if len(request.META.get("HTTP_ACCEPT", "")) > MAX_ACCEPT:
            raise NotAcceptable
        return [token.replace(PROBLEM_JSON, JSON) for token in super().get_accept_list(request)]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return the renderer and media type; raise `NotAcceptable` also if `Accept` is malformed (RFC 2231).

        The choice depends on `Accept` and on the media types of the renderers alone, unless the URL names a format.
        It is therefore remembered, because most clients send the same header with every request.
        """
        names_format = format_suffix or request.query_params.get(self.settings.URL_FORMAT_OVERRIDE)
        if names_format or type(self) is not ContentNegotiation:  # a subclass may choose by something else
            return self._select_renderer(request, renderers, format_suffix)
        asked = (request.META.get("HTTP_ACCEPT"), *(renderer.media_type for renderer in renderers))
        if known := _choices.get(asked):
            return renderers[known[0]], known[1]
        renderer, media_type = self._select_renderer(request, renderers, format_suffix)
        if len(_choices) >= MAX_CHOICES:
            _choices.clear()
        _choices[asked] = renderers.index(renderer), media_type
        return renderer, media_type

    def _select_renderer(self, request: Request, renderers: Any, format_suffix: str | None) -> Any:
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except (ValueError, LookupError) as error:
            raise NotAcceptable from error

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Return the parser for `Content-Type`; None for a media range (`*/*`), which is only valid in `Accept`."""
        return None if "*" in (request.content_type or "") else super().select_parser(request, parsers)
