"""Every limit: what is just within it is taken, and one more is refused."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse

from hardening import filters, parsers, relations
from hardening.serializers import plain
from hardening.testing.client import Client, codes
from shapes.models import Badge, Crate

pytestmark = pytest.mark.django_db

KINDS = "/shapes/kinds/"


def refusal(response: HttpResponse) -> tuple[int, set[str]]:
    return response.status_code, codes(getattr(response, "data", None)) or {response.json()["code"]}


def send(client: Client, text: str) -> HttpResponse:
    return client.send("post", KINDS, b'{"data": ' + text.encode() + b"}")


def in_bytes(total: int) -> bytes:
    body = b'{"data": "' + b"x" * (total - 12) + b'"}'
    assert len(body) == total
    return body


def test_the_size_of_a_body(ada):
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    assert ada.send("post", KINDS, in_bytes(limit)).status_code == 201
    assert refusal(ada.send("post", KINDS, in_bytes(limit + 1))) == (413, {"too_large"})


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_the_depth_of_json(ada, opening, closing):
    def nested(depth: int) -> str:
        inner = depth - 1  # the body itself is the first level
        return opening * inner + "1" + closing * inner

    assert send(ada, nested(parsers.MAX_DEPTH)).status_code == 201
    assert refusal(send(ada, nested(parsers.MAX_DEPTH + 1))) == (400, {"too_deep"})


def test_brackets_in_texts_are_no_depth(ada):
    assert send(ada, json.dumps("[" * 1000 + '\\"' + "{" * 1000)).status_code == 201


@pytest.mark.parametrize("number", ["{}", "-{}", "0.{}", "{}.5", "{}e1"])
def test_the_length_of_a_number(ada, number):
    rest = len(number.replace("{}", ""))

    def long(digits: int) -> str:
        return number.format("1" * (digits - rest))

    assert send(ada, long(parsers.MAX_DIGITS)).status_code == 201
    assert refusal(send(ada, long(parsers.MAX_DIGITS + 1))) == (400, {"invalid_number"})


def test_the_rows_of_a_body(post):
    rows = [{"badge": str(number)} for number in range(plain.MAX_ROWS + 1)]

    assert refusal(post("badges", rows)) == (400, {"max_length"})
    assert post("badges", rows[:-1]).status_code == 201
    assert Badge.objects.count() == plain.MAX_ROWS


def test_the_items_of_a_related_field(ada, post):
    crates = [Crate(owner=ada.user, code=str(number)) for number in range(relations.MAX_ITEMS + 1)]
    keys = [each.pk for each in Crate.objects.bulk_create(crates)]

    assert refusal(post("parcels-by-key", title="a", crates=keys)) == (400, {"max_items"})
    assert post("parcels-by-key", title="a", crates=keys[:-1]).status_code == 201


def test_the_rows_of_a_page(ada):
    Badge.objects.bulk_create(Badge(number=str(number)) for number in range(101))

    assert len(ada.get("/shapes/badges/").json()["results"]) == 25
    assert len(ada.get("/shapes/badges/?page_size=100").json()["results"]) == 100
    assert len(ada.get("/shapes/badges/?page_size=1").json()["results"]) == 1
    for size in (0, 101):
        assert refusal(ada.get(f"/shapes/badges/?page_size={size}")) == (400, {"invalid_page_size"})


def test_the_length_of_a_search(ada):
    assert ada.get(KINDS, {"search": "é" * filters.MAX_LENGTH}).status_code == 200
    assert refusal(ada.get(KINDS, {"search": "é" * (filters.MAX_LENGTH + 1)})) == (400, {"max_length"})


@pytest.mark.parametrize("separator", [" ", ",", ", ", "\t"])
def test_the_terms_of_a_search(ada, separator):
    terms = ["a"] * (filters.MAX_TERMS + 1)

    assert ada.get(KINDS, {"search": separator.join(terms[1:])}).status_code == 200
    assert refusal(ada.get(KINDS, {"search": separator.join(terms)})) == (400, {"max_terms"})
    assert ada.get(KINDS, {"search": f'"{separator.join(terms)}"'}).status_code == 200  # one phrase


def test_the_keys_that_an_error_names(ada):
    def named(number: int) -> int:
        errors = ada.post(KINDS, {f"key {n}": 1 for n in range(number)}).json()
        return len(errors)

    assert (named(plain.MAX_NAMED), named(plain.MAX_NAMED + 1)) == (plain.MAX_NAMED, plain.MAX_NAMED)


def test_the_parameters_that_an_error_names(ada):
    def named(number: int) -> int:
        return len(ada.get(KINDS, {f"key {n}": 1 for n in range(number)}).json())

    assert (named(20), named(21)) == (20, 20)


@pytest.mark.parametrize(("length", "shown"), [(64, "x" * 64), (65, "x" * 64 + "…"), (100_000, "x" * 64 + "…")])
def test_an_error_repeats_at_most_64_characters_of_the_input(ada, post, length, shown):
    sent = "x" * length

    errors: list[Any] = [
        *post("kinds", {sent: 1}).json(),
        post("kinds", choice=sent).json()["choice"][0],
        post("parcels-by-slug", title="a", crate=sent).json()["crate"][0],
    ]

    assert all(shown in each for each in errors)
    assert max(map(len, errors)) < 130


def test_the_length_of_a_text(post):
    assert post("kinds", text="🦆" * 10).status_code == 201
    assert refusal(post("kinds", text="🦆" * 11)) == (400, {"max_length"})
