"""django-polymorphic and django-rest-polymorphic: one route for the objects of several models."""

from typing import Any

import pytest
from django.conf import settings
from django.db import models
from django.db.models import Q
from drf_spectacular.generators import SchemaGenerator
from polymorphic.base import PolymorphicModelBase
from polymorphic.managers import PolymorphicManager, PolymorphicQuerySet
from polymorphic.models import PolymorphicModel
from rest_polymorphic.serializers import PolymorphicSerializer

from hardening import serializers
from hardening.models import Model
from hardening.querysets import ModelBase
from hardening.serializers.polymorphic import PolymorphicMixin
from third_party.models import Open, OpenQuerySet
from third_party.routed import checked, routes, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class PolymorphicBase(PolymorphicModelBase, ModelBase):
    """What `docs/packages.md` shows."""


class ItemQuerySet(OpenQuerySet, PolymorphicQuerySet):
    """The same."""


class Item(PolymorphicModel, Model, metaclass=PolymorphicBase):
    name = models.CharField(max_length=10, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True)

    objects = PolymorphicManager.from_queryset(ItemQuerySet)()

    class Meta:
        app_label = "third_party"


class Disc(Item):
    code = models.CharField(max_length=5, unique=True)
    minutes = models.IntegerField(default=1)

    immutable_fields = ("code",)

    class Meta:
        app_label = "third_party"
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gt=0), name="disc_time", violation_error_message="Too short.")
        ]


class Shelf(Open):
    item = models.ForeignKey(Item, on_delete=models.PROTECT)


class ItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = Item
        fields = ("id", "name")


class DiscSerializer(serializers.ModelSerializer):
    class Meta:
        model = Disc
        fields = ("id", "name", "code", "minutes", "owner")
        create_defaults = {"owner": serializers.current_user}


class ItemsSerializer(PolymorphicMixin, PolymorphicSerializer):
    model_serializer_mapping = {Item: ItemSerializer, Disc: DiscSerializer}


class BareSerializer(PolymorphicSerializer):
    model_serializer_mapping = {Item: ItemSerializer, Disc: DiscSerializer}


class OpenDiscSerializer(serializers.ModelSerializer):
    class Meta:
        model = Disc
        fields = "__all__"


class UncheckedSerializer(PolymorphicMixin, PolymorphicSerializer):
    model_serializer_mapping = {Disc: OpenDiscSerializer}


class Listed:
    """Takes one object, or a list of them."""

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        if isinstance(kwargs.get("data"), list):
            kwargs["many"] = True
        return super().get_serializer(*args, **kwargs)


def items(serializer_class: Any, *bases: type) -> Any:
    return type("ItemViewSet", (viewset(ItemSerializer, *bases),), {"serializer_class": serializer_class})


urlpatterns = routes(items=items(ItemsSerializer), lists=items(ItemsSerializer, Listed))

ITEM = {"resourcetype": "Item", "name": "a"}
DISC = {"resourcetype": "Disc", "name": "b", "code": "x", "minutes": 2}
UNIQUE_NAME = {"name": ["item with this name already exists."]}
UNIQUE_CODE = {"code": ["disc with this code already exists."]}


@pytest.fixture
def disc(ada):
    """The path of a disc."""
    return f"/items/{ada.post('/items/', DISC).json()['id']}/"


def test_objects_of_both_models_are_created_listed_changed_and_deleted(ada):
    created = [ada.post("/items/", each) for each in (ITEM, DISC)]
    assert [each.status_code for each in created] == [201, 201], created[1].content
    item, disc = (each.json() for each in created)

    assert disc == {**DISC, "id": disc["id"], "owner": ada.user.pk}
    assert {each["resourcetype"]: each for each in ada.get("/items/").json()["results"]} == {"Item": item, "Disc": disc}
    assert ada.put(f"/items/{disc['id']}/", {**disc, "minutes": 3}).json() == {**disc, "minutes": 3}
    assert ada.patch(f"/items/{disc['id']}/", {"minutes": 4}).json() == {**disc, "minutes": 4}
    assert ada.get(f"/items/{disc['id']}/").json()["minutes"] == 4
    assert ada.delete(f"/items/{disc['id']}/").status_code == 204
    assert not Disc.objects.exists()


