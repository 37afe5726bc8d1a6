"""Views that choose their serializer, rows or permissions for each request, and views that name serializers in code."""

import functools
from importlib import import_module

import pytest
from django.core.checks import run_checks
from rest_framework import serializers as drf
from rest_framework.decorators import api_view
from rest_framework.generics import CreateAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from hardening import serializers
from hardening.permissions import Public
from hardening.throttling import AnonRateThrottle, LoginAccountThrottle, LoginAddressThrottle
from hardening.views import APIView
from hardening.viewsets import ModelViewSet
from shapes.models import Badge, Parcel
from shapes.routed import StockSerializer


class SoundSerializer(serializers.ModelSerializer):
    class Meta:
        model = Badge
        fields = ("id",)


BY_NAME = {"stock": StockSerializer, "sound": SoundSerializer}
STOCK = ["E003", "E007"]


def pick(request):
    return StockSerializer if request.data.get("kind") == "stock" else SoundSerializer


def viewset(*bases, **attributes):
    names = {"queryset": Badge.objects.all(), "serializer_class": SoundSerializer, **attributes}
    actions = {"get": "list", "post": "create"}
    return type("ChoosingViewSet", (*bases, ModelViewSet), names).as_view(actions)


def by_method(self):
    return StockSerializer if self.request.method == "POST" else SoundSerializer


def by_action(self):
    return {"list": SoundSerializer, "create": StockSerializer}[self.action]


def by_staff(self):
    return StockSerializer if self.request.user.is_staff else SoundSerializer


def by_query(self):
    return StockSerializer if self.request.query_params.get("all") else SoundSerializer


def by_header(self):
    return BY_NAME[self.request.headers.get("X-Kind", "sound")]


def by_helper(self):
    return pick(self.request)


def by_local_import(self):
    from shapes import routed  # noqa: PLC0415  # as a cycle of imports needs it

    return routed.StockSerializer if self.request.query_params else SoundSerializer


def by_closure():
    one, other = SoundSerializer, StockSerializer

    def get_serializer_class(self):
        return next(each for each in (other,)) if self.request.query_params else one

    return get_serializer_class


@pytest.mark.parametrize(
    "choose", [by_method, by_action, by_staff, by_query, by_header, by_helper, by_local_import, by_closure()]
)
def test_a_serializer_that_any_request_can_choose_is_checked(found, choose):
    assert sorted(found(viewset(get_serializer_class=choose))) == STOCK


def test_a_serializer_that_is_chosen_by_get_serializer_or_by_a_property_is_checked(found):
    def get_serializer(self, *args, **kwargs):
        kwargs["context"] = self.get_serializer_context()
        return (StockSerializer if self.request.method == "POST" else SoundSerializer)(*args, **kwargs)

    assert sorted(found(viewset(get_serializer=get_serializer))) == STOCK
    assert sorted(found(viewset(serializer_class=property(by_method)))) == STOCK
    assert sorted(found(viewset(serializer_class=functools.cached_property(by_method)))) == STOCK


def test_a_partial_update_that_chooses_a_stock_serializer_is_checked(found):
    attributes = {"queryset": Badge.objects.all(), "get_serializer_class": by_patch}
    kind = type("PatchedViewSet", (ModelViewSet,), attributes)

    assert sorted(found(kind.as_view({"get": "retrieve", "patch": "partial_update"}))) == STOCK


def by_patch(self):
    if self.request.method not in ("GET", "HEAD", "OPTIONS") and "pk" in self.kwargs:
        return StockSerializer
    return SoundSerializer


def from_body(self):
    return BY_NAME[self.request.data["kind"]]


def from_a_module(self):
    name = self.request.query_params.get("kind", "Stock")
    return getattr(import_module("shapes.routed"), f"{name}Serializer")


def from_the_database(self):
    return SoundSerializer if self.request.user.groups.exists() else StockSerializer


