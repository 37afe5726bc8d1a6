"""What the system checks refuse of views and settings, each with its id and a hint."""

import pytest
from django.core.checks import run_checks
from django.db import connection, models
from rest_framework.authentication import BasicAuthentication
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BrowsableAPIRenderer

from hardening.models import QuerySet, VersionedModel
from hardening.permissions import Public
from hardening.resources.column_lists import FlatListMixin
from hardening.resources.idempotency import IdempotencyMixin
from hardening.resources.preconditions import PreconditionsMixin
from hardening.viewsets import ModelViewSet
from shapes.models import Badge, Basket, Parcel, Ticket
from shapes.models.rules import OpenQuerySet
from shapes.routed import serializer, serve, view


def test_a_sound_view_has_no_findings(found):
    assert found(view()) == []


class Undecided(models.Model):
    objects = QuerySet.as_manager()

    class Meta:
        app_label = "elsewhere"
        managed = False


class AskingQuerySet(QuerySet):
    def visible_to(self, user):
        return self.filter(badge=Badge.objects.get(pk=0).badge)


class Asking(models.Model):
    badge = models.CharField(max_length=10)

    objects = AskingQuerySet.as_manager()

    class Meta:
        app_label = "elsewhere"
        managed = False


def test_a_scope_that_is_missing_is_rejected_and_one_that_asks_the_database_is_let_be(found, db):
    assert found(view(queryset=Undecided.objects.all())) == ["E010"]
    assert found(view(queryset=Asking.objects.all())) == []


class Unscoped(models.Model):
    class Meta:
        app_label = "elsewhere"
        managed = False


@pytest.mark.parametrize(
    ("attributes", "numbers"),
    [
        ({"queryset": Unscoped.objects.all()}, ["E010"]),
        ({"permission_classes": [AllowAny]}, ["E011"]),
        ({"permission_classes": []}, ["E011"]),
        ({"permission_classes": [Public]}, []),
        ({"pagination_class": None}, ["E012"]),
        ({"search_fields": ("^nubmer", "number")}, ["E004"]),
        ({"ordering_fields": ("nubmer", "id")}, ["E004"]),
    ],
)
def test_a_view_that_is_open_is_rejected(found, attributes, numbers):
    assert found(view(**attributes)) == numbers


def test_attributes_of_an_action_are_checked_too(found):
    loose = serializer(Parcel, ("id", "crate"), related_querysets={})

    class ActingViewSet(ModelViewSet):
        queryset = Badge.objects.all()
        serializer_class = serializer(Badge)

        @action(detail=True, methods=["post"], permission_classes=[AllowAny], serializer_class=loose)
        def move(self, request, pk): ...

    acting = ActingViewSet.as_view({"post": "move"}, **ActingViewSet.move.kwargs)
    assert sorted(found(acting)) == ["E006", "E011"]
    assert [each.msg for each in run_checks() if each.id == "hardening.E011"] == [
        "ActingViewSet.move is open to anonymous users."
    ]


def test_a_serializer_that_a_view_chooses_by_its_action_is_checked_too(found):
    class ChoosingViewSet(ModelViewSet):
        queryset = Badge.objects.all()
        serializer_class = serializer(Badge)

        def get_serializer_class(self):
            if self.action == "list" and self.request.user.is_staff:
                return self.serializer_class
            return serializer(Badge, "__all__") if self.action == "create" else self.serializer_class

    assert found(ChoosingViewSet.as_view({"get": "list"})) == []
    assert found(ChoosingViewSet.as_view({"get": "list", "post": "create"})) == ["E003"]


def test_a_fault_of_all_routes_of_a_view_is_reported_once(settings):
    attributes = {"queryset": Badge.objects.all(), "permission_classes": [], "serializer_class": serializer(Badge)}
    serve(settings, open=type("OpenViewSet", (ModelViewSet,), attributes))

    assert [each.id for each in run_checks() if each.id.startswith("hardening.")] == ["hardening.E011"]


