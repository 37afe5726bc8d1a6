"""JSON types are checked wherever a value stands, and only by fields of DRF's and ours."""

import json
import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import models
from rest_framework import serializers as drf

from hardening import serializers
from hardening.renderers import JSONRenderer
from hardening.testing.client import codes
from shapes import echoes

WRONG = "The value has the wrong JSON type."


class Size(models.IntegerChoices):
    SMALL = 1
    LARGE = 2


def test_items_of_a_list_are_reported_by_their_index(settings):
    post = echoes.route(settings, echoes.serializer(numbers=serializers.ListField(child=serializers.IntegerField())))

    response = post({"numbers": [1, "2", "x", 4, "5"]})

    assert response.status_code == 400
    assert response.json() == {
        "numbers": {"1": [WRONG], "2": ["A valid integer is required."], "4": [WRONG]},
    }


NESTED: list[tuple[Any, Any, Any]] = [
    (serializers.ListField(child=serializers.CharField()), ["a"], ["a", 1]),
    (serializers.ListField(child=serializers.BooleanField()), [True], [True, "true"]),
    (serializers.ListField(child=serializers.FloatField()), [1.5], ["1.5"]),
    (serializers.ListField(child=serializers.ListField(child=serializers.IntegerField())), [[1]], [[1], ["1"]]),
    (serializers.DictField(child=serializers.IntegerField()), {"a": 1}, {"a": "1"}),
    (serializers.DictField(child=serializers.ListField(child=serializers.CharField())), {"a": ["b"]}, {"a": [1]}),
    (serializers.HStoreField(), {"a": "b", "c": None}, {"a": 1}),
    (serializers.MultipleChoiceField(choices=[1, 2]), [1, 2], [1, "2"]),
    (serializers.MultipleChoiceField(choices=["1"]), ["1"], [1]),
    (drf.ListField(child=drf.IntegerField()), [1], ["1"]),
    (drf.DictField(child=drf.CharField()), {"a": "b"}, {"a": 1}),
]


@pytest.mark.parametrize(("field", "right", "wrong"), NESTED)
def test_the_items_of_every_container_are_checked(settings, field, right, wrong):
    post = echoes.route(settings, echoes.serializer(value=field))

    assert post({"value": right}).status_code == 200
    response = post({"value": wrong})
    assert response.status_code == 400
    assert codes(response.data) == {"invalid_type"}


class CountryField(drf.CharField):
    """What django-countries does with `country_dict=True`."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data["code"] if isinstance(data, dict) else data)


class AmountField(drf.DecimalField):
    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(str(data).strip() or "0")


class TagListField(drf.ListField):
    child = drf.CharField()

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data.split(",") if isinstance(data, str) else data)


class NumberField(drf.IntegerField):
    """Accepts the texts that it shows."""

    def to_representation(self, value: Any) -> Any:
        return str(value)


FOREIGN: list[tuple[Any, Any]] = [
    (CountryField(), {"code": "DE", "name": "Germany"}),
    (CountryField(), 5),
    (AmountField(max_digits=5, decimal_places=2), " "),
    (TagListField(), "a,b"),
    (TagListField(), [1, 2]),
    (NumberField(), "5"),
    (serializers.ListField(child=NumberField()), ["5"]),
    (type("Own", (serializers.CharField,), {"strict_input": False})(), 5),
]


@pytest.mark.parametrize(("field", "value"), FOREIGN)
def test_a_packages_field_is_exempt_from_json_type_checking(settings, field, value):
    post = echoes.route(settings, echoes.serializer(value=field))

    assert post({"value": value}).status_code == 200


class LaxChoiceField(drf.ChoiceField):
    """As django-countries' field reads a value."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data) if data else ""


@pytest.mark.parametrize("value", [[], {}, False, 0])
def test_a_packages_choice_field_does_not_read_another_json_type_as_blank(settings, value):
    post = echoes.route(settings, echoes.serializer(value=LaxChoiceField(choices=["a"])))

    assert post({"value": "a"}).status_code == 200
    response = post({"value": value})
    assert (response.status_code, response.json()) == (400, {"value": [WRONG]})


class Nothing:
    """An empty value object, such as a `Country`."""

    def __eq__(self, other: object) -> bool:
        return other == ""

    def __hash__(self) -> int:
        return hash("")


def test_an_empty_object_of_a_choice_is_shown_as_the_field_accepts_it():
    for options, shown in (({}, ""), ({"allow_blank": True}, ""), ({"allow_null": True}, None)):
        assert repr(serializers.ChoiceField(choices=["a"], **options).to_representation(Nothing())) == repr(shown)


def test_a_packages_field_with_strict_input_is_checked(settings):
    class Counted(drf.IntegerField):
        strict_input = True

    post = echoes.route(settings, echoes.serializer(value=Counted()))

    assert codes(post({"value": "5"}).data) == {"invalid_type"}


