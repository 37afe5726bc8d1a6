"""Many objects in one body."""

import functools
from collections.abc import Mapping
from typing import Any

from django.db.models import Manager, Model
from rest_framework import serializers
from rest_framework.fields import empty
from rest_framework.utils import html

from hardening.integrity.requests import note_serializer
from hardening.integrity.transactions import joined
from hardening.integrity.writes import database_of, writes_as_given, written
from hardening.json_types import is_in_strict_view
from hardening.relations.batch_loading import fetch_for_rows, in_order
from hardening.serializers.forms import check_form_of_rows
from hardening.serializers.options import defaults, is_valid
from hardening.serializers.sizes import check_size

MAX_ROWS = 100  # objects in one body


class ListSerializer(serializers.ListSerializer[Any]):
    """Many objects, all written or none; their related objects are looked up with one query a field."""

    max_length: int | None
    position: int | None = None  # of the object that is being created

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": MAX_ROWS, **kwargs})

    def run_validation(self, data: Any = empty) -> Any:
        """Validate as DRF does, after the size of the whole body."""
        check_size(self, data)
        if html.is_html_input(data) and is_in_strict_view(self):
            check_form_of_rows(data)
        return super().run_validation(data)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """Return DRF's answer; the first step of validation is also the one that sees all rows."""
        if isinstance(data, list) and (self.max_length is None or len(data) <= self.max_length):
            fetch_for_rows(getattr(self.child, "_writable_fields", ()), data)
        return super().validate_empty_values(data)

    def to_representation(self, data: Any) -> list[Any]:
        """Return DRF's list; related objects come by primary key where their model has no order."""
        return super().to_representation(in_order(data.all()) if isinstance(data, Manager) else data)

    def run_child_validation(self, data: Any) -> Any:
        """Validate one row; where the list changes objects, as a change of the one whose primary key it has.

        DRF's documentation sets `self.child.instance` in the same way ("Customizing multiple update"). So the child
        rejects a changed immutable field of a row as it does for a single object.
        """
        if self.instance is None or not isinstance(data, Mapping):
            return super().run_child_validation(data)
        child: Any = self.child
        whole, child.instance = child.instance, self._stored.get(self._key(data) or "")
        try:
            return super().run_child_validation(data)
        finally:
            child.instance = whole

    @functools.cached_property
    def _stored(self) -> dict[str, Model]:
        instances: Any = self.instance.all() if isinstance(self.instance, Manager) else self.instance
        return {str(each.pk): each for each in instances if isinstance(each, Model)}

    def _key(self, data: Mapping[str, Any]) -> str | None:
        fields = getattr(self.child, "fields", {}).items()
        model: Any = getattr(getattr(self.child, "Meta", None), "model", None)
        names = {"pk", model._meta.pk.name, model._meta.pk.attname} if model is not None else set()
        return next((str(data[key]) for key, field in fields if field.source in names and key in data), None)

    def is_valid(self, *, raise_exception: bool = False) -> bool:
        """Validate as DRF does, and have violations of the same request told in the field names of this serializer."""
        note_serializer(self)
        return bool(super().is_valid(raise_exception=raise_exception))

    @writes_as_given
    def create(self, validated_data: Any) -> Any:
        """Create every object as DRF does, and remember which of them is being written."""
        child: Any = self.child
        created = []
        for self.position, attrs in enumerate(validated_data):
            created.append(child.create(attrs))
        self.position = None
        return created

    def save(self, **kwargs: Any) -> Any:
        model = getattr(getattr(self.child, "Meta", None), "model", None)
        if model is None:
            with joined(database_of(self)):
                return super().save(**kwargs)
        if not is_valid(self):
            return super().save(**kwargs)
        creates = self.instance is None
        self._validated_data = [
            {**attrs, **(defaults(self.child) if creates else {}), **kwargs} for attrs in self.validated_data
        ]
        with written(self, model, self._validated_data):
            return super().save(**kwargs)
