"""Keyset pages of the stacks whose functions get the last primary key of the page before."""

from typing import Any

PAGE = 50  # rows


def paginate(queryset: Any, before: int | None) -> Any:
    return (queryset.filter(pk__lt=before) if before else queryset).order_by("-pk")[:PAGE]
