"""django-taggit: tags as a list of names."""

from typing import Any

import pytest
from rest_framework import serializers as drf
from taggit.managers import TaggableManager
from taggit.serializers import TaggitSerializer, TagListSerializerField

from hardening import serializers
from third_party.models import Open, models
from third_party.routed import checked, routes, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Photo(Open):
    name = models.CharField(max_length=20, unique=True)
    tags = TaggableManager(blank=True)


class TagListField(TagListSerializerField):
    """What `docs/packages.md` shows."""

    strict_input = True
    child = serializers.CharField(max_length=100)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 100, **kwargs})

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        return drf.ListField.to_internal_value(self, data)


class Meta:
    model = Photo
    fields = ("id", "name", "tags")
    prefetch_related = ("tags",)


class PhotoSerializer(TaggitSerializer, serializers.ModelSerializer):
    tags = TagListField(required=False)
    Meta = Meta


class StockFieldSerializer(TaggitSerializer, serializers.ModelSerializer):
    tags = TagListSerializerField(required=False)
    Meta = Meta


class LateSerializer(serializers.ModelSerializer, TaggitSerializer):
    tags = TagListField(required=False)
    Meta = Meta


class UnsavedSerializer(serializers.ModelSerializer):
    tags = TagListField(required=False)
    Meta = Meta


class ShownSerializer(serializers.ModelSerializer):
    tags = TagListField(read_only=True)
    Meta = Meta


class BareSerializer(serializers.ModelSerializer):
    Meta = Meta


urlpatterns = routes(photos=viewset(PhotoSerializer))


def test_tags_are_stored_shown_and_accepted_back(ada):
    created = ada.post("/photos/", {"name": "a", "tags": ["sea", "sky"]})

    assert (created.status_code, sorted(created.json()["tags"])) == (201, ["sea", "sky"])
    where = f"/photos/{created.json()['id']}/"
    stored = ada.get(where).json()
    assert sorted(stored["tags"]) == ["sea", "sky"]
    again = ada.put(where, stored)
    assert (again.status_code, again.json()) == (200, stored)
    assert ada.patch(where, {"tags": []}).json()["tags"] == []
    assert ada.get(where).json()["tags"] == []


@pytest.mark.parametrize(
    "tags", ["", "a", '["a"]', "[" * 5000, {}, {"a": 1}, 1, True, None, [1], [None], [["a"]], [""], [" "], ["\0"]]
)
def test_a_value_that_is_not_a_list_of_strings_is_400_under_its_field(ada, tags):
    response = ada.post("/photos/", {"name": "a", "tags": tags})

    assert (response.status_code, list(response.json())) == (400, ["tags"])
    assert not Photo.objects.exists()


def test_a_tag_that_is_too_long_and_too_many_tags_are_400(ada):
    long = ada.post("/photos/", {"name": "a", "tags": ["a", "x" * 101]})
    many = ada.post("/photos/", {"name": "a", "tags": [str(number) for number in range(101)]})

    assert (long.status_code, long.json()) == (
        400,
        {"tags": {"1": ["Ensure this field has no more than 100 characters."]}},
    )
    assert (many.status_code, list(many.json())) == (400, ["tags"])


def test_a_second_photo_of_that_name_is_409_and_stores_no_tags(ada):
    ada.post("/photos/", {"name": "a", "tags": ["sea"]})

    response = ada.post("/photos/", {"name": "a", "tags": ["sky"]})

    assert (response.status_code, list(response.json())) == (409, ["name"])
    assert list(Photo.tags.values_list("name", flat=True)) == ["sea"]


def test_the_checks_accept_tags(db):
    assert checked(urlpatterns) == []
    assert checked(routes(photos=viewset(ShownSerializer))) == []


@pytest.mark.parametrize("wrong", [StockFieldSerializer, LateSerializer, UnsavedSerializer, BareSerializer])
def test_tags_that_are_lost_or_read_from_a_string_are_reported(db, wrong):
    assert checked(routes(photos=viewset(wrong))) == ["E020"]
