"""Find the query parameters of django-filter's filter sets, which the package no longer lists since 25.1.

django-filter is not imported: a filter backend that uses filter sets is recognized by its `get_filterset()`.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError as DjangoValidationError
from django.forms import MultiValueField, MultiWidget
from rest_framework.exceptions import ValidationError
from rest_framework.settings import api_settings


class Parameter(NamedTuple):
    """A query parameter, the filter that reads it, and whether it may be repeated."""

    name: str
    filter_name: str
    is_repeatable: bool


def forms_of(view: Any) -> list[Any]:
    """Return the forms with which the filter sets of *view* validate the query string."""
    makers = [getattr(backend(), "get_filterset", None) for backend in view.filter_backends]
    filtersets = [make(view.request, view.get_queryset(), view) for make in makers if make is not None]
    return [each.form for each in filtersets if each is not None]


def parameters_of(form: Any) -> Iterator[Parameter]:
    """Yield the query parameters that *form* reads."""
    for filter_name, field in form.fields.items():
        for name, is_repeatable in _names(field.widget, form.add_prefix(filter_name)):
            yield Parameter(name, filter_name, is_repeatable)


def _names(widget: Any, name: str) -> Iterator[tuple[str, bool]]:
    if isinstance(widget, MultiWidget):
        for part, part_name in zip(widget.widgets, _part_names(widget, name), strict=True):
            yield from _names(part, part_name)
    elif type(widget).__name__ == "QueryArrayWidget":  # name[]=a&name[]=b, or name=a&name=b
        yield from ((name, True), (f"{name}[]", True))
    else:
        yield name, getattr(widget, "allow_multiple_selected", False)


def _part_names(widget: Any, name: str) -> list[str]:
    if hasattr(widget, "suffixed"):  # django-filter's `price_min` and `price_max`
        return [widget.suffixed(name, suffix) for suffix in widget.suffixes]
    return [name + suffix for suffix in widget.widgets_names]


def errors_by_parameter(error: ValidationError, forms: list[Any]) -> ValidationError:
    """Return *error* with the names of filters replaced by those of the query parameters that the client sent."""
    detail: Any = error.detail
    if not isinstance(detail, dict):
        return error
    known = {each for form in forms for each in form.fields}
    moved: dict[str, Any] = {}
    for filter_name, errors in detail.items():
        names = [name for form in forms if filter_name in form.fields for name in _wrong(form, filter_name)]
        if filter_name == NON_FIELD_ERRORS:
            names = [str(api_settings.NON_FIELD_ERRORS_KEY)]
        for name in names if filter_name in known or names else [filter_name]:
            moved[name] = errors
    return ValidationError(moved)


def _wrong(form: Any, filter_name: str) -> list[str]:
    """Return the invalid parameters of a filter, or all that were sent if each of them is valid by itself."""
    field = form.fields[filter_name]
    names = [each.name for each in parameters_of(form) if each.filter_name == filter_name]
    sent = [name for name in names if name in form.data]
    if isinstance(field, MultiValueField) and isinstance(field.widget, MultiWidget):
        values = field.widget.value_from_datadict(form.data, form.files, form.add_prefix(filter_name))
        parts = zip(names, field.fields, values, strict=False)
        sent = [name for name, part, value in parts if not _is_valid(part, value)] or sent
    return sent or names[:1]


def _is_valid(field: Any, value: Any) -> bool:
    try:
        field.clean(value)
    except DjangoValidationError:
        return False
    return True
