"""The schema of related fields is made without a request, and asks nobody."""

import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import spectacular_settings

from hardening.relations import ScopedRelatedField
from tests.hardening.shapes.urls import router

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


def test_a_list_of_related_fields_says_how_many_it_takes(components):
    assert components["StampRequest"]["properties"]["crates"]["maxItems"] == 100
    assert "maxItems" not in components["Stamp"]["properties"]["crates"]
