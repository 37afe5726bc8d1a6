"""A unique constraint whose expressions are plain fields is one on these fields, which SQLite names by its columns."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models
from django.db.models import F

from hardening import serializers
from hardening.models import Model, QuerySet
from hardening.viewsets import ModelViewSet
from shapes.routed import serve


class OpenQuerySet(QuerySet):
    def visible_to(self, user: Any) -> Any:
        return self.all()


class Shelf(Model):
    room = models.CharField(max_length=9)
    number = models.IntegerField()
    label = models.CharField(max_length=9, default="")

    objects = OpenQuerySet.as_manager()

    class Meta:
        app_label = "shapes"
        constraints = (
            models.UniqueConstraint(
                "room", F("number").desc(), name="shelf_room_number", violation_error_message="Used."
            ),
            models.UniqueConstraint("label", condition=~models.Q(label=""), name="shelf_label"),
        )


class ShelfSerializer(serializers.ModelSerializer):
    class Meta:
        model = Shelf
        fields = ("id", "room", "number", "label")
        constraint_fields = {"shelf_room_number": "number"}


class ShelfViewSet(ModelViewSet):
    queryset = Shelf.objects.all()
    serializer_class = ShelfSerializer


@pytest.fixture(scope="module", autouse=True)
def _table(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(Shelf)
    yield
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.delete_model(Shelf)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"room": "A", "number": 1}, {"number": ["Used."]}),
        ({"room": "B", "number": 1, "label": "x"}, {"label": ["shelf with this label already exists."]}),
    ],
)
def test_a_duplicate_is_409_under_the_field(ada, settings, body, error):
    serve(settings, shelves=ShelfViewSet)
    assert ada.post("/shelves/", {"room": "A", "number": 1, "label": "x"}).status_code == 201

    response = ada.post("/shelves/", body)

    assert (response.status_code, response.json()) == (409, error)
