"""What can be the key of an object, decided before any SQL."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import connections, router
from django.db.models import GenericIPAddressField, IntegerField

MAX_URL = 2048  # characters of a hyperlink; Django's `URLField` has the same limit

_INTEGER = re.compile(r"-?[0-9]{1,100}")  # not \d, which takes the digits of every script
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL, and halves of surrogate pairs
_NO_KEYS = (bool, float, Mapping, list, tuple, set, bytes, type(None))


def may_be_key(data: Any, field: Any) -> bool:
    """Tell whether *data*, as the client sent it, can be a value of the model field *field*."""
    if isinstance(field, GenericIPAddressField):
        return isinstance(data, str) and _is_address(data, field)
    if isinstance(data, str):
        return bool(_INTEGER.fullmatch(data)) if isinstance(field, IntegerField) else not _UNSTORABLE.search(data)
    # True is 1 and 1.5 is 1 to a database: neither was meant as a key.
    return not isinstance(data, _NO_KEYS)


def _is_address(text: str, field: Any) -> bool:
    """Tell whether *text* is an IP address: PostgreSQL fails on any other text that is compared with one."""
    try:
        for validate in field.default_validators:
            validate(text)
    except ValidationError:
        return False
    return True


def is_storable(text: str) -> bool:
    """Tell whether every database stores *text*: it has no NUL and no half of a surrogate pair."""
    return not _UNSTORABLE.search(text)


def is_url(text: str) -> bool:
    """Tell whether *text* can be taken apart as a URL; its length is validated first, for Python normalizes a host."""
    if len(text) > MAX_URL:
        return False
    try:
        urlsplit(text)
    except ValueError:  # an address that opens a bracket and does not close it
        return False
    return is_storable(text)


def in_range(key: int, field: Any) -> bool:
    """Tell whether the column of *field* can hold *key*: a larger one is not there, and a driver may fail on it."""
    connection = connections[router.db_for_write(field.model)]
    lowest, highest = connection.ops.integer_field_range(field.get_internal_type())
    return (lowest is None or key >= lowest) and (highest is None or key <= highest)
