"""The JSON renderer, and field names of errors as other renderers write them."""

import json
from collections.abc import Mapping
from typing import Any

from rest_framework import renderers


class _ASCIIRenderer(renderers.JSONRenderer):
    ensure_ascii = True


class JSONRenderer(renderers.JSONRenderer):
    """DRF's JSON renderer, which escapes text that UTF-8 cannot encode (lone surrogates) instead of failing.

    An error message may repeat such text from the request, and a row that was not written by this API may contain it.
    """

    def render(self, data: Any, *args: Any, **kwargs: Any) -> Any:
        """Return *data* as JSON in bytes."""
        try:
            return super().render(data, *args, **kwargs)
        except UnicodeEncodeError:
            return _ASCIIRenderer().render(data, *args, **kwargs)


def rename_keys(detail: Any, renderer: Any) -> Any:
    """Return the errors *detail* under the field names that *renderer* writes, such as camelCase ones.

    If the renderer changes more than the names, by wrapping errors for example, return *detail* unchanged.
    """
    if not isinstance(renderer, renderers.JSONRenderer) or type(renderer).render in _KEEPING_NAMES:
        return detail
    try:
        output = json.loads(renderer.render(detail, renderer.media_type, {}))
        return _copy_keys(detail, output)
    except (ValueError, TypeError, AttributeError, LookupError):  # the output is not JSON, or has another structure
        return detail


_KEEPING_NAMES = (renderers.JSONRenderer.render, JSONRenderer.render)


def _copy_keys(detail: Any, output: Any) -> Any:
    """Return *detail* with the keys of *output*; raise `ValueError` if they differ in more than keys."""
    if isinstance(detail, Mapping):
        pairs = zip(detail.values(), output.items(), strict=True)
        return {key: _copy_keys(value, rendered) for value, (key, rendered) in pairs}
    if isinstance(detail, list):
        return [_copy_keys(item, rendered) for item, rendered in zip(detail, output, strict=True)]
    if str(detail) != str(output):
        raise ValueError(output)
    return detail
