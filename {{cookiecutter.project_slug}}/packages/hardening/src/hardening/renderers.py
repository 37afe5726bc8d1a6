"""The JSON that we answer with."""

import json
from collections.abc import Mapping
from typing import Any

from rest_framework import renderers


class _ASCIIRenderer(renderers.JSONRenderer):
    ensure_ascii = True


class JSONRenderer(renderers.JSONRenderer):
    """DRF's; a text that UTF-8 cannot hold is escaped, and does not fail the whole answer.

    Errors may repeat one, and a row that something else than this API wrote may have one.
    """

    def render(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        """Return *data* as bytes."""
        try:
            return super().render(data, *args, **kwargs)
        except UnicodeEncodeError:
            return _ASCIIRenderer().render(data, *args, **kwargs)


def rename_keys(detail: Any, renderer: Any) -> Any:
    """Return *detail*, the errors of a request, under the keys in which *renderer* shows them: in camelCase, say.

    A renderer that changes more than keys, such as one that wraps errors, leaves them as they are.
    """
    if not isinstance(renderer, renderers.JSONRenderer) or type(renderer).render in _RENAME_NOTHING:
        return detail
    try:
        shown = json.loads(renderer.render(detail, renderer.media_type, {}))
        return _renamed(detail, shown)
    except (ValueError, TypeError, AttributeError, LookupError):  # no JSON, or not of this shape
        return detail


_RENAME_NOTHING = (renderers.JSONRenderer.render, JSONRenderer.render)


def _renamed(detail: Any, shown: Any) -> Any:
    if isinstance(detail, Mapping):
        pairs = zip(detail.values(), shown.items(), strict=True)
        return {key: _renamed(value, shown_value) for value, (key, shown_value) in pairs}
    if isinstance(detail, list):
        return [_renamed(item, shown_item) for item, shown_item in zip(detail, shown, strict=True)]
    if str(detail) != str(shown):
        raise ValueError(shown)
    return detail