IDENTITY = uuid.UUID("77777777-7777-4777-8777-777777777777")
SHOWN: dict[str, tuple[Any, Any]] = {
    "uuid int": (serializers.UUIDField(format="int"), IDENTITY),
    "uuid hex": (serializers.UUIDField(format="hex"), IDENTITY),
    "uuid urn": (serializers.UUIDField(format="urn"), IDENTITY),
    "big as text": (serializers.BigIntegerField(coerce_to_string=True), 2**60),
    "big as number": (serializers.BigIntegerField(coerce_to_string=False), 2**60),
    "decimal as text": (serializers.DecimalField(5, 2, coerce_to_string=True), Decimal("1.50")),
    "decimal as number": (serializers.DecimalField(5, 2, coerce_to_string=False), Decimal("1.50")),
    "date-time": (serializers.DateTimeField(format="%d.%m.%Y %H:%M"), datetime(2026, 12, 1, 8, 30)),  # noqa: DTZ001  # USE_TZ is off in this test
    "date": (serializers.DateField(format="%d.%m.%Y"), date(2026, 12, 1)),
    "time": (serializers.TimeField(format="%H-%M"), time(8, 30)),
    "duration": (serializers.DurationField(format="iso-8601"), timedelta(days=1)),
    "plain duration": (serializers.DurationField(format=None), timedelta(days=1)),
    "address": (serializers.IPAddressField(), "::1"),
    "integer choices": (serializers.ChoiceField(Size.choices), Size.LARGE),
    "members": (serializers.ChoiceField([(each, each.label) for each in Size]), Size.LARGE),
    "decimal choices": (serializers.ChoiceField([Decimal("1.5")]), Decimal("1.5")),
    "date choices": (serializers.ChoiceField([date(2026, 1, 1)]), date(2026, 1, 1)),
    "uuid choices": (serializers.ChoiceField([IDENTITY]), IDENTITY),
    "blank choice": (serializers.ChoiceField([1, 2], allow_blank=True), ""),
    "boolean choices": (serializers.ChoiceField([True, False]), True),
    "several": (serializers.MultipleChoiceField(choices=Size.choices), [Size.SMALL]),
}


@pytest.mark.parametrize("kind", SHOWN)
def test_a_field_accepts_the_value_that_it_renders(settings, kind):
    field, value = SHOWN[kind]
    settings.USE_TZ = False
    post = echoes.route(settings, echoes.serializer(value=field))
    shown = json.loads(JSONRenderer().render(echoes.serializer(value=field)({"value": value}).data))["value"]

    assert post({"value": shown}).status_code == 200, shown


def form(settings: Any, **fields: Any) -> echoes.Post:
    return echoes.route(settings, echoes.serializer(**fields))


@pytest.mark.parametrize("kind", ["json", "multipart"])
def test_an_unknown_key_is_rejected_in_json_and_in_a_form(settings, kind):
    post = form(settings, name=serializers.CharField())

    response = post({"name": "a", "nmae": "b"}, kind)

    assert response.status_code == 400
    assert response.json() == {"nmae": ["This field does not exist."]}


class PartSerializer(serializers.Serializer):
    size = serializers.IntegerField()


@pytest.mark.parametrize(
    ("body", "unknown"),
    [
        ({"numbers": [1, 2], "part.size": 1}, None),
        ({"numbers[0]": 1, "numbers[1]": 2, "part.size": 1}, None),
        ({"numbers": 1, "part.size": 1, "csrfmiddlewaretoken": "x"}, None),
        ({"numbers": 1, "part.size": 1, "table.a": 1}, None),
        ({"numbers": 1, "part.size": 1, "parts[0]size": 1, "parts[1]size": 2}, None),
        ({"numbers": 1, "part.size": 1, "name.x": 1}, "name.x"),
        ({"numbers": 1, "part.size": 1, "other.size": 1}, "other.size"),
        ({"numbers": 1, "part.size": 1, "numbers[a]": 1}, "numbers[a]"),
        ({"numbers": 1, "part.size": 1, "numbersx": 1}, "numbersx"),
        ({"numbers": 1, "part.size": 1, "numbers" + "[" + "9" * 50 + "]": 1}, "numbers[" + "9" * 50 + "]"),
        ({"numbers": 1, "part.size": 1, "part.colour": 1}, "colour"),
    ],
)
def test_a_form_names_nested_values_as_drf_does(settings, body, unknown):
    post = form(
        settings,
        name=serializers.CharField(required=False),
        numbers=serializers.ListField(child=serializers.IntegerField()),
        table=serializers.DictField(required=False),
        part=PartSerializer(),
        parts=PartSerializer(many=True, required=False),
    )

    response = post(body, "multipart")

    assert response.status_code == (200 if unknown is None else 400), response.json()
    assert unknown is None or f'"{unknown}":["This field does not exist."]' in response.content.decode()


@pytest.mark.parametrize("index", ["9" * 5000, "9" * 4301])
def test_an_index_that_is_too_long_to_be_a_number_is_400(settings, index):
    post = form(settings, numbers=serializers.ListField(child=serializers.IntegerField()))

    assert post({f"numbers[{index}]": "1"}, "multipart").status_code == 400


def test_a_hidden_field_is_unknown_to_clients(settings):
    post = form(settings, name=serializers.CharField(), owner=serializers.HiddenField(default="x"))

    assert post({"name": "a"}).status_code == 200
    assert post({"name": "a", "owner": "b"}).json() == {"owner": ["This field does not exist."]}
