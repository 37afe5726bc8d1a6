"""Fields that are made of prototypes are those that DRF builds, and each instance's own."""

from typing import Any

import pytest
from rest_framework.serializers import Field
from rest_framework.validators import BaseUniqueForValidator

from hardening.checks import routes
from hardening.serializers import ModelSerializer
from hardening.serializers.cached_fields import get_cached_fields
from shapes import models

SERIALIZERS = pytest.mark.parametrize("serializer", routes.serializers(), ids=lambda each: type(each).__name__)


class CouponSerializer(ModelSerializer):
    class Meta:
        model = models.Coupon
        fields: tuple[str, ...] = ("id", "code")
        extra_kwargs: dict[str, Any] = {}


def state(value: Any) -> Any:
    """Return all that a field is, in values that can be compared."""
    if isinstance(value, dict):
        return {key: state(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [state(item) for item in value]
    if isinstance(value, Field):
        return type(value), {key: state(item) for key, item in vars(value).items() if key != "_creation_counter"}
    return value if isinstance(value, str | int | type(None)) else repr(type(value))


def without_parents(fields: dict[str, Field[Any, Any, Any, Any]]) -> Any:
    for field in fields.values():
        for child in ("child_relation", "child"):
            vars(getattr(field, child, field))["parent"] = None
    return state(fields)


@SERIALIZERS
def test_a_copied_field_equals_the_one_that_drf_builds(serializer):
    built = super(ModelSerializer, serializer).get_fields
    get_cached_fields(serializer, ModelSerializer, built)

    assert without_parents(get_cached_fields(serializer, ModelSerializer, built)) == without_parents(built())


@SERIALIZERS
def test_a_change_of_an_instances_fields_does_not_affect_other_instances(serializer):
    cls = type(serializer)
    for field in cls().fields.values():
        field.error_messages["required"] = "changed"
        field.style["changed"] = True
        field.validators.append(BaseUniqueForValidator)
        field.label = field._kwargs["changed"] = "changed"

    for field in cls().fields.values():
        assert field.error_messages.get("required") != "changed"
        assert "changed" not in field.style
        assert BaseUniqueForValidator not in field.validators
        assert field.label != "changed"
        assert "changed" not in field._kwargs


def test_a_change_of_meta_at_run_time_takes_effect(monkeypatch):
    assert list(CouponSerializer().fields) == ["id", "code"]

    monkeypatch.setattr(CouponSerializer.Meta, "fields", ("code",))
    CouponSerializer.Meta.extra_kwargs["code"] = {"max_length": 3}

    fields = CouponSerializer().fields
    assert list(fields) == ["code"]
    assert fields["code"].max_length == 3
    CouponSerializer.Meta.extra_kwargs.clear()
    assert CouponSerializer().fields["code"].max_length == 10


def test_a_subclass_has_fields_of_its_own():
    class Longer(CouponSerializer):
        class Meta(CouponSerializer.Meta):
            fields = ("id", "code", "region")

    assert [list(each().fields) for each in (CouponSerializer, Longer, CouponSerializer)] == [
        ["id", "code"],
        ["id", "code", "region"],
        ["id", "code"],
    ]


def test_a_method_that_looks_at_the_context_is_asked_every_time():
    class Chosen(CouponSerializer):
        def get_field_names(self, declared_fields: Any, info: Any) -> list[str]:
            return [name for name in super().get_field_names(declared_fields, info) if name in self.context["names"]]

    class Short(CouponSerializer):
        def get_extra_kwargs(self) -> dict[str, Any]:
            return super().get_extra_kwargs() | {"code": {"max_length": self.context["length"]}}

    assert [list(Chosen(context={"names": [name]}).fields) for name in ("id", "code")] == [["id"], ["code"]]
    assert [Short(context={"length": each}).fields["code"].max_length for each in (3, 4)] == [3, 4]
