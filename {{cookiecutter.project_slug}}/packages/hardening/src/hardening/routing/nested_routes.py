"""Check the parents in the URLs of drf-nested-routers, whose `NestedViewSetMixin` writes them into the request body.

drf-nested-routers is not imported: a viewset with the mixin is recognized by its `_get_parent_lookup_kwargs()`.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.serializers import Serializer
from rest_framework.settings import api_settings


def names_of_parents(view: Any) -> frozenset[str]:
    """Return the names of the fields that the mixin will set in the request body from the URL.

    Raises `ValidationError` if the body is not made of JSON objects, or has another parent than the URL, which the
    mixin would silently replace.
    """
    get_lookups = getattr(view, "_get_parent_lookup_kwargs", None)
    if get_lookups is None:
        return frozenset()
    keys = {path.partition("__")[0]: view.kwargs[name] for name, path in get_lookups().items()}
    data = view.request.data
    for row in data if isinstance(data, list) else [data]:
        if not isinstance(row, Mapping):
            message = Serializer.default_error_messages["invalid"].format(datatype=type(row).__name__)
            raise ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [ErrorDetail(message, "invalid")]})
        if wrong := [name for name, key in keys.items() if name in row and str(row[name]) != str(key)]:
            detail = ErrorDetail(_("This field cannot be changed."), "immutable")
            raise ValidationError({name: [detail] for name in wrong})
    return frozenset(keys)
