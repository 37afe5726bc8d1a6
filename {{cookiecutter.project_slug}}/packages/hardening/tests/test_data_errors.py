"""Values that only the database finds wrong are 400 under the best field name known, never a server error."""

import pytest

from shapes import models

pytestmark = pytest.mark.usefixtures("way")

JANUARY = {"room": 1, "start": "2026-01-01T00:00:00Z", "end": "2026-01-05T00:00:00Z"}
TOO_LONG = ["A value is too long."]
TOO_LARGE = ["A value is too large."]
NOT_VALID = ["A value is not valid."]


def test_a_range_with_reversed_bounds_is_reported_under_its_field(postgresql, post):
    response = post("measures", bounds=[5, 1])

    assert (response.status_code, response.json()) == (400, {"bounds": NOT_VALID})


def test_a_range_with_bounds_beyond_its_type_is_reported_under_its_field(postgresql, post):
    response = post("measures", bounds=[1, 2**31])

    assert response.status_code == 400
    assert list(response.json()) == ["bounds"]


def test_a_range_that_the_database_makes_of_two_fields_is_an_error_of_both(postgresql, ada, post):
    created = post("stays", JANUARY)

    reversed_at_once = post("stays", {**JANUARY, "end": "2025-01-01T00:00:00Z"})
    reversed_by_a_change = ada.patch(f"/shapes/stays/{created.json()['id']}/", {"start": "2026-02-01T00:00:00Z"})

    assert created.status_code == 201
    for response in (reversed_at_once, reversed_by_a_change):
        assert (response.status_code, response.json()) == (400, {"non_field_errors": NOT_VALID})


def test_the_row_of_a_list_whose_range_is_reversed_is_named(postgresql, post):
    other = {**JANUARY, "room": 2}

    response = post("stays", [JANUARY, {**other, "end": "2025-01-01T00:00:00Z"}])

    assert (response.status_code, response.json()) == (400, {"1": {"non_field_errors": NOT_VALID}})


def test_an_array_whose_rows_differ_in_length_is_reported_under_its_field(postgresql, post):
    response = post("measures", grid=[[1], [2, 3]])

    assert response.status_code == 400
    assert list(response.json()) == ["grid"]


def test_a_generated_column_that_is_too_long_is_reported_under_the_field_it_reads(postgresql, post):
    response = post("coded", data={"code": "x" * 50})

    assert (response.status_code, response.json()) == (400, {"data": TOO_LONG})


def test_a_generated_column_that_divides_by_zero_is_400(postgresql, post):
    response = post("ratios", whole=0, part=1)

    assert response.status_code == 400
    assert response.json() == {"non_field_errors": ["A value leads to a division by zero."]}


def test_a_generated_column_that_overflows_is_400(postgresql, post):
    response = post("ratios", whole=1, part=2**20)

    assert (response.status_code, response.json()) == (400, {"non_field_errors": TOO_LARGE})


def test_a_pattern_that_a_check_cannot_interpret_is_reported_under_its_field(post):
    response = post("matchers", text="x", pattern="(")

    assert response.status_code == 400
    assert response.json() in ({"pattern": NOT_VALID}, {"non_field_errors": NOT_VALID})
    assert post("matchers", text="x", pattern="x").status_code == 201
    assert post("matchers", text="y", pattern="x").json() == {"non_field_errors": ["No match."]}


@pytest.mark.parametrize("place", ["x" * 30 + ",1", "a,1234567"])
def test_a_value_that_is_too_long_is_reported_under_the_field_that_fills_the_whole_object(postgresql, post, place):
    response = post("addresses", place=place)

    assert response.status_code == 400
    assert list(response.json()) == ["place"]
    assert response.json()["place"][0].startswith("Ensure this value has at most")


def test_a_nul_character_is_reported_under_the_field_that_fills_the_whole_object(postgresql, post):
    response = post("addresses", place="a\0,1")

    assert (response.status_code, response.json()) == (400, {"place": NOT_VALID})


def test_half_a_surrogate_pair_is_reported_under_the_field_that_fills_the_whole_object(ada):
    response = ada.generic("POST", "/shapes/addresses/", b'{"place": "a\\ud800,1"}', "application/json")

    assert (response.status_code, response.json()) == (400, {"place": NOT_VALID})


@pytest.mark.parametrize("number", ["123456789.0", "1e400", "1" * 60])
def test_a_number_with_too_many_digits_is_reported_under_its_field(postgresql, post, number):
    response = post("addresses", place=f"a,1,{number}")

    assert response.status_code == 400
    assert list(response.json()) == ["place"]


@pytest.mark.parametrize("value", ["abc", [1], {"a": 1}, "", 1.5e300])
@pytest.mark.parametrize("key", ["left", "small", "slot"])
def test_a_value_of_another_type_than_its_column_is_reported_under_its_field(post, key, value):
    response = post("stocks-lax", name="a", **{key: value})

    assert response.status_code == 400
    assert list(response.json()) == [key]
    assert "object at" not in response.content.decode()


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 2**200])
@pytest.mark.parametrize("key", ["left", "small", "slot"])
def test_a_number_beyond_every_column_is_reported_under_its_field(post, key, value):
    response = post("stocks-lax", name="a", **{key: value})

    assert response.status_code == 400
    assert list(response.json()) == [key]


@pytest.mark.parametrize(("key", "value"), [("left", -1), ("small", -1)])
def test_a_number_below_zero_is_rejected_by_the_check_of_its_column_type(post, key, value):
    response = post("stocks-lax", name="a", **{key: value})

    assert response.status_code == 400
    assert response.json() == {key: ["Ensure this value is greater than or equal to 0."]}


def test_a_row_that_was_rejected_leaves_nothing_behind(post):
    post("stocks-lax", name="a", left=-1)
    post("matchers", text="x", pattern="(")

    assert models.Stock.objects.count() == models.Matcher.objects.count() == 0
