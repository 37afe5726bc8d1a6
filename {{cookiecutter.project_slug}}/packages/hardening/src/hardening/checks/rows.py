"""Find out whether a view's own `get_queryset()` applies the conditions of `visible_to()`."""

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
    """Whether a request can read rows hidden by `visible_to()`; *problem* says what could not be determined."""

    is_unrestricted: bool
    problem: str | None


def has_visibility(queryset: Any) -> bool:
    """Return whether *queryset* defines `visible_to()`."""
    return getattr(type(queryset.all()), "visible_to", QuerySet.visible_to) is not QuerySet.visible_to


def examine_rows(view: Any) -> Rows:
    """Compare the querysets that *view* returns for two users with those of `visible_to()`.

    A view is restricted if its querysets differ between the users, or have all conditions of `visible_to()`.
    """
    problem = None
    for method in served_methods(view):
        try:
            chosen = [_choose(view, method, kind) for kind in ("user", "other")]
        except RESPONSES:
            continue  # rejected for a user without permissions
        except Exception as error:  # noqa: BLE001  # raised by the project's code
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
    if not all(isinstance(rows, DjangoQuerySet) for rows in chosen) or _differ(*chosen) or not _sql(chosen[0]):
        return True
    fresh = select_all(chosen[0])
    visible, error = collect(lambda: [fresh.visible_to(make_user(kind)) for kind in ("user", "other")])
    if error:
        return True  # reported by `hardening.W045`
    conditions = list(find_conditions(chosen[0].query.where))
    needed = list(find_conditions(visible[0].query.where))
    return all(condition in conditions for condition in needed) and not (_differ(*visible) and not needed)


def select_all(queryset: Any) -> Any:
    """Return all rows of the model of *queryset*, in a queryset of the same class."""
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
