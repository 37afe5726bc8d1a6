"""Whether a `get_queryset()` of a view's own leaves out what `visible_to()` hides."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet as DjangoQuerySet
from django.db.models.lookups import Lookup

from hardening.checks.choices import RESPONSES
from hardening.checks.guard import collect, describe_exception
from hardening.checks.references import calls_parent_or
from hardening.checks.stand_ins import make_user, send_stand_in, served_methods
from hardening.models import QuerySet


class Rows(NamedTuple):
    """Whether some request reads rows that `visible_to()` would hide; *problem* names what could not be examined."""

    is_unrestricted: bool
    problem: str | None


def has_visibility(queryset: Any) -> bool:
    """Tell whether *queryset* defines `visible_to()`."""
    return getattr(type(queryset.all()), "visible_to", QuerySet.visible_to) is not QuerySet.visible_to


def examine_rows(view: Any) -> Rows:
    """Compare the rows that *view* chooses for two users with those that `visible_to()` leaves to them.

    A choice is restricted if it differs between the users, or has all of the conditions of `visible_to()`.
    """
    problem = None
    for method in served_methods(view):
        try:
            chosen = [_choose(view, method, kind) for kind in ("user", "other")]
        except RESPONSES:
            continue  # no user without rights gets that far
        except Exception as error:  # noqa: BLE001  # of the project's code
            if not calls_parent_or(type(view), "get_queryset", "visible_to"):
                problem = problem or f"{method.upper()}, {describe_exception(error)}"
            continue
        if not _is_restricted(chosen):
            return Rows(is_unrestricted=True, problem=None)
    return Rows(is_unrestricted=False, problem=problem)


def _choose(view: Any, method: str, kind: str) -> Any:
    prepared = send_stand_in(view, method, kind)
    prepared.check_permissions(prepared.request)
    return prepared.get_queryset()


def _is_restricted(chosen: list[Any]) -> bool:
    if not all(isinstance(each, DjangoQuerySet) for each in chosen) or _differ(*chosen) or not _sql(chosen[0]):
        return True
    fresh = select_all(chosen[0])
    visible, error = collect(lambda: [fresh.visible_to(make_user(kind)) for kind in ("user", "other")])
    if error:
        return True  # `hardening.W045` names it
    conditions = list(find_conditions(chosen[0].query.where))
    needed = list(find_conditions(visible[0].query.where))
    return all(each in conditions for each in needed) and not (_differ(*visible) and not needed)


def select_all(queryset: Any) -> Any:
    """Return all rows of *queryset*'s model in a queryset of its kind."""
    kind, default = type(queryset.all()), queryset.model._default_manager.all()
    return default if isinstance(default, kind) else kind(queryset.model)


def _differ(one: Any, other: Any) -> bool:
    return _sql(one) != _sql(other)


def _sql(queryset: Any) -> str:
    try:
        return str(queryset.query)
    except EmptyResultSet:
        return ""


def find_conditions(node: Any) -> Iterator[Any]:
    """Yield the comparisons in the WHERE clause *node*."""
    for child in getattr(node, "children", ()):
        if isinstance(child, Lookup):
            yield child
        else:
            yield from find_conditions(child)
