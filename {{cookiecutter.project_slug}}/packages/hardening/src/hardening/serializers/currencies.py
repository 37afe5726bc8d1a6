"""Handle updates that change only the amount, or only the currency, of a django-money field."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Model


def complete_amounts(serializer: Any, data: Any) -> Any:
    """Return *data* with the stored currency for each amount sent without one, and the stored amount vice versa.

    django-money would combine an amount with the default currency, so that changing 10 USD to 11 would store 11 EUR.
    It would ignore a currency that is sent without an amount.
    """
    if not isinstance(serializer.instance, Model) or not isinstance(data, Mapping):
        return data
    missing = dict(_stored_halves(serializer, data))
    if not missing:
        return data
    completed: Any = data.copy()  # type: ignore[attr-defined]  # dicts and forms have it
    for name, value in missing.items():
        completed[name] = value
    return completed


def _stored_halves(serializer: Any, data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for field in serializer._writable_fields:
        if not hasattr(field, "default_currency"):
            continue
        name, instance = f"{field.field_name}_currency", serializer.instance
        amount = getattr(instance, field.source, None)
        if field.field_name in data and name not in data:
            currency = getattr(amount, "currency", None) or getattr(instance, f"{field.source}_currency", None)
            if currency:
                yield name, str(currency)
        elif name in data and field.field_name not in data and serializer.partial and amount is not None:
            yield field.field_name, field.to_representation(amount)
