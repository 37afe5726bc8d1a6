"""What a team overrides is told from what DRF and hardening define by identity, wherever the code stands."""

import functools
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import CharField
from rest_framework import serializers as drf

from hardening import relations, serializers
from hardening.testing.client import Client
from hardening.viewsets import ModelViewSet
from shapes import echoes, models
from shapes.routed import serve

OUTERMOST = pytest.mark.django_db(transaction=True, databases=["default", "second"])
MODULES = ["notes.serializers", "rest_framework.serializers", "hardening.serializers.models", "hardening.viewsets"]


def plain(**attributes: Any) -> Any:
    """Return a serializer class over tickets, with *attributes*."""
    meta = type("Meta", (), {"model": models.Ticket, "fields": ("id", "title")})
    return type("TicketSerializer", (serializers.ModelSerializer,), {"Meta": meta, **attributes})


@pytest.fixture
def post(settings: Any, ada: Client) -> Callable[..., Any]:
    """Return a function that routes a serializer, with attributes of its viewset, and posts a ticket to it."""

    def posted(serializer_class: Any, body: Any = None, **attributes: Any) -> Any:
        names = {"queryset": models.Ticket.objects.all(), "serializer_class": serializer_class, **attributes}
        serve(settings, tickets=type("TicketViewSet", (ModelViewSet,), names))
        return ada.post("/tickets/", body or {"title": "x"})

    return posted


def in_module(method: Any, module: str) -> Any:
    """Return *method* as if *module* had defined it."""
    method.__module__ = module
    return method


@OUTERMOST
@pytest.mark.parametrize("module", MODULES)
def test_an_overridden_create_runs_in_a_transaction(post, module):
    inside = []

    def create(self: Any, validated_data: Any) -> Any:
        inside.append(connection.in_atomic_block)
        return serializers.ModelSerializer.create(self, validated_data)

    response = post(plain(create=in_module(create, module)))

    assert (response.status_code, inside) == (201, [True])


@OUTERMOST
def test_a_wrapped_create_runs_in_a_transaction(post):
    inside = []

    @functools.wraps(serializers.ModelSerializer.create)
    def create(self: Any, validated_data: Any) -> Any:
        inside.append(connection.in_atomic_block)
        return serializers.ModelSerializer.create(self, validated_data)

    response = post(plain(create=create))

    assert (response.status_code, inside) == (201, [True])


@OUTERMOST
@pytest.mark.parametrize("module", MODULES)
def test_an_overridden_perform_create_runs_in_a_transaction(post, module):
    inside = []

    def perform_create(self: Any, serializer: Any) -> None:
        inside.append(connection.in_atomic_block)
        serializer.save()

    response = post(plain(), perform_create=in_module(perform_create, module))

    assert (response.status_code, inside) == (201, [True])


@OUTERMOST
@pytest.mark.parametrize("module", MODULES)
def test_a_serializer_that_overrides_nothing_writes_one_statement(post, module, django_assert_num_queries):
    with django_assert_num_queries(2):  # the token, and the INSERT
        response = post(plain(__module__=module))

    assert response.status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("module", ["notes.fields", "hardening.relations.related_fields"])
def test_a_related_field_that_overrides_its_lookup_is_asked_for_each_object(module):
    asked = []

    def to_internal_value(self: Any, data: Any) -> Any:
        asked.append(data)
        return relations.PrimaryKeyRelatedField.to_internal_value(self, data)

    own = type(
        "OwnField", (relations.PrimaryKeyRelatedField,), {"to_internal_value": in_module(to_internal_value, module)}
    )
    field = own(queryset=models.Basket.objects.all(), many=True)
    keys = [models.Basket.objects.create(name=name).pk for name in "ab"]

    assert [each.pk for each in field.run_validation(keys)] == keys
    assert asked == keys


@pytest.mark.parametrize("module", MODULES)
def test_an_overridden_hook_is_asked_for_every_instance(module):
    def get_field_names(self: Any, declared_fields: Any, info: Any) -> Any:
        return self.context["names"]

    chosen = plain(get_field_names=in_module(get_field_names, module))

    assert [list(chosen(context={"names": [name]}).fields) for name in ("id", "title")] == [["id"], ["title"]]


@pytest.mark.django_db
@pytest.mark.parametrize("module", ["notes.fields", "rest_framework.fields", "hardening.serializers.fields"])
def test_a_field_of_a_team_decides_itself_which_json_types_it_accepts(post, module):
    own = type("OwnField", (drf.CharField,), {"__module__": module})

    accepted, rejected = (post(plain(title=each(max_length=9)), {"title": 5}) for each in (own, drf.CharField))

    assert (accepted.status_code, accepted.json()["title"]) == (201, "5")
    assert (rejected.status_code, list(rejected.json())) == (400, ["title"])


@pytest.mark.parametrize("module", ["notes.fields", "rest_framework.fields", "hardening.serializers.fields"])
def test_a_field_of_a_team_is_made_by_calling_its_class(module):
    made = []

    def init(self: Any, **kwargs: Any) -> None:
        made.append(kwargs)
        serializers.CharField.__init__(self, **kwargs)

    own = type("OwnField", (serializers.CharField,), {"__module__": module, "__init__": init})
    mapping = {**serializers.ModelSerializer.serializer_field_mapping, CharField: own}
    cls = plain(serializer_field_mapping=mapping)

    first, second = cls().fields["title"], cls().fields["title"]

    assert type(first) is type(second) is own
    assert len(made) >= 3  # once by DRF, and once for each instance


@pytest.mark.parametrize("module", ["notes.fields", "rest_framework.fields", "hardening.serializers.fields"])
def test_a_field_that_overrides_get_value_may_read_all_values_of_a_form_key(settings, module):
    def get_value(self: Any, dictionary: Any) -> Any:
        return " ".join(dictionary.getlist(self.field_name))

    own = type("OwnField", (drf.CharField,), {"get_value": in_module(get_value, module)})
    post = echoes.route(settings, echoes.serializer(words=own(), word=drf.CharField()))

    accepted, rejected = post({"words": ["a", "b"], "word": "c"}, "multipart"), post({"word": ["a", "b"]}, "multipart")

    assert (accepted.status_code, accepted.json()["words"]) == (200, "a b")
    assert (rejected.status_code, rejected.json()["word"]) == (400, ["Send each field only once."])