@pytest.mark.parametrize("choose", [from_body, from_a_module, from_the_database])
def test_a_view_whose_choice_cannot_be_examined_is_rejected_until_it_declares_its_serializers(found, choose):
    assert "E027" in found(viewset(get_serializer_class=choose))
    assert any("ChoosingViewSet" in each.msg for each in run_checks() if each.id == "hardening.E027")
    assert sorted(found(viewset(get_serializer_class=choose, serializer_classes=(StockSerializer,)))) == STOCK
    declared = {"serializer_classes": {"a": SoundSerializer, "b": StockSerializer}}
    assert sorted(found(viewset(get_serializer_class=choose, **declared))) == STOCK


def test_a_choice_that_raises_an_api_exception_is_examined(found):
    def get_serializer_class(self):
        from rest_framework.exceptions import MethodNotAllowed  # noqa: PLC0415  # as a view may

        if self.request.method == "POST":
            raise MethodNotAllowed("POST")
        return SoundSerializer

    assert found(viewset(get_serializer_class=get_serializer_class)) == []


def test_a_serializer_used_by_hand_in_a_view_is_checked(found):
    class HandView(APIView):
        def post(self, request):
            chosen = StockSerializer(data=request.data)
            chosen.is_valid(raise_exception=True)
            return Response(chosen.data)

    class AttributeView(APIView):
        input_serializer = StockSerializer

        def post(self, request):
            return Response(self.validated(self.input_serializer))

    class NestedView(APIView):
        class Input(drf.ModelSerializer):
            class Meta:
                model = Badge
                fields = "__all__"

        def post(self, request):
            return Response(self.validated(self.Input))

    class HelpedView(APIView):
        def post(self, request):
            return Response(pick(request)(data=request.data).initial_data)

    @api_view(["POST"])
    def decorated(request):
        return Response(StockSerializer(data=request.data).initial_data)

    for each in (HandView.as_view(), AttributeView.as_view(), NestedView.as_view(), HelpedView.as_view(), decorated):
        assert sorted(found(each)) == STOCK, each


def test_a_view_that_reads_the_body_without_a_serializer_is_named(found):
    class RawView(APIView):
        def post(self, request):
            return Response(request.data)

    class SilentView(APIView):
        def post(self, request):
            return Response(status=204)

    assert found(RawView.as_view()) == ["W046"]
    assert found(type("DeclaredView", (RawView,), {"serializer_classes": ()}).as_view()) == []
    assert found(SilentView.as_view()) == []


class CredentialsSerializer(drf.Serializer):
    username = drf.CharField()
    password = drf.CharField()


class ShownSerializer(drf.Serializer):
    password = drf.CharField(read_only=True)


@pytest.mark.parametrize(
    ("attributes", "numbers"),
    [
        ({}, ["W047"]),
        ({"throttle_classes": [AnonRateThrottle]}, ["W047"]),
        ({"throttle_classes": [AnonRateThrottle, LoginAccountThrottle]}, []),
        ({"get_throttles": lambda self: [LoginAddressThrottle()]}, []),
        ({"permission_classes": [IsAuthenticated]}, []),
        ({"serializer_class": ShownSerializer}, []),
    ],
)
def test_a_log_in_that_does_not_limit_guesses_is_named(found, attributes, numbers):
    names = {"permission_classes": [Public], "serializer_class": CredentialsSerializer, **attributes}

    assert found(type("LoginView", (CreateAPIView,), names).as_view()) == numbers


def test_the_fields_that_a_serializer_computes_for_a_request_are_checked(found):
    class OwnSerializer(serializers.ModelSerializer):
        class Meta:
            model = Parcel
            fields = ("id", "title", "crate")
            related_querysets = {}

        def get_fields(self):
            fields = super().get_fields()
            if not self.context["request"].user.is_staff:
                del fields["crate"]
            return fields

    attributes = {"queryset": Parcel.objects.all(), "serializer_class": OwnSerializer}

    assert found(viewset(**attributes)) == ["E006"]
