"""A form that has a key more than once is rejected, as a JSON object is."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework import serializers as drf
from rest_framework.fields import empty

from hardening import serializers
from hardening.serializers.composite_fields import ConfirmField
from shapes import echoes
from shapes.models import Author

TWICE = ["Send each field only once."]


class PartSerializer(serializers.Serializer):
    size = serializers.IntegerField()
    tags = serializers.ListField(child=serializers.CharField(), required=False)


class GatheringField(drf.CharField):
    """A field of a package that reads all values."""

    def get_value(self, dictionary):
        return " ".join(dictionary.getlist(self.field_name)) or empty


@pytest.fixture
def post(settings):
    return echoes.route(
        settings,
        echoes.serializer(
            name=serializers.CharField(required=False),
            numbers=serializers.ListField(child=serializers.IntegerField(), required=False),
            colours=serializers.MultipleChoiceField(choices=["red", "green"], required=False),
            authors=serializers.PrimaryKeyRelatedField(queryset=Author.objects.all(), many=True, required=False),
            words=GatheringField(required=False),
            table=serializers.DictField(required=False),
            part=PartSerializer(required=False),
            parts=PartSerializer(many=True, required=False),
        ),
    )


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"name": ["a", "b"]}, {"name": TWICE}),
        ({"name": ["a", "a"]}, {"name": TWICE}),
        ({"table.x": ["1", "2"]}, {"table": TWICE}),
        ({"part.size": ["1", "2"]}, {"part": {"size": TWICE}}),
        ({"numbers[0]": ["1", "2"]}, {"numbers": TWICE}),
        ({"parts[0]size": ["1", "2"]}, {"parts": TWICE}),
        ({"name": ["a", "b"], "part.size": ["x", "2"]}, {"name": TWICE, "part": {"size": TWICE}}),
        ({"nmae": ["a", "b"]}, {"nmae": ["This field does not exist."]}),
    ],
)
def test_a_key_with_two_values_is_rejected_under_its_field(post, body, errors):
    response = post(body, "multipart")

    assert (response.status_code, response.json()) == (400, errors)


@pytest.mark.django_db
def test_a_field_of_many_values_accepts_a_key_for_each(post):
    authors = [Author.objects.create(name=name).pk for name in "ab"]
    body = {
        "numbers": ["1", "2"],
        "colours": ["red", "green"],
        "authors": authors,
        "words": ["a", "b"],
        "part.size": "1",
        "part.tags": ["x", "y"],
        "csrfmiddlewaretoken": ["x", "y"],
    }

    response = post(body, "multipart")

    assert response.status_code == 200, response.json()
    shown = response.json()
    assert sorted(shown.pop("colours")) == ["green", "red"]
    assert shown == {
        "numbers": [1, 2],
        "authors": authors,
        "words": "a b",
        "part": {"size": 1, "tags": ["x", "y"]},
    }


def test_a_value_that_is_confirmed_is_sent_once(settings):
    fields = {"password": serializers.CharField(), "again": ConfirmField("password")}
    post = echoes.route(settings, echoes.serializer(**fields))

    response = post({"password": "x", "again": ["y", "x"]}, "multipart")

    assert (response.status_code, response.json()) == (400, {"again": TWICE})


def test_two_files_under_one_key_are_rejected(settings):
    post = echoes.route(settings, echoes.serializer(file=serializers.FileField()))
    files = [SimpleUploadedFile(name, b"x") for name in ("a.txt", "b.txt")]

    response = post({"file": files}, "multipart")

    assert (response.status_code, response.json()) == (400, {"file": TWICE})


def test_a_form_of_many_objects_has_each_key_once(settings):
    post = echoes.route(settings, PartSerializer, many=True)

    assert post({"[0]size": "1", "[1]size": "2"}, "multipart").status_code == 200
    response = post({"[0]size": ["1", "2"]}, "multipart")
    assert (response.status_code, response.json()) == (400, {"non_field_errors": TWICE})


def test_a_view_without_strict_input_takes_the_last_value_as_drf_does(settings, post, monkeypatch):
    monkeypatch.setattr("hardening.views.APIView.strict_input", False)

    response = post({"name": ["a", "b"]}, "multipart")

    assert (response.status_code, response.json()["name"]) == (200, "b")
