"""The JSON that we answer with."""

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
