"""Related fields that name an object by another column, or by its URL."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import relations as drf
from rest_framework.exceptions import ValidationError

from hardening.relations.related_fields import ScopedRelatedField, finds_by_key, is_storable

MAX_URL = 2048  # characters of a hyperlink; Django's `URLField` has the same limit


class SlugRelatedField(ScopedRelatedField, drf.SlugRelatedField[Any]):
    """DRF's `SlugRelatedField` with a scope: `SlugRelatedField("code", queryset=visible_to_caller)`."""

    def lookup(self) -> str:
        return str(self.slug_field)

    def missing(self, data: Any) -> Any:
        self.fail("does_not_exist", slug_name=self.slug_field, value=str(data))

    @finds_by_key
    def to_internal_value(self, data: Any) -> Any:
        if self.batch is not None:
            return self.from_batch(data)
        self.key(data)
        return super().to_internal_value(data)


class HyperlinkedRelatedField(ScopedRelatedField, drf.HyperlinkedRelatedField[Any]):
    """DRF's `HyperlinkedRelatedField` with a scope, such as `queryset=visible_to_caller`."""

    wrong_type = "does_not_exist"
    _only_key = False

    def lookup(self) -> str:
        return str(self.lookup_field)

    def key(self, data: Any) -> Any:
        self.check_url(data)
        self._only_key = True
        try:
            return super(ScopedRelatedField, self).to_internal_value(data)  # DRF's method, which calls get_object()
        finally:
            self._only_key = False

    def missing(self, data: Any) -> Any:
        self.fail("does_not_exist")

    @finds_by_key
    def get_object(self, view_name: str, view_args: Any, view_kwargs: dict[str, Any]) -> Any:
        """Return the object of a URL, or only its primary key if called by `key()`."""
        try:
            key = ScopedRelatedField.key(self, view_kwargs[self.lookup_url_kwarg])
        except (ValidationError, DjangoValidationError) as error:
            raise drf.ObjectValueError(str(error)) from error
        return key if self._only_key else super().get_object(view_name, view_args, view_kwargs)

    @finds_by_key
    def to_internal_value(self, data: Any) -> Any:
        self.check_url(data)
        return super().to_internal_value(data) if self.batch is None else self.from_batch(data)

    def check_url(self, data: Any) -> None:
        """Raise `ValidationError` for a text on which DRF would raise another exception."""
        if isinstance(data, str) and not is_url(data):
            self.fail("no_match")


def is_url(text: str) -> bool:
    """Return True if `urlsplit()` can parse *text*; the length is checked first, as parsing normalizes the host."""
    if len(text) > MAX_URL:
        return False
    try:
        urlsplit(text)
    except ValueError:  # for example an IPv6 address without its closing bracket
        return False
    return is_storable(text)
