"""What one request body may hold in all, and in each of its lists and objects."""

from typing import Any

import pytest

from hardening import serializers
from hardening.serializers import containers, plain
from hardening.testing.client import codes
from shapes import echoes


class CellSerializer(serializers.Serializer):
    number = serializers.IntegerField()


class LineSerializer(serializers.Serializer):
    cells = CellSerializer(many=True)


class SheetSerializer(serializers.Serializer):
    lines = LineSerializer(many=True)


class WideSerializer(serializers.Serializer):
    texts = serializers.ListField(child=serializers.ListField(child=serializers.CharField()), required=False)
    table = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), required=False)
    rows = serializers.ListField(child=SheetSerializer(), required=False)


def sheet(lines: int, cells: int) -> dict[str, Any]:
    return {"lines": [{"cells": [{"number": 1}] * cells}] * lines}


def sent(post: echoes.Post, body: Any) -> tuple[int, set[str]]:
    response = post(body)
    return response.status_code, codes(response.data) if response.status_code >= 400 else set()


def test_nested_rows_count_together(settings):
    post = echoes.route(settings, SheetSerializer)

    assert sent(post, sheet(100, 100)) == (400, {"max_body_rows"})
    assert sent(post, sheet(10, 100)) == (400, {"max_body_rows"})  # 10 lines and 1000 cells
    assert sent(post, sheet(10, 99)) == (200, set())
    assert post(sheet(100, 100)).json() == {"non_field_errors": ["Send at most 1000 objects in one request body."]}


def test_the_limit_of_rows_counts_nested_rows_too(settings):
    post = echoes.route(settings, SheetSerializer, many=True)

    assert sent(post, [sheet(1, 100)] * 10) == (400, {"max_body_rows"})
    assert sent(post, [sheet(1, 97)] * 10) == (200, set())


def test_rows_count_below_a_list_field_too(settings):
    post = echoes.route(settings, WideSerializer)

    assert sent(post, {"rows": [sheet(1, 100)] * 10}) == (400, {"max_body_rows"})


def test_the_items_of_all_lists_and_the_keys_of_all_objects_count_together(settings):
    post = echoes.route(settings, WideSerializer)

    assert sent(post, {"texts": [["a"] * 999] * 10}) == (200, set())  # with the 10 lists, exactly the limit
    assert sent(post, {"texts": [["a"] * 999] * 9 + [["a"] * 1000]}) == (400, {"max_body_items"})
    assert sent(post, {"texts": [["a"] * 500] * 10, "table": {str(n): ["a"] * 500 for n in range(10)}}) == (
        400,
        {"max_body_items"},
    )


def test_nothing_of_a_body_with_too_many_rows_is_validated(settings, monkeypatch):
    monkeypatch.setattr(CellSerializer, "to_internal_value", pytest.fail)
    post = echoes.route(settings, SheetSerializer)

    assert sent(post, sheet(100, 100)) == (400, {"max_body_rows"})


def test_a_serializer_may_set_other_limits(settings):
    class SmallSerializer(SheetSerializer):
        max_body_rows = 3

    class UnlimitedSerializer(SheetSerializer):
        max_body_rows = None

    assert sent(echoes.route(settings, SmallSerializer), sheet(2, 1)) == (400, {"max_body_rows"})
    assert sent(echoes.route(settings, SmallSerializer, many=True), [sheet(1, 2)]) == (400, {"max_body_rows"})
    assert sent(echoes.route(settings, UnlimitedSerializer), sheet(20, 60)) == (200, set())


LIMITS: dict[str, tuple[Any, Any, str]] = {
    "list": (serializers.ListField, lambda size: ["a"] * size, "max_length"),
    "object": (serializers.DictField, lambda size: {str(n): "a" for n in range(size)}, "max_length"),
    "hstore": (serializers.HStoreField, lambda size: {str(n): "a" for n in range(size)}, "max_length"),
    "choices": (lambda: serializers.MultipleChoiceField(choices=["a"]), lambda size: ["a"] * size, "max_length"),
}


@pytest.mark.parametrize("kind", LIMITS)
def test_a_container_has_a_limit_by_default(settings, kind):
    field, make, code = LIMITS[kind]
    post = echoes.route(settings, echoes.serializer(value=field()))

    assert sent(post, {"value": make(containers.MAX_ITEMS)}) == (200, set())
    assert sent(post, {"value": make(containers.MAX_ITEMS + 1)}) == (400, {code})
    assert list(post({"value": make(containers.MAX_ITEMS + 1)}).json()) == ["value"]


def test_no_item_of_a_container_with_too_many_is_validated(settings):
    class Unread(serializers.CharField):
        def to_internal_value(self, data: Any) -> Any:
            pytest.fail("An item was validated.")

    fields = {"texts": serializers.ListField(child=Unread()), "table": serializers.DictField(child=Unread())}
    post = echoes.route(settings, echoes.serializer(**fields))

    body = {"texts": ["a"] * 1001, "table": {str(n): "a" for n in range(1001)}}
    assert sent(post, body) == (400, {"max_length"})


@pytest.mark.parametrize(
    ("field", "within", "beyond"),
    [
        (serializers.ListField(max_length=2), ["a"] * 2, ["a"] * 3),
        (serializers.DictField(max_length=2), {"a": 1, "b": 2}, {"a": 1, "b": 2, "c": 3}),
        (serializers.JSONField(max_values=3), {"a": ["b"]}, {"a": ["b", "c"]}),
    ],
)
def test_a_field_may_set_another_limit(settings, field, within, beyond):
    post = echoes.route(settings, echoes.serializer(value=field))

    assert post({"value": within}).status_code == 200
    assert post({"value": beyond}).status_code == 400


@pytest.mark.parametrize("field", [serializers.ListField, serializers.DictField])
def test_a_field_may_have_no_limit_of_its_own(settings, field):
    post = echoes.route(settings, echoes.serializer(value=field(max_length=None)))
    value = ["a"] * 1001 if field is serializers.ListField else {str(n): 1 for n in range(1001)}

    assert post({"value": value}).status_code == 200


def test_a_json_field_counts_its_values_and_keys(settings):
    post = echoes.route(settings, echoes.serializer(data=serializers.JSONField()))

    assert sent(post, {"data": [1] * containers.MAX_VALUES}) == (200, set())
    assert sent(post, {"data": [1] * (containers.MAX_VALUES + 1)}) == (400, {"max_values"})
    assert sent(post, {"data": {str(n): n for n in range(containers.MAX_VALUES // 2 + 1)}}) == (400, {"max_values"})
    assert sent(post, {"data": [[[]] * (containers.MAX_VALUES // 2)] * 2}) == (400, {"max_values"})


@pytest.mark.parametrize(
    "text", ["[" * 40, "NaN", "1e999", '{"a": 1, "a": 2}', "1" * 5000, '"\\u0000"', '"\\ud800"', "[" * 100_000]
)
@pytest.mark.parametrize("kind", ["json", "multipart"])
def test_json_in_a_text_is_parsed_like_a_body(settings, text, kind):
    field = serializers.JSONField(binary=kind == "json")
    post = echoes.route(settings, echoes.serializer(data=field))

    assert post({"data": text}, kind).status_code == 400


def test_the_limits_of_a_body_are_those_of_the_documentation():
    assert (plain.MAX_BODY_ROWS, plain.MAX_BODY_ITEMS, containers.MAX_ITEMS, containers.MAX_VALUES) == (
        1000,
        10_000,
        1000,
        10_000,
    )
