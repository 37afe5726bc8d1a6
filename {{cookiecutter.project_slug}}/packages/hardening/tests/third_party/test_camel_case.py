"""djangorestframework-camel-case: field names in camelCase to clients, in snake_case to Python."""

from typing import Any

import pytest
from django.db import models
from djangorestframework_camel_case.parser import CamelCaseJSONParser
from djangorestframework_camel_case.render import CamelCaseJSONRenderer
from djangorestframework_camel_case.settings import api_settings
from djangorestframework_camel_case.util import underscoreize

from hardening import serializers
from hardening.parsers import JSONParser
from hardening.renderers import JSONRenderer
from third_party.models import Open
from third_party.routed import checked, routes, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class News(Open):
    first_line = models.CharField(max_length=5, unique=True)
    more_lines = models.JSONField(default=list)


class LineSerializer(serializers.Serializer):
    inner_line = serializers.CharField(max_length=5)


class NewsSerializer(serializers.ModelSerializer):
    nested_lines = LineSerializer(many=True, required=False, write_only=True)

    class Meta:
        model = News
        fields = ("id", "first_line", "nested_lines")

    def create(self, validated_data: Any) -> Any:
        validated_data.pop("nested_lines", None)
        return super().create(validated_data)


class Parser(JSONParser):
    """What `docs/packages.md` shows."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        return underscoreize(super().parse(*args, **kwargs), **api_settings.JSON_UNDERSCOREIZE)


class Renderer(CamelCaseJSONRenderer, JSONRenderer):
    """The package's, by way of ours."""


STOCK = viewset(NewsSerializer, parser_classes=[CamelCaseJSONParser], renderer_classes=[CamelCaseJSONRenderer])
OWN = viewset(NewsSerializer, parser_classes=[Parser], renderer_classes=[Renderer])
urlpatterns = routes(stock=STOCK, own=OWN)

PROBLEM = {"headers": {"Accept": "application/problem+json"}}


@pytest.mark.parametrize("kind", ["stock", "own"])
def test_fields_are_read_and_shown_in_camel_case(ada, kind):
    created = ada.post(f"/{kind}/", {"firstLine": "a"})

    assert (created.status_code, set(created.json())) == (201, {"id", "firstLine"})
    assert ada.put(f"/{kind}/{created.json()['id']}/", created.json()).json() == created.json()


@pytest.mark.parametrize("kind", ["stock", "own"])
@pytest.mark.parametrize(
    ("body", "status", "errors", "pointer"),
    [
        (
            {"firstLine": "too long"},
            400,
            {"firstLine": ["Ensure this field has no more than 5 characters."]},
            "/firstLine",
        ),
        ({}, 400, {"firstLine": ["This field is required."]}, "/firstLine"),
        (
            {"firstLine": "a", "bogusKey": 1},
            400,
            {"bogusKey": ["This field does not exist."]},
            "/bogusKey",
        ),
        ({"firstLine": "taken"}, 409, {"firstLine": ["news with this first line already exists."]}, "/firstLine"),
        (
            {"firstLine": "a", "nestedLines": [{"innerLine": "a"}, {}]},
            400,
            {"nestedLines": {"1": {"innerLine": ["This field is required."]}}},
            "/nestedLines/1/innerLine",
        ),
    ],
)
def test_an_error_is_reported_under_the_camel_case_name(ada, kind, body, status, errors, pointer):
    News.objects.create(first_line="taken")

    plain, problem = ada.post(f"/{kind}/", body), ada.post(f"/{kind}/", body, **PROBLEM)

    assert (plain.status_code, plain.json()) == (status, errors)
    assert [each["pointer"] for each in problem.json()["errors"]] == [pointer]


@pytest.mark.parametrize("kind", ["stock", "own"])
def test_errors_of_the_request_and_of_its_parameters_keep_their_form(ada, client, kind):
    assert set(client.get(f"/{kind}/").json()) == {"detail", "code"}
    assert set(ada.send("post", f"/{kind}/", b"{").json()) == {"detail", "code"}
    assert ada.get(f"/{kind}/?bogusName=1").json() == {"bogusName": ["This parameter does not exist."]}


def test_parameters_may_be_in_camel_case_where_its_middleware_is_installed(ada, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "djangorestframework_camel_case.middleware.CamelCaseMiddleWare"]
    for name in "ab":
        News.objects.create(first_line=name)

    first = ada.get("/own/?pageSize=1")

    assert [each["firstLine"] for each in first.json()["results"]] == ["b"]
    assert [each["firstLine"] for each in ada.get(first.json()["next"]).json()["results"]] == ["a"]
    assert list(ada.get("/own/?pageSize=0").json()) == ["pageSize"]


@pytest.mark.parametrize("body", [b"[" * 10_000, b'{"firstLine": NaN}', b'{"firstLine": "a", "firstLine": "b"}'])
def test_the_own_parser_reads_as_strictly_as_the_projects(ada, body):
    assert ada.send("post", "/own/", body).status_code == 400


def test_a_parser_that_is_not_the_projects_is_reported(db):
    assert checked(routes(news=STOCK)) == ["W041"]
    assert checked(routes(news=OWN)) == []
