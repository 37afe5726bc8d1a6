"""A serializer field for PostgreSQL's range columns, which DRF represents as a string of JSON."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from hardening.json_types import is_strict, type_errors
from hardening.truncation import shortened

MAX_NAMED = 20  # unknown field names that an error lists
_KEYS = ("lower", "upper", "bounds", "empty")
_BOUNDS = ("[)", "(]", "[]", "()")
_STEPS: tuple[tuple[type, Any], ...] = (
    (serializers.IntegerField, 1),
    (serializers.DateField, timedelta(days=1)),
)


class RangeField(serializers.DictField):
    """Represent a range as `{"lower": 1, "upper": 5, "bounds": "[)"}`, or an empty one as `{"empty": true}`.

    A bound of null means unbounded. *range_type* is the class of the values, and *child* the field of the bounds.
    Ranges are returned in the form that PostgreSQL stores, so that the responses to a create and a retrieve are the
    same: the integer range `[1, 5]` becomes `[1, 6)`.
    """

    strict_input = False  # the JSON types are checked here, because `bounds` and `empty` are not of the child's type
    default_error_messages = {
        "unknown_field": _("This field does not exist."),
        "reversed": _("The lower bound must not be greater than the upper bound."),
        "bounds": _('Enter "[)", "(]", "[]" or "()".'),
        "empty_flag": serializers.BooleanField.default_error_messages["invalid"],
        "overflow": _("A value is too large."),
    }

    def __init__(self, *, range_type: Any, **kwargs: Any) -> None:
        self.range_type = range_type
        super().__init__(**kwargs)
        self.step = next((step for kind, step in _STEPS if isinstance(self.child, kind)), None)

    def run_child_validation(self, data: Any) -> Any:
        """Return the range for *data*, a JSON object; raise `ValidationError` with the names of the invalid members."""
        errors: dict[str, Any] = {}
        values: dict[str, Any] = {}
        for key in [key for key in data if key not in _KEYS][:MAX_NAMED]:
            errors[shortened(key)] = self._error("unknown_field", "unknown_field")
        for key in ("lower", "upper"):
            try:
                values[key] = self._bound(data.get(key))
            except serializers.ValidationError as error:
                errors[key] = error.detail
        bounds, empty = data.get("bounds", "[)"), data.get("empty", False)
        if bounds not in _BOUNDS:
            errors["bounds"] = self._error("bounds", "invalid")
        if not isinstance(empty, bool):
            errors["empty"] = self._error("empty_flag", "invalid")
        if errors:
            raise serializers.ValidationError(errors)
        return self.range_type(empty=True) if empty else self._canonical(**values, bounds=bounds)

    def to_representation(self, value: Any) -> dict[str, Any]:
        """Return *value* in the format of the input."""
        if value.isempty:
            return {"empty": True}
        shown = {
            key: None if bound is None else self.child.to_representation(bound)
            for key, bound in (("lower", value.lower), ("upper", value.upper))
        }
        return {**shown, "bounds": ("[" if value.lower_inc else "(") + ("]" if value.upper_inc else ")")}

    def _bound(self, value: Any) -> Any:
        if value is None:
            return None
        if is_strict(self) and (errors := type_errors(self.child, value)):
            raise serializers.ValidationError(errors)
        return self.child.run_validation(value)

    def _canonical(self, lower: Any, upper: Any, bounds: str) -> Any:
        """Return the range in PostgreSQL's canonical form: `[)` if it is discrete, and empty if it has no values."""
        if lower is not None and upper is not None and lower > upper:
            raise serializers.ValidationError(self._error("reversed", "invalid"))
        from_lower, to_upper = bounds[0] == "[" and lower is not None, bounds[1] == "]" and upper is not None
        try:
            if self.step is not None and lower is not None and not from_lower:
                lower, from_lower = lower + self.step, True
            if self.step is not None and to_upper:
                upper, to_upper = upper + self.step, False
        except OverflowError:  # 10000-01-01, which PostgreSQL can store but Python cannot represent
            raise serializers.ValidationError(self._error("overflow", "overflow")) from None
        if lower is not None and upper is not None and (lower > upper or (lower == upper and not to_upper)):
            return self.range_type(empty=True)
        if lower is not None and lower == upper and not from_lower:
            return self.range_type(empty=True)
        return self.range_type(lower, upper, ("[" if from_lower else "(") + ("]" if to_upper else ")"))

    def _error(self, message: str, code: str) -> list[Any]:
        return [ErrorDetail(str(self.error_messages[message]), code)]


class RangeExtension(OpenApiSerializerFieldExtension):
    """Describe a range in the OpenAPI document."""

    target_class = RangeField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the schema of the JSON object that represents a range."""
        bound = auto_schema._map_serializer_field(self.target.child, direction)
        auto_schema._insert_field_validators(self.target.child, bound)
        optional = {"anyOf": [bound, {"type": "null"}]}
        return {
            "type": "object",
            "properties": {
                "lower": optional,
                "upper": optional,
                "bounds": {"type": "string", "enum": list(_BOUNDS)},
                "empty": {"type": "boolean"},
            },
            "additionalProperties": False,
        }