@pytest.mark.parametrize(
    ("change", "status", "errors"),
    [
        ({"code": "y"}, 409, UNIQUE_NAME),
        ({"name": "c"}, 409, UNIQUE_CODE),
        ({}, 409, UNIQUE_NAME | UNIQUE_CODE),
        ({"resourcetype": "Item", "code": ...}, 400, {"minutes": ["This field does not exist."]}),
        ({"name": "c", "code": "y", "minutes": 0}, 400, {"minutes": ["Too short."]}),
        ({"name": "c", "code": "too long"}, 400, {"code": ["Ensure this field has no more than 5 characters."]}),
        ({"name": "c", "code": ...}, 400, {"code": ["This field is required."]}),
        ({"resourcetype": ...}, 400, {"resourcetype": ["This field is required."]}),
        ({"resourcetype": "Tape"}, 400, {"resourcetype": ['"Tape" is not a valid choice.']}),
        ({"resourcetype": ["Disc"]}, 400, {"resourcetype": ["\"['Disc']\" is not a valid choice."]}),
        ({"resourcetype": None}, 400, {"resourcetype": ["This field is required."]}),
        ({"owner": 0}, 400, {"owner": ["This field cannot be changed."]}),
    ],
)
def test_an_error_of_a_parent_or_a_child_is_reported_under_its_field(ada, disc, change, status, errors):
    body = {key: value for key, value in {**DISC, **change}.items() if value is not ...}

    response = ada.post("/items/", body)

    assert (response.status_code, response.json()) == (status, errors)
    assert Item.objects.count() == 1


@pytest.mark.parametrize("method", ["put", "patch"])
@pytest.mark.parametrize(
    ("change", "status", "errors"),
    [
        ({"name": "a"}, 409, UNIQUE_NAME),
        ({"minutes": -1}, 400, {"minutes": ["Too short."]}),
        ({"code": "z"}, 400, {"code": ["This field cannot be changed."]}),
        ({"resourcetype": "Item"}, 400, {"resourcetype": ["This field cannot be changed."]}),
        ({"bogus": 1}, 400, {"bogus": ["This field does not exist."]}),
    ],
)
def test_an_error_of_a_change_is_reported_under_its_field(ada, disc, method, change, status, errors):
    ada.post("/items/", ITEM)

    response = getattr(ada, method)(disc, {**DISC, **change})

    assert (response.status_code, response.json()) == (status, errors)
    assert ada.get(disc).json().items() >= DISC.items()


@pytest.mark.parametrize("body", [b"[1]", b"5", b"null", b'"x"', b"[]", b"true"])
@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_a_body_that_is_not_an_object_is_400(ada, disc, method, body):
    response = ada.send(method, "/items/" if method == "post" else disc, body)

    assert response.status_code == 400, response.content


def test_a_list_of_objects_is_created_as_one_transaction(ada, disc):
    created = ada.post("/lists/", [ITEM, {**DISC, "name": "c", "code": "y"}])
    assert [each["resourcetype"] for each in created.json()] == ["Item", "Disc"], created.content

    rejected = ada.post("/lists/", [{**ITEM, "name": "d"}, {**DISC, "name": "e"}])

    assert (rejected.status_code, rejected.json()) == (409, {"1": UNIQUE_CODE})
    assert Item.objects.count() == 3


def test_an_object_that_others_refer_to_is_not_deleted(ada, disc):
    Shelf.objects.create(item=Item.objects.get())

    assert ada.delete(disc).status_code == 409


def test_a_related_object_is_of_its_own_model(ada, disc):
    shelf = Shelf.objects.create(item=Item.objects.get())

    assert isinstance(Shelf.objects.get(pk=shelf.pk).item, Disc)


def test_the_schema_has_the_conflicts_of_all_models():
    schema = SchemaGenerator().get_schema(request=None, public=True)
    conflict = schema["paths"]["/items/"]["post"]["responses"]["409"]["content"]["application/json"]["schema"]
    named = schema["components"]["schemas"][conflict["$ref"].rpartition("/")[2]]

    assert {"name", "code"} <= named["properties"].keys()


def test_the_schema_accepts_the_type_beside_the_fields():
    schemas = SchemaGenerator().get_schema(request=None, public=True)["components"]["schemas"]

    body = schemas["DiscTypedRequest"]
    parts = [schemas[part["$ref"].rpartition("/")[2]] if "$ref" in part else part for part in body["allOf"]]

    assert {"resourcetype", "name", "code"} <= {name for part in parts for name in part["properties"]}
    assert all(part.get("additionalProperties", True) for part in parts)


def test_the_checks_accept_the_mixin_and_examine_its_serializers(db):
    assert checked(urlpatterns) == []
    assert checked(routes(items=items(BareSerializer))) == ["E032"]
    assert checked(routes(items=items(UncheckedSerializer))) == ["E003", "E006"]