class Scrap(VersionedModel):
    basket = models.ForeignKey(Basket, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = OpenQuerySet.as_manager()

    class Meta:
        app_label = "elsewhere"
        managed = False


def test_etags_of_a_model_without_a_reliable_version_are_reported(found):
    assert found(view(None, PreconditionsMixin)) == ["E016"]
    assert found(view(serializer(Ticket), PreconditionsMixin, queryset=Ticket.objects.all())) == []
    assert found(view(serializer(Scrap), PreconditionsMixin, queryset=Scrap.objects.all())) == ["E018"]


@pytest.mark.parametrize("mixin", [IdempotencyMixin, FlatListMixin])
def test_a_mixin_after_the_viewset_is_reported(found, mixin):
    names = {"queryset": Badge.objects.all(), "serializer_class": serializer(Badge)}

    assert found(type("LateViewSet", (ModelViewSet, mixin), names).as_view({"get": "list"})) == ["E017"]


def test_idempotency_keys_of_anonymous_users_are_reported(found):
    assert found(view(None, IdempotencyMixin)) == []
    assert found(view(None, IdempotencyMixin, permission_classes=[Public])) == ["E014"]


@pytest.mark.parametrize(
    "attributes", [{"renderer_classes": [BrowsableAPIRenderer]}, {"authentication_classes": [BasicAuthentication]}]
)
def test_classes_for_development_are_reported_in_production(found, settings, attributes):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}

    assert found(view(**attributes)) == []
    assert found(view(**attributes), deploy=True) == ["E013"]


def test_a_cache_of_each_process_is_a_warning_in_production(found):
    assert found(view(), deploy=True) == ["W020"]


@pytest.mark.parametrize(
    ("rate", "numbers"), [("60/min", []), ("", []), (None, []), ("many", ["E021"]), ("0/min", ["E021"])]
)
def test_a_rate_has_to_be_one(found, monkeypatch, rate, numbers):
    from rest_framework.settings import api_settings  # noqa: PLC0415  # as the check finds it

    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "anon", rate)

    assert found(view()) == numbers


OWN = "hardening.middleware."


@pytest.mark.parametrize(
    "wrong",
    [
        lambda kept: [each for each in kept if each != f"{OWN}body_limits"],
        lambda kept: [each for each in kept if each != f"{OWN}request_id"],
        lambda kept: kept[::-1],
        lambda kept: [],
    ],
)
def test_our_middleware_has_to_be_there_in_its_order(found, settings, wrong):
    settings.MIDDLEWARE = wrong(settings.MIDDLEWARE)

    assert "E025" in found(view())


@pytest.mark.parametrize(
    ("name", "value", "number"), [("NUM_PROXIES", None, "E022"), ("DEFAULT_PERMISSION_CLASSES", [AllowAny], "E026")]
)
def test_a_default_that_is_open_is_rejected(found, monkeypatch, name, value, number):
    from rest_framework.settings import api_settings  # noqa: PLC0415  # as the check finds it

    monkeypatch.setattr(api_settings, name, value)

    assert number in found(view(permission_classes=[Public]))


@pytest.mark.parametrize(
    ("name", "value", "number"),
    [
        ("ALLOWED_HOSTS", ["api.example.com", "*"], "E023"),
        ("CORS_ALLOW_ALL_ORIGINS", True, "E024"),
        ("CORS_ALLOWED_ORIGINS", ["*"], "E024"),
    ],
)
def test_hosts_and_origins_of_everybody_are_reported_in_production(found, settings, name, value, number):
    setattr(settings, name, value)

    assert number not in found(view())
    assert number in found(view(), deploy=True)


def test_the_checks_open_no_connection(found, django_assert_num_queries, db):
    assert connection.features.supports_json_field  # a check of Django's may have to ask, once

    with django_assert_num_queries(0):
        found(view(), deploy=True)
