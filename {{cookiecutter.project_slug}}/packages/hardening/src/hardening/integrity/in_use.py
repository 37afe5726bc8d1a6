"""409 for an object, or a value of it, that others refer to: they are named by their kind, never by their ids."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.models import CASCADE, SET_DEFAULT, SET_NULL, Model
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail

from hardening.exceptions import Code, InUse
from hardening.integrity import drivers
from hardening.integrity.drivers import Diagnosis, DriverError, Kind

_KINDS = (Kind.FOREIGN_KEY, Kind.CHECK, Kind.NOT_NULL, Kind.UNIQUE)


def translate_deletion(error: DriverError, instance: Model, using: str) -> Exception:
    """Return `InUse` for *error* if it rejects the deletion of *instance*, or *error* itself."""
    diagnosis = drivers.diagnose(error, connections[using])
    if diagnosis is None or diagnosis.kind not in _KINDS:
        return error
    return build_in_use(find_referrers(diagnosis, instance, using))


def find_referrers(diagnosis: Diagnosis, instance: Model, using: str) -> Iterable[Any]:
    """Yield the models whose rows stand in the way: of the table that the diagnosis names, where it names one."""
    if diagnosis.table:
        yield from (each for each in apps.get_models() if each._meta.db_table == diagnosis.table)
        return
    for relation in instance._meta.related_objects:
        goes_along = relation.on_delete in (CASCADE, SET_NULL, SET_DEFAULT)
        rows = relation.related_model._base_manager.using(using).filter(**{relation.field.name: instance})
        if not goes_along and rows.exists():
            yield relation.related_model


def build_in_use(holders: Iterable[Any]) -> InUse:
    """Return the error that names the kinds of *holders*, models or objects."""
    names = sorted({str(each._meta.verbose_name_plural) for each in holders})
    return InUse(_("This is in use by {holders}.").format(holders=get_text_list(names, _("and")))) if names else InUse()


def build_in_use_detail() -> ErrorDetail:
    """Return the error of a field whose old value other objects refer to by `to_field`."""
    return ErrorDetail(str(InUse.default_detail), Code("in_use", InUse.status_code))
