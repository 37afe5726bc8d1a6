"""django.contrib.postgres: columns of ranges, lists and dictionaries, which only PostgreSQL has."""

import pytest
from django.contrib.postgres.fields import (
    ArrayField,
    BigIntegerRangeField,
    DateRangeField,
    DateTimeRangeField,
    DecimalRangeField,
    HStoreField,
    IntegerRangeField,
)
from django.db import models
from drf_spectacular.generators import SchemaGenerator

from hardening import serializers
from third_party.models import Open
from third_party.routed import checked, routes, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__), pytest.mark.usefixtures("postgresql")]


class Booking(Open):
    days = DateRangeField(null=True)
    seats = IntegerRangeField(null=True)
    serials = BigIntegerRangeField(null=True)
    prices = DecimalRangeField(null=True)
    hours = DateTimeRangeField(null=True)
    tags = ArrayField(models.CharField(max_length=5), size=2, default=list, blank=True)
    grid = ArrayField(ArrayField(models.SmallIntegerField()), null=True)
    labels = HStoreField(default=dict, blank=True)

    class Meta(Open.Meta):
        abstract = False
        required_db_vendor = "postgresql"


class BookingSerializer(serializers.ModelSerializer):
    class Meta:
        model = Booking
        fields = ("id", "days", "seats", "serials", "prices", "hours", "tags", "grid", "labels")


urlpatterns = routes(bookings=viewset(BookingSerializer))

EMPTY = {"empty": True}
DATE_FORMAT = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD."
REVERSED = "The lower bound must not be greater than the upper bound."
WRONG_TYPE = "The value has the wrong JSON type."


def bounds(lower, upper, kind="[)"):
    return {"lower": lower, "upper": upper, "bounds": kind}


@pytest.mark.parametrize(
    ("field", "sent", "shown"),
    [
        ("seats", {"lower": 1, "upper": 5}, bounds(1, 5)),
        ("seats", bounds(1, 5, "[]"), bounds(1, 6)),
        ("seats", bounds(1, 5, "(]"), bounds(2, 6)),
        ("seats", bounds(1, 1, "[]"), bounds(1, 2)),
        ("seats", bounds(1, 1), EMPTY),
        ("seats", bounds(1, 2, "()"), EMPTY),
        ("seats", bounds(None, 5, "[]"), bounds(None, 6, "()")),
        ("seats", {"lower": 1}, bounds(1, None)),
        ("seats", {}, bounds(None, None, "()")),
        ("seats", EMPTY, EMPTY),
        ("seats", None, None),
        ("serials", bounds(2**40, 2**41), bounds(2**40, 2**41)),
        ("days", bounds("2026-01-01", "2026-01-31", "[]"), bounds("2026-01-01", "2026-02-01")),
        ("prices", bounds("1.50", "2.5", "[]"), bounds("1.50", "2.5", "[]")),
        ("prices", bounds("1.5", "1.5", "(]"), EMPTY),
        ("prices", bounds("1.5", "1.5", "[]"), bounds("1.5", "1.5", "[]")),
        (
            "hours",
            bounds("2026-01-01T01:00:00+01:00", "2026-01-01T02:00:00Z"),
            bounds("2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z"),
        ),
        ("tags", ["a", "b"], ["a", "b"]),
        ("grid", [[1, 2], [3, 4]], [[1, 2], [3, 4]]),
        ("labels", {"a": "x", "b": None}, {"a": "x", "b": None}),
    ],
)
def test_a_value_is_shown_as_it_is_stored_and_may_be_sent_back(ada, field, sent, shown):
    created = ada.post("/bookings/", {field: sent})
    assert created.status_code == 201, created.content
    place = f"/bookings/{created.json()['id']}/"

    assert created.json()[field] == ada.get(place).json()[field] == shown
    assert ada.put(place, created.json()).json() == created.json()


