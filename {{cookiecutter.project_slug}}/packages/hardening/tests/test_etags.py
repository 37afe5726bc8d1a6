"""An ETag stands for the whole representation, and the response to a write shows what is stored."""

from typing import Any

import pytest
from django.db import connection, models
from django.db.models import Count, F, Value
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer
from rest_framework.response import Response

from hardening import serializers
from hardening.models import VersionedModel
from hardening.relations import visible_to_caller
from hardening.renderers import JSONRenderer
from hardening.resources.preconditions import PreconditionsMixin
from hardening.viewsets import ModelViewSet
from shapes.models import Basket, Label, Ticket
from shapes.models.rules import OpenQuerySet
from shapes.routed import serve
from shapes.serializers import LabelSerializer, plain

pytestmark = pytest.mark.django_db(transaction=True)


class Bill(VersionedModel):
    price = models.IntegerField()
    quantity = models.IntegerField(default=1)
    total = models.GeneratedField(
        expression=F("price") * F("quantity"), output_field=models.IntegerField(), db_persist=True
    )
    state = models.CharField(max_length=10, db_default=Value("open"))

    objects = OpenQuerySet.as_manager()

    class Meta:
        app_label = "shapes"
        managed = False


class BillSerializer(serializers.ModelSerializer):
    class Meta:
        model = Bill
        fields = ("id", "price", "quantity", "total", "state")
        extra_kwargs = {"state": {"required": False}}

    def update(self, instance: Any, validated_data: Any) -> Any:
        if validated_data.get("quantity") == 9:
            validated_data["quantity"] = F("quantity") + 1
        return super().update(instance, validated_data)


class TicketSerializer(serializers.ModelSerializer):
    """Shows other rows in every way there is."""

    texts = LabelSerializer(source="labels", many=True, read_only=True)
    names = serializers.SlugRelatedField("text", source="labels", many=True, read_only=True)
    length = serializers.SerializerMethodField()
    counted = serializers.IntegerField(read_only=True)

    class Meta:
        model = Ticket
        fields = ("id", "title", "labels", "texts", "names", "length", "counted")
        related_querysets = {"labels": visible_to_caller}

    def get_length(self, ticket: Any) -> int:
        return len("".join(label.basket.name for label in ticket.labels.all()))


def showing(name: str) -> type[serializers.ModelSerializer]:
    """Return the part of `TicketSerializer` that shows the field *name*."""
    scopes = {"labels": visible_to_caller} if name == "labels" else {}
    meta = type("Meta", (), {"model": Ticket, "fields": ("id", "title", name), "related_querysets": scopes})
    others = {each: None for each in TicketSerializer._declared_fields if each != name}
    return type("ShowingSerializer", (TicketSerializer,), {"Meta": meta, **others})


class Counted(PreconditionsMixin, ModelViewSet):
    queryset = Ticket.objects.annotate(counted=Count("labels"))


class Text(BaseRenderer):
    media_type = "text/plain"
    format = "txt"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return repr(data).encode()


class BillViewSet(PreconditionsMixin, ModelViewSet):
    queryset = Bill.objects.all()
    serializer_class = BillSerializer
    renderer_classes = [JSONRenderer, Text]
    require_if_match = False

    @action(detail=True, methods=["post"], serializer_class=plain(Bill, "id", "price"))
    def raise_price(self, request, pk):
        bill = self.get_object()
        bill.price = F("price") + 1
        bill.save()
        return Response({"price": bill.price, "total": bill.total})


@pytest.fixture(autouse=True)
def routed(settings: Any) -> Any:
    names = ("labels", "texts", "names", "length", "counted")
    counted = {name: type(f"{name}ViewSet", (Counted,), {"serializer_class": showing(name)}) for name in names}
    serve(settings, bills=BillViewSet, **counted)
    with connection.schema_editor() as editor:
        editor.create_model(Bill)
    yield
    with connection.schema_editor() as editor:
        editor.delete_model(Bill)


@pytest.fixture
def label() -> Label:
    return Label.objects.create(basket=Basket.objects.create(name="b"), text="t")


