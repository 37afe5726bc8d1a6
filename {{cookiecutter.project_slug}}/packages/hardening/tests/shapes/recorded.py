"""A serializer and a model that note the order in which they are asked."""

from typing import Any

from django.db import models

from hardening import serializers
from shapes.models import Gadget

CALLS: list[str] = []


def noting(name: str) -> Any:
    def validator(value: Any) -> None:
        CALLS.append(name)

    return validator


class RecordedSerializer(serializers.ModelSerializer):
    class Meta:
        model = Gadget
        fields = ("id", "owner", "serial", "kind", "value")
        create_defaults = {
            "owner": lambda serializer: (CALLS.append("create_defaults"), serializer.context["request"].user)[1]
        }
        extra_kwargs = {"serial": {"validators": [noting("field validator")]}}
        validators = [noting("serializer validator")]

    def to_internal_value(self, data: Any) -> Any:
        CALLS.append("keys and fields")
        return super().to_internal_value(data)

    def validate_serial(self, value: str) -> str:
        CALLS.append("validate_serial()")
        return value

    def validate(self, attrs: Any) -> Any:
        CALLS.append("validate()")
        return attrs

    def save(self, **kwargs: Any) -> Any:
        CALLS.append("save()")
        return super().save(**kwargs)


class Recorder:
    """Notes `Model.clean()`, `Model.save()` and every statement."""

    def __init__(self, monkeypatch: Any) -> None:
        CALLS.clear()
        clean, save = Gadget.clean, models.Model.save

        def noted_clean(instance: Any) -> None:
            CALLS.append("clean()")
            clean(instance)

        def noted_save(instance: Any, *args: Any, **kwargs: Any) -> None:
            CALLS.append("Model.save()")
            save(instance, *args, **kwargs)

        monkeypatch.setattr(Gadget, "clean", noted_clean)
        monkeypatch.setattr(models.Model, "save", noted_save)

    def execute(self, execute: Any, sql: str, *rest: Any) -> Any:
        if sql != "BEGIN IMMEDIATE":  # SQLite's way to begin; PostgreSQL's is no statement of ours
            CALLS.append(sql.split(maxsplit=1)[0])
        return execute(sql, *rest)
