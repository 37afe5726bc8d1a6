"""Values that the database computes at a write: an instance shows what is stored, not what it held before."""

import django
from django.db.models import Model

# Django 6.0 reads generated columns back after an UPDATE (ticket 27222); before, they kept their old values.
_ARE_KEPT = django.VERSION < (6, 0)


def defer_computed(instance: Model, *, changed: bool) -> None:
    """Defer what *instance*, which was just saved, cannot know: expressions, and generated columns after a change.

    It is read when something shows it, with one query.
    """
    values = instance.__dict__
    for field in instance._meta.concrete_fields:
        is_expression = hasattr(values.get(field.attname), "resolve_expression")
        if is_expression or (changed and field.generated and _ARE_KEPT):
            values.pop(field.attname, None)
