"""Checks of model serializers and their models."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router
from django.db.models import UniqueConstraint
from rest_framework.relations import ManyRelatedField, RelatedField
from rest_framework.serializers import (
    ALL_FIELDS,
    ChoiceField,
    ModelSerializer as DRFModelSerializer,
    MultipleChoiceField,
)

from hardening.checks import routes, tags
from hardening.checks.guard import collect
from hardening.checks.routes import exists
from hardening.integrity.constraints import get_constraints, has_own_message
from hardening.serializers import ModelSerializer, RangeField

# Options of constraints that SQLite does not support: Django omits the constraint, with only a warning.
_NOT_IN_SQLITE = ("deferrable", "nulls_distinct")

_OPTIONS = (  # the options of `Meta` that this package adds
    "constraint_fields",
    "create_defaults",
    "deprecated",
    "immutable_fields",
    "prefetch_related",
    "related_querysets",
    "select_related",
)


def check_serializers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check every model serializer that the routes can reach, and the model behind it."""
    serializers, problems = routes.examine_serializers()
    found: list[CheckMessage] = [_explain(kind, error) for kind, error in problems.items()]
    for serializer in serializers:
        for check in _CHECKS:
            errors, error = collect(check, serializer)
            found += errors
            if error:
                found.append(routes.message(type(serializer).__name__, type(serializer), routes.unexamined(error)))
    # Without duplicates by name, because a view may create a class for each request.
    unique = {(item.msg, item.id, item.obj.__module__, item.obj.__qualname__): item for item in found}
    return list(unique.values())


def _explain(kind: Any, error: Exception) -> CheckMessage:
    if isinstance(error, ImproperlyConfigured):  # an option that `get_fields()` itself rejects
        return Error(str(error), hint="Name a field of the serializer.", obj=kind, id="hardening.E004")
    return routes.message(kind.__name__, kind, routes.unexamined(error))


def _check_kind(serializer: Any) -> Iterator[Error]:
    if not isinstance(serializer, ModelSerializer):
        yield _error(
            serializer,
            "derives from DRF's own class, which checks uniqueness before it writes and accepts every related row.",
            "Derive it from hardening.serializers.ModelSerializer.",
            "E007",
        )


def _check_names(serializer: Any) -> Iterator[Error]:
    for name in vars(serializer.Meta):
        if name not in _OPTIONS and get_close_matches(name, _OPTIONS, cutoff=0.8):
            yield _unknown(serializer, "Meta", name)


def _check_fields(serializer: Any) -> Iterator[Error]:
    meta = serializer.Meta
    if getattr(meta, "fields", None) == ALL_FIELDS or getattr(meta, "exclude", None) is not None:
        yield _error(
            serializer,
            "exposes every column of its model, including those that are added later.",
            "List the fields in Meta.fields.",
            "E003",
        )


def _check_options(serializer: Any) -> Iterator[Error]:
    meta, model = serializer.Meta, serializer.Meta.model
    fields = _fields_of(model)
    valid = {
        "deprecated": set(serializer.fields),
        "create_defaults": fields | serializer.fields.keys(),
        "immutable_fields": fields | serializer.fields.keys(),
    }
    for option, names in valid.items():
        for name in set(getattr(meta, option, ())) - names:
            yield _unknown(serializer, f"Meta.{option}", name)
    for name in _build_set(getattr(model, "immutable_fields", ())) - fields:
        yield _unknown(serializer, f"{model.__name__}.immutable_fields", name)


def _check_constraint_fields(serializer: Any) -> Iterator[Error]:
    meta, model = serializer.Meta, serializer.Meta.model
    fields = _fields_of(model)
    constraints = {constraint.definition.name for constraint in get_constraints(model)}
    for name in getattr(meta, "constraint_fields", {}).keys() - constraints:
        if get_close_matches(name, constraints, n=1, cutoff=0.9):  # others may exist only in a migration
            yield _unknown(serializer, "Meta.constraint_fields", name)
    for key in getattr(meta, "constraint_fields", {}).values():
        if key not in serializer.fields:
            yield _unknown(serializer, "Meta.constraint_fields", key)
    for name, field in getattr(model, "constraint_fields", {}).items():
        if name not in constraints or field not in fields:
            yield _unknown(serializer, f"{model.__name__}.constraint_fields", f"{name}: {field}")


def _check_related(serializer: Any) -> Iterator[Error]:
    for option in ("select_related", "prefetch_related"):
        for path in getattr(serializer.Meta, option, ()):
            if isinstance(path, str) and not exists(serializer.Meta.model, path):
                yield _unknown(serializer, f"Meta.{option}", path)


def _fields_of(model: Any) -> set[str]:
    fields = model._meta.get_fields()
    return {name for field in fields for name in (field.name, getattr(field, "attname", field.name))}


def _build_set(names: Any) -> set[str]:
    """Return *names* as a set; for a string, a tuple without its comma, a name that no field has."""
    return {f"{names!r}, not a tuple"} if isinstance(names, str) else set(names)


def _unknown(serializer: Any, option: str, name: str) -> Error:
    return _error(serializer, f"names {name!r} in {option}, which does not exist.", "Correct the name.", "E004")


def _check_dates(serializer: Any) -> Iterator[Error]:
    for field in serializer.Meta.model._meta.fields:
        if field.unique_for_date or field.unique_for_month or field.unique_for_year:
            yield _error(
                serializer,
                f"writes {field.name!r}, whose unique_for_date is not enforced by the database.",
                "Use UniqueConstraint(TruncDate(…), …) instead.",
                "E001",
            )


