"""Why an object cannot be deleted: the kinds of what refers to it, never their ids."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.models import CASCADE, SET_DEFAULT, SET_NULL, Model
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from hardening.exceptions import InUse
from hardening.integrity import drivers
from hardening.integrity.drivers import Diagnosis, DriverError, Kind

_KINDS = (Kind.FOREIGN_KEY, Kind.CHECK, Kind.NOT_NULL, Kind.UNIQUE)


def explain_deletion(error: DriverError, instance: Model, using: str) -> Exception:
    """Return `InUse` for *error* if it refuses to delete *instance*, or *error* itself."""
    diagnosis = drivers.diagnose(error, connections[using])
    if diagnosis is None or diagnosis.kind not in _KINDS:
        return error
    return in_use(referrers(diagnosis, instance, using))


def referrers(diagnosis: Diagnosis, instance: Model, using: str) -> Iterable[Any]:
    """Yield the models whose rows stand in the way: of the table that the diagnosis names, where it names one."""
    if diagnosis.table:
        yield from (each for each in apps.get_models() if each._meta.db_table == diagnosis.table)
        return
    for relation in instance._meta.related_objects:
        goes_along = relation.on_delete in (CASCADE, SET_NULL, SET_DEFAULT)
        rows = relation.related_model._base_manager.using(using).filter(**{relation.field.name: instance})
        if not goes_along and rows.exists():
            yield relation.related_model


def in_use(holders: Iterable[Any]) -> InUse:
    """Return the error that names the kinds of *holders*, models or objects."""
    names = sorted({str(each._meta.verbose_name_plural) for each in holders})
    return InUse(_("This is in use by {holders}.").format(holders=get_text_list(names, _("and")))) if names else InUse()