CHANGES = {
    "deleted": lambda label: label.delete(),
    "deleted with its basket": lambda label: label.basket.delete(),
    "deleted by a queryset": lambda label: Label.objects.all().delete(),
    "removed": lambda label: label.ticket_set.clear(),
    "renamed": lambda label: Label.objects.update(text="other"),
    "basket renamed": lambda label: Basket.objects.update(name="other"),
    "added": lambda label: Ticket.objects.get().labels.add(
        Label.objects.create(basket=Basket.objects.create(name="c"), text="u")
    ),
}
SEEN = {
    "labels": ["deleted", "deleted with its basket", "deleted by a queryset", "removed", "added"],
    "texts": ["deleted", "removed", "renamed", "added"],
    "names": ["deleted", "removed", "renamed", "added"],
    "length": ["deleted", "removed", "basket renamed", "added"],
    "counted": ["deleted", "deleted with its basket", "removed", "added"],
}


@pytest.mark.parametrize(("name", "change"), [(name, change) for name in SEEN for change in SEEN[name]])
def test_a_change_of_a_related_row_in_the_response_changes_the_etag(ada, label, name, change):
    ticket = Ticket.objects.create(title="One")
    ticket.labels.add(label)
    target = f"/{name}/{ticket.pk}/"
    before = ada.get(target)

    CHANGES[change](label)
    after = ada.get(target, headers={"If-None-Match": before["ETag"]})

    assert (after.status_code, after["ETag"] == before["ETag"]) == (200, False)
    assert after.json() != before.json()
    assert ada.patch(target, {"title": "Two"}, headers={"If-Match": before["ETag"]}).status_code == 412
    changed = ada.patch(target, {"title": "Two"}, headers={"If-Match": after["ETag"]})
    read = ada.get(target)
    assert (changed.status_code, changed.json(), changed["ETag"]) == (200, read.json(), read["ETag"])


def test_an_etag_stays_while_nothing_that_a_get_shows_changes(ada, label):
    ticket = Ticket.objects.create(title="One")
    ticket.labels.add(*[Label.objects.create(basket=Basket.objects.create(name=n), text=n) for n in "zyx"], label)
    before = ada.get(f"/labels/{ticket.pk}/")
    for each in Label.objects.order_by("-pk"):  # PostgreSQL writes a changed row elsewhere
        each.save()

    assert ada.get(f"/labels/{ticket.pk}/", headers={"If-None-Match": before["ETag"]}).status_code == 304


def test_the_response_to_a_create_has_the_annotations(ada, label):
    made = ada.post("/counted/", {"title": "One"})

    assert made.json()["counted"] == 0
    assert ada.get(f"/counted/{made.json()['id']}/")["ETag"] == made["ETag"]


@pytest.mark.parametrize("headers", [{}, {"If-Match": "{tag}"}])
@pytest.mark.parametrize("method", ["patch", "put"])
def test_the_response_to_a_write_has_the_values_that_the_database_computed(ada, method, headers):
    made = ada.post("/bills/", {"price": 2, "quantity": 3})
    target, sent = (
        f"/bills/{made.json()['id']}/",
        {key: value.format(tag=made["ETag"]) for key, value in headers.items()},
    )
    assert made.json() | {"total": 6, "state": "open"} == made.json()
    assert ada.get(target)["ETag"] == made["ETag"]

    changed = getattr(ada, method)(target, {"price": 5, "quantity": 9}, headers=sent)
    read = ada.get(target, headers={"If-None-Match": changed["ETag"]})

    assert changed.status_code == 200, changed.content
    assert changed.json() | {"quantity": 4, "total": 20} == changed.json()
    assert read.status_code == 304
    assert ada.get(target).json() == changed.json()


def test_an_action_compares_the_etag_of_a_get_and_returns_the_stored_object(ada):
    made = ada.post("/bills/", {"price": 2, "quantity": 3})
    target = f"/bills/{made.json()['id']}/raise_price/"

    first, second = (ada.post(target, {}, headers={"If-Match": made["ETag"]}) for _ in range(2))

    assert (first.status_code, first.json()) == (200, {"price": 3, "total": 9})
    assert second.status_code == 412


def test_each_format_has_an_etag_of_its_own_and_any_of_them_allows_a_change(ada):
    target = f"/bills/{ada.post('/bills/', {'price': 2}).json()['id']}/"
    text, own = ada.get(target, headers={"Accept": "text/plain"})["ETag"], ada.get(target)["ETag"]

    assert text != own
    assert ada.get(target, headers={"If-None-Match": text}).status_code == 200
    assert ada.patch(target, {"price": 3}, headers={"If-Match": text}).status_code == 200
    assert ada.patch(target, {"price": 3}, headers={"If-Match": own}).status_code == 412
