"""The rows that the requesting user may see."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from rest_framework.exceptions import NotAuthenticated

# Raised where `visible_to()` compares an anonymous user with a column, or reads an attribute that only users have.
_NEEDS_A_USER = (AttributeError, ObjectDoesNotExist, TypeError, ValidationError, ValueError)


def select_visible(queryset: Any, user: Any) -> Any:
    """Return the rows of *queryset* that are visible to *user*.

    Raise `NotAuthenticated`, a 401, if *user* is anonymous and `visible_to()` works with users of the database only.
    """
    if getattr(user, "is_authenticated", False):
        return queryset.visible_to(user)
    try:
        return queryset.visible_to(user)
    except _NEEDS_A_USER as error:
        raise NotAuthenticated from error
