"""The response to a write shows the annotations of the queryset, and a serializer without them costs no query."""

from typing import Any

import pytest
from django.db.models import Count, Value

from hardening import serializers
from hardening.testing.statements import statements
from hardening.viewsets import ModelViewSet
from shapes.models import Ticket
from shapes.routed import serve
from shapes.serializers import plain

pytestmark = pytest.mark.django_db


def showing(**fields: Any) -> type[serializers.ModelSerializer]:
    """Return a serializer with *fields*, which show an annotation."""
    base = plain(Ticket, "id", "title", *fields)
    return type(
        "ShowingSerializer", (base,), {"Meta": base.Meta, "get_shown": lambda _self, row: row.counted, **fields}
    )


class WholeSerializer(plain(Ticket, "id", "title")):  # type: ignore[misc]  # a class made at run time
    def to_representation(self, instance: Any) -> Any:
        return {**super().to_representation(instance), "shown": instance.counted}


class Counted(ModelViewSet):
    queryset = Ticket.objects.annotate(counted=Count("labels") + Value(7))


class Reread(Counted):
    """Shows what was created by another serializer than the one that wrote it."""

    serializer_class = plain(Ticket, "id", "title")

    def perform_create(self, serializer: Any) -> None:
        super().perform_create(serializer)
        self.written = serializer.instance

    def create(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().create(request, *args, **kwargs)
        response.data = {**response.data, "shown": self.written.counted}
        return response


SHOWING = {
    "column": showing(shown=serializers.IntegerField(source="counted", read_only=True)),
    "method": showing(shown=serializers.SerializerMethodField()),
    "whole": WholeSerializer,
}


@pytest.fixture(autouse=True)
def routed(settings: Any) -> Any:
    views = {name: type("Shown", (Counted,), {"serializer_class": shown}) for name, shown in SHOWING.items()}
    serve(
        settings,
        **views,
        reread=Reread,
        plain=type("Plain", (Counted,), {"serializer_class": plain(Ticket, "id", "title")}),
    )


@pytest.mark.parametrize("name", SHOWING)
def test_the_response_to_a_write_shows_an_annotation_wherever_the_serializer_reads_it(ada, name):
    created = ada.post(f"/{name}/", {"title": "one"})
    changed = ada.patch(f"/{name}/{created.json()['id']}/", {"title": "two"})

    assert (created.status_code, created.json()["shown"]) == (201, 7), created.content
    assert (changed.status_code, changed.json()["shown"]) == (200, 7), changed.content


def test_a_create_of_the_projects_own_finds_the_annotations_on_the_instance(ada):
    created = ada.post("/reread/", {"title": "one"})

    assert (created.status_code, created.json()["shown"]) == (201, 7), created.content


def test_a_serializer_without_annotations_reads_none_after_a_create(ada):
    with statements() as taken:
        response = ada.post("/plain/", {"title": "one"})

    assert response.status_code == 201
    assert "INSERT shapes_ticket" in taken
    assert [each for each in taken if each.startswith("SELECT")] == ["SELECT knox_authtoken"]
