"""A deprecated route or field is announced in headers (RFC 9745, RFC 8594) and in the OpenAPI document."""

from datetime import UTC, date, datetime
from types import ModuleType

import pytest
from django.urls import path
from drf_spectacular.generators import SchemaGenerator

from hardening.deprecation import Deprecated
from shapes.models import Badge
from shapes.routed import serializer, view

pytestmark = pytest.mark.django_db

SINCE, SUNSET = date(2027, 1, 1), datetime(2027, 7, 1, 12, tzinfo=UTC)
HEADERS = ("Deprecation", "Sunset", "Link")


@pytest.fixture
def get(ada, settings):
    """Return a function that routes a view and returns the announcing headers of its response."""

    def read(callback, query=""):
        urls = ModuleType("urls")
        urls.urlpatterns = [path("badges/", callback)]
        settings.ROOT_URLCONF = urls
        response = ada.get(f"/badges/{query}")
        return response.status_code, [response.get(name) for name in HEADERS]

    return read


def deprecate(**fields: Deprecated):
    return serializer(Badge, ("id", "number"), deprecated=fields)


def test_a_route_without_deprecations_announces_nothing(get):
    assert get(view()) == (200, [None, None, None])


def test_a_deprecated_route_announces_its_dates_and_its_page(get):
    moved = Deprecated(since=SINCE, sunset=SUNSET, link="https://example.com/v2")

    assert get(view(deprecated=moved)) == (
        200,
        ["@1798761600", "Thu, 01 Jul 2027 12:00:00 GMT", '<https://example.com/v2>; rel="deprecation"'],
    )


def test_an_error_of_a_deprecated_route_announces_it_too(get):
    assert get(view(deprecated=Deprecated(since=SINCE)), "?unknown=1") == (400, ["@1798761600", None, None])


def test_a_deprecated_field_is_announced_by_the_routes_of_its_serializer(get):
    assert get(view(deprecate(number=Deprecated(since=SINCE)))) == (200, ["@1798761600", None, None])


def test_the_earliest_dates_of_several_deprecations_are_announced(get):
    early = Deprecated(since=date(2026, 1, 1), sunset=date(2028, 1, 1))
    late = Deprecated(since=SINCE, sunset=SUNSET)

    assert get(view(deprecate(number=early), deprecated=late)) == (
        200,
        ["@1767225600", "Thu, 01 Jul 2027 12:00:00 GMT", None],
    )


def test_a_sunset_before_the_deprecation_is_rejected():
    with pytest.raises(ValueError, match="must not be earlier"):
        Deprecated(since=SINCE, sunset=date(2026, 1, 1))


def test_the_openapi_document_marks_deprecated_operations_and_fields():
    callback = view(deprecate(number=Deprecated(since=SINCE)), deprecated=Deprecated(since=SINCE))

    document = SchemaGenerator(patterns=[path("badges/", callback)]).get_schema(request=None, public=True)

    assert [each["deprecated"] for each in document["paths"]["/badges/"].values()] == [True, True]
    properties = document["components"]["schemas"]["Bad"]["properties"]
    assert {name: each.get("deprecated", False) for name, each in properties.items()} == {"id": False, "number": True}


def test_a_deprecated_field_that_does_not_exist_is_found_by_the_checks(found):
    assert found(view(deprecate(nubmer=Deprecated(since=SINCE)))) == ["E004"]
