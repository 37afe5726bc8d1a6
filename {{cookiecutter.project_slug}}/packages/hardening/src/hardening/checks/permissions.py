"""Find out whether an anonymous user may use a view, and whether the view declares that with `Public`."""

from typing import Any, NamedTuple

from rest_framework.permissions import AND, OR

from hardening.checks.choices import RESPONSES
from hardening.checks.guard import describe_exception
from hardening.checks.stand_ins import send_stand_in
from hardening.permissions import Public


class Access(NamedTuple):
    """Whether an anonymous user passes the permissions of a method, and whether they contain `Public`."""

    is_open: bool
    is_public: bool
    problem: str | None = None


def examine_access(view: Any, method: str, queryset: Any) -> Access:
    """Return the access of an anonymous user to *method*; *queryset* is used for permissions that need one."""
    declared = list(getattr(view, "permission_choices", ()))
    prepared = send_stand_in(view, method, "anonymous")
    if queryset is not None:
        prepared.get_queryset = queryset.all
    try:
        permissions = prepared.get_permissions()
    except RESPONSES:
        return Access(is_open=False, is_public=False)
    except Exception as error:  # noqa: BLE001  # raised by the project's code
        if not declared:
            return Access(is_open=False, is_public=False, problem=describe_exception(error))
        permissions = [permission() for permission in declared]
        prepared.get_permissions = lambda: permissions
        return _examine_choices(prepared, permissions)
    is_public = any(map(says_public, permissions))
    try:
        prepared.check_permissions(prepared.request)
    except RESPONSES:
        return Access(is_open=False, is_public=is_public)
    except Exception as error:  # noqa: BLE001  # raised by the project's code
        return Access(is_open=False, is_public=is_public, problem=None if is_public else describe_exception(error))
    return Access(is_open=True, is_public=is_public)


def _examine_choices(view: Any, permissions: list[Any]) -> Access:
    """Return the access that the least restrictive of *permissions*, of which the view chooses one, gives."""
    is_open, is_public = False, True
    for permission in permissions:
        if not says_public(permission) and permission.has_permission(view.request, view):
            is_open, is_public = True, False
    return Access(is_open or any(map(says_public, permissions)), is_public)


def says_public(permission: Any) -> bool:
    """Return whether *permission* is `Public`, or combines it by `&` or `|`."""
    if isinstance(permission, AND | OR):
        parts = vars(permission)
        return says_public(parts["op1"]) or says_public(parts["op2"])
    return isinstance(permission, Public)
