"""The schema of related fields is made without a request, and asks nobody; that of errors follows the constraints."""

from importlib import import_module

import pytest
from django.urls import path as url
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import extend_schema

from hardening.relations import ScopedRelatedField
from shapes.models import Badge
from shapes.serializers import BadgeSerializer
from shapes.urls import router
from shapes.views import Listed

KEY, TEXT, LINK = "integer", "string", "string as uri"


def type_of(schema):
    """Return the type in one word, whichever way the version of OpenAPI has to allow null."""
    names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    found = next(each for each in names if each != "null")
    if found == "array":
        return [type_of(schema["items"])]
    return f"{found} as {schema['format']}" if "format" in schema else found


@pytest.fixture
def components(monkeypatch):
    """The schemas of what is read and written under `/parcels-…`; a scope that is asked fails."""

    def get_queryset(field):
        raise AssertionError(field)

    monkeypatch.setattr(ScopedRelatedField, "get_queryset", get_queryset)
    monkeypatch.setattr(spectacular_settings, "COMPONENT_SPLIT_REQUEST", True)
    patterns = [each for each in router.urls if str(each.pattern).startswith("^parcels-")]
    return SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)["components"]["schemas"]


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("ByKey", {"crate": KEY, "by_code": TEXT, "crates": [KEY], "small": KEY, "sibling": KEY}),
        ("BySlug", {"crate": TEXT, "crates": [TEXT]}),
        ("ByLink", {"crate": LINK, "crates": [LINK]}),
        ("Stamp", {"crate": KEY, "code": TEXT, "link": LINK, "crates": [KEY], "links": [LINK]}),
    ],
)
def test_a_related_field_has_the_type_of_its_key(components, name, types):
    properties = components[name]["properties"]

    assert {key: type_of(properties[key]) for key in types} == types


def test_the_schema_of_a_list_of_related_objects_has_its_maximum(components):
    assert components["StampRequest"]["properties"]["crates"]["maxItems"] == 100
    assert "maxItems" not in components["Stamp"]["properties"]["crates"]


def _conflicts(module):
    """Return `{(method, path): {status: field names}}` of the documented conflicts of *module*."""
    patterns = import_module(f"shapes.{module}").router.urls
    document = SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)
    return {
        (method, path): {
            status: _field_names(response, document["components"]["schemas"])
            for status, response in operation["responses"].items()
            if status in ("409", "422")
        }
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def _field_names(response, schemas):
    schema = response["content"]["application/json"]["schema"] if "content" in response else response
    names = [each["$ref"].rpartition("/")[2] for each in schema.get("anyOf", [schema])]
    return {key for name in names if name in schemas for key in schemas[name]["properties"]} - {"non_field_errors"}


ERROR = {"detail", "code"}


@pytest.mark.parametrize(
    ("module", "operation", "expected"),
    [
        ("urls", "post /badges/", {"409": {"badge"}}),  # unique=True under another name
        ("urls", "patch /stays/{id}/", {"409": set()}),  # an exclusion constraint over several fields
        ("urls", "post /events/", {"409": set()}),  # a date of a date-time, and another field
        ("urls", "post /handles/", {"409": {"name", "team"}}),
        ("urls", "post /baskets/", {"409": {"name", "label", "items"}}),  # rows of nested serializers
        ("urls", "post /raw-declared/", {"409": {"code"}}),  # what only a migration knows
        ("urls", "post /values/", {}),  # nothing is unique but its key
        ("urls", "post /documents/", {}),
        ("other_writes", "post /tutorial/", {"409": {"title"}}),  # a plain serializer
        ("other_writes", "post /offers/", {"409": {"good_name", "books"}}),  # a related row, and a through table
        ("other_writes", "post /goods/{good}/places/{place}/", {"409": set()}),  # a value of the URL
        ("other_writes", "patch /goods/{good}/places/{place}/{id}/", {}),  # which no change can violate
        ("other_writes", "post /goods/take_all/", {"409": {"name", *ERROR}}),  # an action
        ("filed", "post /scans/", {"409": {"title"}, "422": {"pages"}}),  # a status of the constraint's own
        ("filed", "delete /scans/{id}/", {"409": set()}),
        ("filed", "get /scans/{id}/", {}),
    ],
)
def test_every_conflict_with_a_constraint_is_documented_under_its_field_names(module, operation, expected):
    method, path = operation.split(" ")

    assert _conflicts(module)[method, path] == expected


def test_a_list_is_documented_with_errors_under_its_positions():
    view = type("ManyView", (Listed,), {"queryset": Badge.objects.all(), "serializer_class": BadgeSerializer})
    many = extend_schema(request=BadgeSerializer(many=True))(view)
    patterns = [url("badges/", many.as_view({"post": "create"}))]
    document = SchemaGenerator(patterns=patterns).get_schema(request=None, public=True)

    response = document["paths"]["/badges/"]["post"]["responses"]["409"]
    schema = response["content"]["application/json"]["schema"]
    assert schema["additionalProperties"]["anyOf"][1] == {"$ref": "#/components/schemas/BadgeConflict"}
