"""A token with its user, found by a statement that is compiled once.

Every request with a token asks for it, and the ORM would work the same SQL out again each time: that is most of
what signing in costs.
"""

import functools
from dataclasses import dataclass
from typing import Any

from django.db import connections, router
from knox.models import get_token_model


@dataclass(frozen=True)
class _LookUp:
    """The statement, and how a row of it becomes a token: its columns, the token's first, and their conversions."""

    sql: str
    names: list[str]
    compiler: Any
    converters: Any


def find_token(digest: str) -> Any:
    """Return the token that is stored as *digest*, its user fetched along; None where there is none."""
    model = get_token_model()
    using = router.db_for_read(model)
    look_up = _look_up(model, using)
    with connections[using].cursor() as cursor:
        cursor.execute(look_up.sql, [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    values = next(look_up.compiler.apply_converters([row], look_up.converters)) if look_up.converters else row
    own = len(model._meta.concrete_fields)
    token = model.from_db(using, look_up.names[:own], values[:own])
    user = model._meta.get_field("user").related_model
    token.user = user.from_db(using, look_up.names[own:], values[own:])
    return token


@functools.cache
def _look_up(model: Any, using: str) -> _LookUp:
    compiler = model.objects.select_related("user").filter(digest="").query.get_compiler(using)
    sql, _parameters = compiler.as_sql()
    columns = [column for column, _sql, _alias in compiler.select]
    return _LookUp(sql, [column.target.attname for column in columns], compiler, compiler.get_converters(columns))
