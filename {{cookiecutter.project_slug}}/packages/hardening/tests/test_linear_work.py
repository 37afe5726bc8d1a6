"""The work for 1 MiB of the worst input grows with its length and not with the square of it."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.validators import RegexValidator
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.test import APIRequestFactory

from hardening import middleware, parsers, serializers
from hardening.errors import problem_details
from hardening.negotiation import ContentNegotiation
from hardening.operations import logging
from hardening.relations import HyperlinkedRelatedField, related_fields, slugs_and_urls
from hardening.resources.preconditions import entity_tags
from hardening.testing.client import Client, codes
from shapes import echoes
from shapes.steps import interrupted, steps

MIB = 2**20

DOCUMENTS = {
    "a string of escaped quotes that never ends": lambda size: "[" * 40 + '"' + '\\"' * (size // 2),
    "a string of backslashes that never ends": lambda size: "[" * 40 + '"' + "\\" * size,
    "strings": lambda size: "[" * 40 + '"",' * (size // 3),
    "quotes": lambda size: "[" * 40 + '"' * size,
    "brackets": lambda size: "[" * size,
    "closed brackets": lambda size: "[]" * (size // 2),
    "spaces": lambda size: "[" * 20 + " " * size,
    "digits": lambda size: '{"a": ' + "1" * size + "}",
    "digits after the point": lambda size: '{"a": 0.' + "1" * size + "}",
    "an exponent": lambda size: '{"a": 1e' + "1" * size + "}",
    "keys": lambda size: "{" + ",".join(f'"{number:05}":1' for number in range(size // 10)) + "}",
    "the same key": lambda size: "{" + '"a":1,' * (size // 6) + '"a":1}',
}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_parsing_json_is_linear(document):
    make = DOCUMENTS[document]
    with interrupted():
        few, many = (steps(lambda size=size: parsers.parse_text(make(size))) for size in (MIB // 64, MIB // 32))
        steps(lambda: parsers.parse_text(make(MIB)))

    assert many <= 2 * few + 100


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ('[[["a]', 3),
        ('["\\"[[", [', 2),
        ('["\\\\", [', 2),
        ('["\\\\\\"[", [', 2),
        ('["\\\\\\\\", [', 2),
        ('["a", {"b": [1]}, []]', 3),
        ("[[]" + '"' + '\\"' * 5, 2),
    ],
)
def test_brackets_count_outside_of_strings_only(monkeypatch, text, depth):
    monkeypatch.setattr(parsers, "MAX_DEPTH", 0)

    assert parsers._measure_depth(text) == depth


@pytest.mark.parametrize(
    ("convert", "text"), [(parsers._parse_int, "1" * 101), (parsers._parse_float, "0." + "1" * 99)]
)
def test_the_digits_of_a_number_are_counted_before_it_is_converted(monkeypatch, convert, text):
    for name in ("int", "float"):
        monkeypatch.setattr(parsers, name, pytest.fail, raising=False)

    with pytest.raises(APIException):
        convert(text)


# Texts that take longest: for `URLValidator`, `EmailValidator`, quantifiers, white space, and normal forms.
TEXTS = [
    "a" * MIB,
    "a@" + "a." * (MIB // 2),
    '"' + '\\"' * (MIB // 2) + "@a.example",
    "http://" + "a." * (MIB // 2),
    "http://" + "a@" * (MIB // 2),
    "http://a" + "\u0300\u0327" * (MIB // 2),
    ":" * MIB,
    "1." * (MIB // 2),
    "1" * MIB,
    "-" * MIB,
    " " * MIB + "a b",
    "a" + " " * MIB + "a",
    "a" + "\u0300\u0327" * (MIB // 4),
    "P" + "1D" * (MIB // 2),
]
FIELDS: dict[str, Any] = {
    "choice": serializers.ChoiceField(choices=["a"], required=False),
    "day": serializers.DateField(required=False),
    "decimal": serializers.DecimalField(max_digits=None, decimal_places=2, required=False),
    "email": serializers.EmailField(required=False),
    "flag": serializers.BooleanField(required=False),
    "float": serializers.FloatField(required=False),
    "german": serializers.DateTimeField(input_formats=["%d.%m.%Y %H:%M"], required=False),
    "integer": serializers.IntegerField(required=False),
    "ip": serializers.IPAddressField(required=False),
    "link": serializers.URLField(required=False),
    "moment": serializers.DateTimeField(required=False),
    "name": serializers.NormalizedCharField(max_length=150, required=False),
    "pattern": serializers.RegexField(r"(a+)+$", required=False),
    "several": serializers.MultipleChoiceField(choices=["a"], required=False),
    "slug": serializers.SlugField(required=False),
    "span": serializers.DurationField(required=False),
    "time": serializers.TimeField(required=False),
    "uuid": serializers.UUIDField(required=False),
}


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_rejects_a_long_text_at_once(settings, field):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * MIB
    post = echoes.route(settings, echoes.serializer(**FIELDS))

    with interrupted():
        assert {post({field: text}).status_code for text in TEXTS} == {400}


@pytest.mark.parametrize("max_length", [None, 20])
@pytest.mark.parametrize("cls", ["CharField", "EmailField", "RegexField", "SlugField", "URLField"])
def test_no_expression_sees_a_text_that_is_too_long(settings, cls, max_length):
    seen = []

    class Recorded(RegexValidator):
        def __call__(self, value: Any) -> None:
            seen.append(len(value))

    arguments = {"regex": "a"} if cls == "RegexField" else {}
    field = getattr(serializers, cls)(max_length=max_length, validators=[Recorded()], **arguments)
    post = echoes.route(settings, echoes.serializer(text=field))

    response = post({"text": "a" * 1001})

    assert response.status_code == 400
    assert codes(response.data) == {"max_length"}
    assert seen == []
    post({"text": "a" * 10})
    assert seen == [10]


def test_a_text_without_an_expression_has_no_other_limit_than_its_own(settings):
    post = echoes.route(settings, echoes.serializer(text=serializers.CharField()))

    assert post({"text": "a" * 100_000}).status_code == 200


@pytest.mark.parametrize("name", ["Accept", "Content-Type", "Cookie", "If-Match", "If-None-Match", "Idempotency-Key"])
@pytest.mark.parametrize(
    "value",
    [";" * MIB, "a," * (MIB // 2), '"' + '\\"' * (MIB // 2), 'a="' + "\\a" * (MIB // 2) + '"', '"a", ' * (MIB // 5)],
)
def test_an_overlong_header_is_rejected_before_it_is_parsed(name, value):
    headers = {"Content-Type": None, name: value}
    # The client's own request raises from 10,000 characters on (Django 6.1), which `hardening.wsgi` answers.
    content_type = headers.pop("Content-Type") or "application/json"
    with interrupted():
        response = Client().generic("GET", "/shapes/kinds/", content_type=content_type[:9000], headers=headers)

    assert response.status_code in (400, 415)
    assert response.json()["code"] in ("bad_request", "unsupported_media_type")


def test_the_repetitions_of_a_header_count_together(ada):
    within, beyond = ("a" * length for length in (middleware.MAX_HEADER, middleware.MAX_HEADER + 1))

    assert ada.get("/shapes/kinds/", headers={"X-Any": within}).status_code == 200
    assert ada.get("/shapes/kinds/", headers={"X-Any": beyond}).status_code == 400


def test_an_accept_header_that_is_too_long_is_406(ada):
    sent = "application/problem+json," + "a/b," * (problem_details.MAX_ACCEPT // 4)

    response = ada.get("/shapes/kinds/", headers={"Accept": sent})

    assert response.status_code == 406
    assert response["Content-Type"] == "application/json"


def test_entity_tags_are_read_in_linear_time():
    for sent in ('"a" ' * (MIB // 4), '"a",' * (MIB // 4), '"' + "a" * MIB, '"a"' + " " * MIB, 'W/"' * (MIB // 3)):
        request: Any = SimpleNamespace(headers={"If-Match": sent})
        with interrupted(), pytest.raises(APIException):
            entity_tags(request, "If-Match")


def test_a_url_that_is_too_long_is_rejected_before_it_is_parsed(monkeypatch):
    monkeypatch.setattr(slugs_and_urls, "urlsplit", pytest.fail)
    field = HyperlinkedRelatedField("a-detail", queryset=lambda queryset, field: queryset)

    with pytest.raises(ValidationError) as caught:
        field.check_url("http://a" + "\u0300\u0327" * (MIB // 2))

    assert codes(caught.value.detail) == {"no_match"}


def test_the_media_types_of_a_short_header_only_are_compared(monkeypatch):
    request: Any = APIRequestFactory().get("/", headers={"Accept": "a/b," * problem_details.MAX_ACCEPT})

    with pytest.raises(APIException):
        ContentNegotiation().get_accept_list(request)


def test_rows_are_left_out_of_a_log_line_in_linear_time():
    for text in ("DETAIL: " * (MIB // 8), "\n" * MIB, "DETAIL: " + "\n\t" * (MIB // 2), "\r" * MIB):
        with interrupted():
            logging._remove_values(None, "", {"exception": text})


def unbounded(pattern: re.Pattern[str]) -> list[str]:
    """Return the quantifiers of *pattern* without an upper limit."""
    return re.findall(r"[*+](?![^\[]*\])", pattern.pattern)


@pytest.mark.parametrize("pattern", [related_fields._INTEGER, middleware._REQUEST_ID], ids=lambda each: each.pattern)
def test_an_expression_that_sees_input_of_any_length_has_bounded_quantifiers(pattern):
    assert unbounded(pattern) == []