@pytest.mark.parametrize(
    ("field", "sent", "error"),
    [
        ("seats", bounds(5, 1), [REVERSED]),
        ("days", bounds("2026-02-01", "2026-01-01"), [REVERSED]),
        ("prices", bounds("2", "1"), [REVERSED]),
        ("hours", bounds("2026-01-01T01:00:00Z", "2026-01-01T01:00:00+01:00"), [REVERSED]),
        ("seats", bounds(1, 2**31), {"upper": ["Ensure this value is less than or equal to 2147483647."]}),
        ("seats", bounds(-(2**31) - 1, 1), {"lower": ["Ensure this value is greater than or equal to -2147483648."]}),
        ("seats", bounds(1, 2**31 - 1, "[]"), ["A value is too large."]),
        ("serials", bounds(1, 2**63 - 1, "[]"), ["A value is too large."]),
        ("serials", bounds(1, 2**63), {"upper": ["Ensure this value is less than or equal to 9223372036854775807."]}),
        ("days", bounds("2026-01-01", "9999-12-31", "[]"), ["A value is too large."]),
        ("days", bounds("9999-12-31", None, "()"), ["A value is too large."]),
        ("days", bounds("x", "y"), {"lower": [DATE_FORMAT], "upper": [DATE_FORMAT]}),
        ("seats", bounds("1", 5), {"lower": [WRONG_TYPE]}),
        ("seats", bounds(1, 5, "{}"), {"bounds": ['Enter "[)", "(]", "[]" or "()".']}),
        ("seats", bounds(1, 5, [1]), {"bounds": ['Enter "[)", "(]", "[]" or "()".']}),
        ("seats", {"empty": "yes"}, {"empty": ["Must be a valid boolean."]}),
        ("seats", {"upward": 1}, {"upward": ["This field does not exist."]}),
        ("seats", "[1,5)", ['Expected a dictionary of items but got type "str".']),
        ("seats", [1, 5], ['Expected a dictionary of items but got type "list".']),
        ("tags", ["a", "b", "c"], ["List contains 3 items, it should contain no more than 2."]),
        ("tags", ["too long"], {"0": ["Ensure this field has no more than 5 characters."]}),
        ("tags", ["a", 1], {"1": [WRONG_TYPE]}),
        ("tags", [None], {"0": ["This field may not be null."]}),
        ("grid", [[1], [2**15]], {"1": {"0": ["Ensure this value is less than or equal to 32767."]}}),
        ("grid", [[1], [2, 3]], ["A value is not valid."]),
        ("labels", {"a": 1}, {"a": [WRONG_TYPE]}),
        ("labels", {"a\0": "x"}, ["Null characters are not allowed."]),
        ("labels", {"a": {"b": "c"}}, {"a": ["Not a valid string."]}),
    ],
)
def test_a_value_that_its_column_cannot_hold_is_400_under_its_field(ada, field, sent, error):
    response = ada.post("/bookings/", {field: sent})

    assert (response.status_code, response.json()) == (400, {field: error})
    assert not Booking.objects.exists()


def test_a_number_that_no_numeric_column_holds_is_400_under_its_field(ada):
    response = ada.post("/bookings/", {"prices": bounds("0", "1e999999")})

    assert (response.status_code, list(response.json())) == (400, ["prices"])


def test_many_unknown_keys_of_a_range_are_not_all_repeated(ada):
    response = ada.post("/bookings/", {"seats": {f"key {number}": 1 for number in range(1000)}})

    assert (response.status_code, len(response.json()["seats"])) == (400, 20)


def test_the_schema_describes_a_range():
    schema = SchemaGenerator().get_schema(request=None, public=True)
    days = schema["components"]["schemas"]["Booking"]["properties"]["days"]

    assert days["properties"]["upper"] == {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}
    assert days["properties"]["bounds"]["enum"] == ["[)", "(]", "[]", "()"]
    assert not days["additionalProperties"]


def test_the_checks_accept_these_columns():
    assert checked(urlpatterns) == []
