"""Many objects in one body."""

from typing import Any

from rest_framework import serializers

from hardening.integrity.writes import written
from hardening.lookups import fetch_for_rows
from hardening.serializers.options import defaults, is_valid

MAX_ROWS = 100  # objects in one body


class ListSerializer(serializers.ListSerializer[Any]):
    """Many objects, all written or none; their related objects are looked up with one query a field."""

    max_length: int | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": MAX_ROWS, **kwargs})

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """Return DRF's answer; the first step of validation is also the one that sees all rows."""
        if isinstance(data, list) and (self.max_length is None or len(data) <= self.max_length):
            fetch_for_rows(getattr(self.child, "_writable_fields", ()), data)
        return super().validate_empty_values(data)

    def save(self, **kwargs: Any) -> Any:
        model = getattr(getattr(self.child, "Meta", None), "model", None)
        if model is None or not is_valid(self):
            return super().save(**kwargs)
        creates = self.instance is None
        self._validated_data = [
            {**attrs, **(defaults(self.child) if creates else {}), **kwargs} for attrs in self.validated_data
        ]
        with written(self, model, self._validated_data):
            return super().save(**kwargs)