def _check_constraints(serializer: Any) -> Iterator[Error]:
    model = serializer.Meta.model
    left_out = model._meta.required_db_features or model._meta.required_db_vendor
    if left_out or connections[router.db_for_write(model)].vendor != "sqlite":
        return
    for constraint in get_constraints(model):
        missing = any(getattr(constraint.definition, name, None) not in (None, True) for name in _NOT_IN_SQLITE)
        if missing or (not isinstance(constraint.definition, UniqueConstraint) and constraint.unique):
            yield _error(
                serializer,
                f"relies on {constraint.definition.name!r}, which SQLite does not create.",
                "Use PostgreSQL, or another constraint.",
                "E002",
            )


def _check_messages(serializer: Any) -> Iterator[Error]:
    model = serializer.Meta.model
    own = {id(each) for owner in (model, *model._meta.all_parents) for each in owner._meta.constraints}
    for constraint in get_constraints(model):
        if id(constraint.definition) in own and not has_own_message(constraint.definition):
            yield _error(
                serializer,
                f"writes {model.__name__}, whose constraint {constraint.definition.name!r} has no message.",
                "Set its violation_error_message, which is sent to clients.",
                "E005",
            )


def _check_scopes(serializer: Any) -> Iterator[Error]:
    for name, declared in serializer.fields.items():
        field = declared.child_relation if isinstance(declared, ManyRelatedField) else declared
        queryset = getattr(field, "queryset", None)
        if not isinstance(field, RelatedField) or field.read_only or queryset is None:
            continue
        if hasattr(queryset.model._default_manager.all(), "visible_to") and not getattr(field, "scope", None):
            yield _error(
                serializer,
                f"accepts every {queryset.model.__name__} in {name!r}, visible to the user or not.",
                "Set a scope in Meta.related_querysets, such as hardening.relations.visible_to_caller; for a value "
                "that the server sets, use Meta.create_defaults.",
                "E006",
            )


def _check_nested(serializer: Any) -> Iterator[Error]:
    """Find nested fields of drf-writable-nested, which writes any row whose primary key is in the request body."""
    if not hasattr(serializer, "update_or_create_reverse_relations"):
        return
    for name, field in serializer.fields.items():
        child = getattr(field, "child", field)
        if isinstance(child, DRFModelSerializer) and not field.read_only:
            yield _error(
                serializer,
                f"changes any {child.Meta.model.__name__} whose primary key a client sends in {name!r}.",
                "Write nested rows in create() and update(), with the managers of their parent.",
                "E006",
            )


def _check_columns(serializer: Any) -> Iterator[Error]:
    fields = serializer.Meta.model._meta.concrete_fields
    columns = {column.attname: column for column in fields if column.is_relation}
    for name, field in serializer.fields.items():
        relation = columns.get(field.source)
        if relation is None or field.read_only or isinstance(field, RelatedField):
            continue
        if hasattr(relation.related_model._default_manager.all(), "visible_to"):
            yield _error(
                serializer,
                f"writes {name!r} as a plain column, and accepts every {relation.related_model.__name__}.",
                f"Use a related field for {relation.name!r}.",
                "E006",
            )


def _check_several_values(serializer: Any) -> Iterator[Error]:
    columns = {column.name: column for column in serializer.Meta.model._meta.concrete_fields}
    for name, field in serializer.fields.items():
        single = isinstance(field, ChoiceField) and not isinstance(field, MultipleChoiceField)
        if single and getattr(columns.get(field.source), "multiple", False):
            yield _error(
                serializer,
                f"has a single choice in {name!r}, whose column stores several values.",
                "Put the package's mixin before the serializer in the bases, such as "
                "django_countries.serializers.CountryFieldMixin, or declare a list.",
                "E019",
            )


def _check_tags(serializer: Any) -> Iterator[Error]:
    for fault in tags.find_faults(serializer):
        yield _error(serializer, fault.text, fault.hint, "E020")


def _check_extra_fields(serializer: Any) -> Iterator[Error]:
    """Find fields of drf-extra-fields that write another value than the client sent, or no value."""
    for name, field in serializer.fields.items():
        if hasattr(field, "range_type") and not isinstance(field, RangeField):
            hint = "Remove the field, so that the model serializer builds it, or use hardening.serializers.RangeField."
            yield _error(serializer, f"has a range in {name!r} that psycopg cannot write.", hint, "E033")
        if "" in getattr(field, "EMPTY_VALUES", ()) and not (field.read_only or field.allow_null):
            hint = "Set EMPTY_VALUES = () on the class of the field."
            yield _error(serializer, f'accepts "" and [] in {name!r}, where a file is required.', hint, "E033")


_CHECKS = (
    _check_kind,
    _check_fields,
    _check_names,
    _check_options,
    _check_constraint_fields,
    _check_related,
    _check_dates,
    _check_constraints,
    _check_messages,
    _check_scopes,
    _check_nested,
    _check_columns,
    _check_several_values,
    _check_tags,
    _check_extra_fields,
)


def _error(serializer: Any, fault: str, hint: str, number: str) -> Error:
    return Error(f"{type(serializer).__name__} {fault}", hint=hint, obj=type(serializer), id=f"hardening.{number}")
