"""Announce that a route or a field will be removed, in response headers and in the OpenAPI document.

A viewset, a view or an `@action` has the attribute `deprecated = Deprecated(since=date(2027, 1, 1))`, and a serializer
names its deprecated fields in `Meta.deprecated = {"text": Deprecated(since=date(2027, 1, 1))}`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.utils.http import http_date


@dataclass(frozen=True)
class Deprecated:
    """When something is deprecated, when it is removed, and where clients read what to use instead."""

    since: date
    sunset: date | None = None
    link: str = ""

    def __post_init__(self) -> None:
        if self.sunset is not None and _to_timestamp(self.sunset) < _to_timestamp(self.since):
            raise ValueError("sunset must not be earlier than since (RFC 9745, 4).")


def list_deprecated_fields(serializer: Any) -> dict[str, Deprecated]:
    """Return the deprecated fields of *serializer*, or of the serializer of its items."""
    serializer = getattr(serializer, "child", serializer)
    return dict(getattr(getattr(serializer, "Meta", None), "deprecated", {}))


def build_headers(view: Any) -> Iterator[tuple[str, str]]:
    """Yield `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and `Link` for the view and the fields of its serializer.

    If several are deprecated, the headers have the earliest dates.
    """
    found = list(_list_deprecated(view))
    if not found:
        return
    yield "Deprecation", f"@{min(_to_timestamp(each.since) for each in found)}"
    if sunsets := [_to_timestamp(each.sunset) for each in found if each.sunset is not None]:
        yield "Sunset", http_date(min(sunsets))
    if links := dict.fromkeys(each.link for each in found if each.link):
        yield "Link", ", ".join(f'<{link}>; rel="deprecation"' for link in links)


def _list_deprecated(view: Any) -> Iterator[Deprecated]:
    if view.deprecated is not None:
        yield view.deprecated
    yield from list_deprecated_fields(getattr(view, "serializer_class", None)).values()


def _to_timestamp(moment: date) -> int:
    """Return *moment* in seconds since 1970; a date stands for its beginning in UTC."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), UTC)
    return int(moment.timestamp())
