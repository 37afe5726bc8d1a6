"""django-countries: countries as codes, names or objects."""

import pytest
from django_countries.fields import CountryField
from django_countries.serializer_fields import CountryField as CountrySerializerField
from django_countries.serializers import CountryFieldMixin

from hardening import serializers
from third_party.models import Open, models
from third_party.routed import checked, routes, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Trip(Open):
    name = models.CharField(max_length=20, unique=True)
    country = CountryField()
    via = CountryField(blank=True)
    back = CountryField(null=True, blank=True)
    stops = CountryField(multiple=True, blank=True)


class Stay(Open):
    country = CountryField(null=True)


class CodeSerializer(serializers.ModelSerializer):
    """Without anything of the package."""

    class Meta:
        model = Trip
        fields = ("id", "name", "country", "via", "back")


class StaySerializer(serializers.ModelSerializer):
    class Meta:
        model = Stay
        fields = ("id", "country")


class MixedSerializer(CountryFieldMixin, serializers.ModelSerializer):
    class Meta:
        model = Trip
        fields = ("id", "name", "country", "via", "back", "stops")
        extra_kwargs = {"stops": {"required": False}}


class ObjectSerializer(MixedSerializer):
    class Meta(MixedSerializer.Meta):
        extra_kwargs = {**MixedSerializer.Meta.extra_kwargs, "country": {"country_dict": True}}


class NameSerializer(MixedSerializer):
    class Meta(MixedSerializer.Meta):
        extra_kwargs = {**MixedSerializer.Meta.extra_kwargs, "country": {"name_only": True}}


class DeclaredSerializer(serializers.ModelSerializer):
    country = CountrySerializerField(country_dict=True)

    class Meta:
        model = Trip
        fields = ("id", "name", "country")


class SeveralSerializer(serializers.ModelSerializer):
    class Meta:
        model = Trip
        fields = ("id", "stops")


urlpatterns = routes(
    codes=viewset(CodeSerializer),
    stays=viewset(StaySerializer),
    mixed=viewset(MixedSerializer),
    objects=viewset(ObjectSerializer),
    names=viewset(NameSerializer),
    declared=viewset(DeclaredSerializer),
)
SHOWN = {
    "codes": "NZ",
    "mixed": "NZ",
    "objects": {"code": "NZ", "name": "New Zealand"},
    "names": "New Zealand",
    "declared": {"code": "NZ", "name": "New Zealand"},
}


@pytest.mark.parametrize("kind", SHOWN)
def test_a_rendered_value_is_accepted(ada, kind):
    for sent in ("NZ", SHOWN[kind]):
        created = ada.post(f"/{kind}/", {"name": "a", "country": sent})

        assert (created.status_code, created.json()["country"]) == (201, SHOWN[kind])
        again = ada.put(f"/{kind}/{created.json()['id']}/", created.json())
        assert (again.status_code, again.json()) == (200, created.json())
        Trip.objects.all().delete()


@pytest.mark.parametrize("kind", ["codes", "mixed"])
@pytest.mark.parametrize(("via", "back"), [("", None), ("", ""), ("FR", "FR")])
def test_an_empty_country_is_shown_and_accepted_back(ada, kind, via, back):
    created = ada.post(f"/{kind}/", {"name": "a", "country": "NZ", "via": via, "back": back})

    assert (created.status_code, created.json()["via"]) == (201, via)
    assert (created.json()["back"] or None) == (back or None)
    again = ada.put(f"/{kind}/{created.json()['id']}/", created.json())
    assert (again.status_code, again.json()) == (200, created.json())


def test_a_country_that_is_null_is_shown_and_accepted_back(ada):
    created = ada.post("/stays/", {"country": None})

    assert (created.status_code, created.json()["country"]) == (201, None)
    assert ada.put(f"/stays/{created.json()['id']}/", created.json()).json() == created.json()


@pytest.mark.parametrize("kind", SHOWN)
@pytest.mark.parametrize("value", ["XX", "", "\0", [], {}, ["NZ"], False, True, 0, 1.5, {"code": None}, {"name": "NZ"}])
def test_an_invalid_country_is_400_under_its_field(ada, kind, value):
    response = ada.post(f"/{kind}/", {"name": "a", "country": value})

    assert (response.status_code, list(response.json())) == (400, ["country"])
    assert not Trip.objects.exists()


@pytest.mark.parametrize("value", [{}, [], False])
def test_a_value_that_is_not_a_string_is_not_an_empty_country(ada, value):
    response = ada.post("/mixed/", {"name": "a", "country": "NZ", "via": value})

    assert (response.status_code, response.json()) == (400, {"via": ["The value has the wrong JSON type."]})


def test_several_countries_are_a_list(ada):
    created = ada.post("/mixed/", {"name": "a", "country": "NZ", "stops": ["NZ", "AU"]})

    assert (created.status_code, created.json()["stops"]) == (201, ["AU", "NZ"])
    again = ada.put(f"/mixed/{created.json()['id']}/", created.json())
    assert (again.status_code, again.json()) == (200, created.json())


@pytest.mark.parametrize(
    ("stops", "errors"),
    [
        (["NZ", "XX"], {"1": ['"XX" is not a valid choice.']}),
        (["NZ", []], {"1": ["The value has the wrong JSON type."]}),
        ("NZ", ['Expected a list of items but got type "str".']),
        (["NZ"] * 1000, ["Ensure this field has no more than 249 elements."]),
    ],
)
def test_a_list_that_is_wrong_is_400_under_its_index(ada, stops, errors):
    response = ada.post("/mixed/", {"name": "a", "country": "NZ", "stops": stops})

    assert (response.status_code, response.json()) == (400, {"stops": errors})


def test_a_second_trip_of_that_name_is_409(ada):
    ada.post("/objects/", {"name": "a", "country": "NZ"})

    response = ada.post("/objects/", {"name": "a", "country": "NZ"})

    assert (response.status_code, list(response.json())) == (409, ["name"])


def test_the_checks_accept_countries(db):
    assert checked(urlpatterns) == []


def test_several_countries_without_the_mixin_of_the_package_are_reported(db):
    assert checked(routes(several=viewset(SeveralSerializer))) == ["E019"]
