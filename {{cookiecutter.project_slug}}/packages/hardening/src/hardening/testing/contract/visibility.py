"""Describe in words which rows `visible_to(user)` of a model returns, as in `owner = user`."""

from typing import Any

from django.db.models import Model
from django.db.models.lookups import Lookup
from django.db.models.sql import Query
from django.db.models.sql.where import NothingNode, WhereNode

from hardening.checks.stand_ins import make_user

_SIGNS = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "isnull": "is null:"}


def describe_visibility(model: type[Model]) -> str:
    """Return the condition of `visible_to(user)`; with that of a superuser if it is another one."""
    if not hasattr(model._default_manager.all(), "visible_to"):
        return ""
    conditions = {kind: _describe_for(model, make_user(kind)) for kind in ("user", "staff")}
    if conditions["user"] == conditions["staff"]:
        return conditions["user"]
    return f"{conditions['user']}; for superusers: {conditions['staff']}"


def _describe_for(model: type[Model], user: Any) -> str:
    rows: Any = model._default_manager.all()
    try:
        return _describe_query(rows.visible_to(user).query, user)
    except Exception:  # noqa: BLE001  # the project's code, which may query the database
        return "decided by a query"


def _describe_query(query: Query, user: Any) -> str:
    if query.is_empty():
        return "no rows"
    return _describe(query.where, query, user) if query.where else "all rows"


def _describe(node: Any, query: Query, user: Any) -> str:
    if isinstance(node, WhereNode):
        parts = [_describe(child, query, user) for child in node.children]
        text = f" {node.connector.lower()} ".join(f"({part})" if " or " in part else part for part in parts)
        return f"not ({text})" if node.negated else text
    if isinstance(node, NothingNode):
        return "no rows"
    if isinstance(node, Lookup):
        sign = _SIGNS.get(str(node.lookup_name), str(node.lookup_name))
        return f"{_describe_value(node.lhs, query, user)} {sign} {_describe_value(node.rhs, query, user)}"
    return _describe_value(node, query, user)


def _describe_value(value: Any, query: Query, user: Any) -> str:
    if value is user or (type(value) is type(user.pk) and value == user.pk):
        return "user"
    if (field := getattr(value, "target", None)) is not None:
        return field.name if field.model is query.model else f"{field.model.__name__}.{field.name}"
    inner = getattr(value, "query", value)
    if isinstance(inner, Query):
        assert inner.model is not None
        return f"{inner.model.__name__}({_describe_query(inner, user)})"
    return repr(value)
