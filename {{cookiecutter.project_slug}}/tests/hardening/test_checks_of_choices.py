"""Views that choose their serializer, rows or permissions for each request, and views that name serializers in code."""

import functools
from importlib import import_module
from types import ModuleType

import pytest
from django.core.checks import run_checks
from django.db.models import Exists, OuterRef
from django.urls import path
from rest_framework import serializers as drf, viewsets
from rest_framework.decorators import api_view
from rest_framework.generics import CreateAPIView, GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.permissions import (
    AllowAny,
    BasePermission,
    DjangoModelPermissions,
    DjangoModelPermissionsOrAnonReadOnly,
    DjangoObjectPermissions,
    IsAdminUser,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
)
from rest_framework.response import Response

from hardening import serializers
from hardening.checks.guard import guard_check
from hardening.idempotency import IdempotencyMixin
from hardening.models import QuerySet
from hardening.permissions import Public
from hardening.views import APIView
from hardening.viewsets import ModelViewSet
from tests.hardening.routed import StockSerializer, serializer, view
from tests.hardening.shapes.models import Badge, Crate, Parcel


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
    from tests.hardening import routed  # noqa: PLC0415  # as a cycle of imports needs it

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
    return getattr(import_module("tests.hardening.routed"), f"{name}Serializer")


def from_the_database(self):
    return SoundSerializer if self.request.user.groups.exists() else StockSerializer


@pytest.mark.parametrize("choose", [from_body, from_a_module, from_the_database])
def test_a_view_whose_choice_cannot_be_examined_is_refused_until_it_declares_its_serializers(found, choose):
    assert "E027" in found(viewset(get_serializer_class=choose))
    assert any("ChoosingViewSet" in each.msg for each in run_checks() if each.id == "hardening.E027")
    assert sorted(found(viewset(get_serializer_class=choose, serializer_classes=(StockSerializer,)))) == STOCK
    declared = {"serializer_classes": {"a": SoundSerializer, "b": StockSerializer}}
    assert sorted(found(viewset(get_serializer_class=choose, **declared))) == STOCK


def test_a_choice_that_answers_with_an_error_is_examined(found):
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


class OwnerQuerySet(QuerySet):
    def visible_to(self, user):
        return self.filter(owner=user)


def crates(**attributes):
    names = {"queryset": OwnerQuerySet(Crate), "serializer_class": serializer(Crate), **attributes}
    return type("CrateViewSet", (ModelViewSet,), names).as_view({"get": "list", "post": "create"})


def all_rows(self):
    return OwnerQuerySet(Crate)


def other_rows(self):
    return OwnerQuerySet(Crate).filter(code="x")


def rows_of_the_query(self):
    return OwnerQuerySet(Crate).filter(code=self.request.query_params["code"])


def rows_of_staff(self):
    return OwnerQuerySet(Crate) if self.request.user.is_staff else OwnerQuerySet(Crate).visible_to(self.request.user)


@pytest.mark.parametrize(
    ("rows", "numbers"),
    [
        (all_rows, ["E010"]),
        (other_rows, ["E010"]),
        (lambda self: OwnerQuerySet(Crate).filter(owner=self.request.user), []),
        (lambda self: OwnerQuerySet(Crate).visible_to(self.request.user), []),
        (lambda self: OwnerQuerySet(Crate).none(), []),
        (lambda self: Parcel.objects.filter(title=self.kwargs.get("title", "")), []),
        (rows_of_staff, []),
        (rows_of_the_query, ["E028"]),
        (lambda self: OwnerQuerySet(Crate).filter(owner=self.request.user.crates.first().owner), ["E028"]),
    ],
)
@pytest.mark.parametrize("declared", [True, False])
def test_a_get_queryset_that_leaves_visible_to_out_is_refused(found, rows, numbers, declared):
    attributes = {} if declared else {"queryset": None}

    assert found(crates(get_queryset=rows, **attributes)) == numbers


def test_a_get_queryset_that_begins_with_its_parents_is_sound(found):
    class NarrowViewSet(ModelViewSet):
        queryset = OwnerQuerySet(Crate)
        serializer_class = serializer(Crate)

        def get_queryset(self):
            return super().get_queryset().filter(code=self.request.query_params["code"])

    assert found(NarrowViewSet.as_view({"get": "list"})) == []


def test_rows_that_only_staff_may_ask_for_are_not_compared_with_a_users(found):
    assert found(crates(get_queryset=all_rows, permission_classes=[IsAdminUser])) == []


def test_a_subquery_in_visible_to_that_get_queryset_leaves_out_is_found(found):
    class NestedQuerySet(QuerySet):
        def visible_to(self, user):
            return self.filter(Exists(Crate.objects.filter(pk=OuterRef("pk"), owner=user)))

    attributes = {"queryset": NestedQuerySet(Crate), "get_queryset": lambda self: NestedQuerySet(Crate).all()}

    assert found(crates(**attributes)) == ["E010"]


class OpenToReaders(BasePermission):
    def has_permission(self, request, view):
        return request.method == "GET" or bool(request.user and request.user.is_authenticated)


class AnonymousModelPermissions(DjangoModelPermissions):
    authenticated_users_only = False


class AnonymousObjectPermissions(DjangoObjectPermissions):
    authenticated_users_only = False


class OnlyObjects(BasePermission):
    def has_object_permission(self, request, view, obj):
        return obj.owner == request.user


class ByDatabase(BasePermission):
    def has_permission(self, request, view):
        return Badge.objects.exists()


class ByAttribute(BasePermission):
    def has_permission(self, request, view):
        return request.user.email.endswith("@example.com")


@pytest.mark.parametrize(
    ("classes", "numbers"),
    [
        ([IsAuthenticatedOrReadOnly], ["E011"]),
        ([type("Own", (IsAuthenticatedOrReadOnly,), {})], ["E011"]),
        ([OpenToReaders], ["E011"]),
        ([OnlyObjects], ["E011"]),
        ([DjangoModelPermissionsOrAnonReadOnly], ["E011"]),
        ([AnonymousModelPermissions], ["E011"]),
        ([AnonymousObjectPermissions], ["E011"]),
        ([IsAdminUser | IsAuthenticatedOrReadOnly], ["E011"]),
        ([IsAdminUser | AllowAny], ["E011"]),
        ([OpenToReaders & IsAuthenticatedOrReadOnly], ["E011"]),
        ([~IsAuthenticated], ["E011"]),
        ([~IsAdminUser], ["E011"]),
        ([~(IsAdminUser & Public)], ["E011"]),
        ([~~IsAuthenticated], []),
        ([IsAuthenticated & IsAuthenticatedOrReadOnly], []),
        ([IsAuthenticated, OpenToReaders], []),
        ([IsAdminUser | IsAuthenticated], []),
        ([DjangoModelPermissions], []),
        ([DjangoObjectPermissions], []),
        ([IsAuthenticatedOrReadOnly | Public], []),
        ([Public & OpenToReaders], []),
        ([ByDatabase], ["E029"]),
        ([ByAttribute], ["E029"]),
        ([IsAuthenticated, ByDatabase], []),
        ([IsAuthenticated & ByAttribute], []),
    ],
)
@pytest.mark.parametrize("by", ["attribute", "method"])
def test_a_view_that_anonymous_users_may_read_has_to_say_public(found, classes, numbers, by):
    attributes = {"permission_classes": classes}
    if by == "method":
        attributes = {"get_permissions": lambda self: [each() for each in classes]}

    assert found(view(None, **attributes)) == numbers


def test_permissions_are_examined_for_every_action(found):
    def get_permissions(self):
        return [IsAuthenticated()] if self.action == "list" else [AllowAny()]

    assert found(view(None, get_permissions=get_permissions)) == ["E011"]
    assert found(view(None, check_permissions=lambda self, request: None)) == ["E011"]


def test_permissions_that_cannot_be_chosen_by_a_check_are_refused_until_they_are_declared(found):
    def get_permissions(self):
        return [{"a": IsAuthenticated, "b": Public}[self.request.query_params["kind"]]()]

    assert found(view(None, get_permissions=get_permissions)) == ["E029"]
    assert found(view(None, get_permissions=get_permissions, permission_choices=(IsAuthenticated, Public))) == []
    assert found(view(None, get_permissions=get_permissions, permission_choices=(IsAuthenticatedOrReadOnly,))) == [
        "E011"
    ]


def test_idempotency_keys_of_a_write_that_is_open_by_any_permission_are_refused(found):
    assert "E014" in found(view(None, IdempotencyMixin, permission_classes=[~IsAdminUser]))
    assert found(view(None, IdempotencyMixin, permission_classes=[IsAuthenticatedOrReadOnly | Public])) == ["E014"]


class PlainSerializer(drf.Serializer):
    token = drf.CharField()


@pytest.mark.parametrize(
    ("base", "attributes", "numbers"),
    [
        (GenericAPIView, {"post": lambda self, request: None}, []),
        (CreateAPIView, {}, []),
        (RetrieveAPIView, {"get_queryset": lambda self: Badge.objects.none(), "get_object": lambda self: None}, []),
        (viewsets.GenericViewSet, {"post": lambda self, request: None}, []),
        (CreateAPIView, {"queryset": Badge.objects.all()}, ["E015"]),
        (ListAPIView, {"get_queryset": lambda self: Badge.objects.all()}, ["E015"]),
    ],
)
def test_a_view_of_drfs_own_is_refused_only_if_it_has_rows(found, base, attributes, numbers):
    kind = type("PackageView", (base,), {"serializer_class": PlainSerializer, **attributes})
    callback = kind.as_view({"post": "post"}) if issubclass(kind, viewsets.ViewSetMixin) else kind.as_view()

    assert found(callback) == numbers


class OddError(Exception):
    def __str__(self):
        raise ValueError("no text")


def fail(*args, **kwargs):
    raise OddError


FAILING = {
    "queryset": property(fail),
    "serializer_class": property(fail),
    "get_serializer_class": fail,
    "get_serializer": fail,
    "get_queryset": fail,
    "get_permissions": fail,
    "check_permissions": fail,
    "initialize_request": fail,
    "permission_classes": property(fail),
    "http_method_names": property(fail),
    "filter_backends": property(fail),
    "pagination_class": property(fail),
    "__init__": fail,
    "__getattr__": fail,
}


@pytest.mark.parametrize("name", FAILING)
def test_a_check_never_raises_and_names_the_view_and_the_exception(found, name):
    numbers = found(viewset(**{name: FAILING[name]}))

    told = [each.msg for each in run_checks() if each.id in {f"hardening.{number}" for number in numbers}]
    assert any("ChoosingViewSet" in each and "OddError" in each for each in told)


@pytest.mark.parametrize("hook", ["__init__", "get_fields", "fields"])
def test_a_serializer_whose_fields_cannot_be_built_is_named(found, hook):
    failing = type("BrokenSerializer", (SoundSerializer,), {hook: property(fail) if hook == "fields" else fail})

    assert set(found(viewset(serializer_class=failing))) >= {"W045"}
    assert any("BrokenSerializer" in each.msg and "OddError" in each.msg for each in run_checks())


def test_a_view_that_fails_hides_nothing_of_another(settings):
    urls = ModuleType("urls")
    urls.urlpatterns = [
        path("a/", viewset(visible_to=None, get_queryset=fail)),
        path("b/", view(None, permission_classes=[AllowAny])),
    ]
    settings.ROOT_URLCONF = urls

    assert {"hardening.E011", "hardening.E028"} <= {each.id for each in run_checks()}


def test_a_check_runs_no_sql(found, db):
    def get_queryset(self):
        return Badge.objects.filter(pk__in=list(Badge.objects.values_list("pk", flat=True)))

    assert found(viewset(get_queryset=get_queryset)) == ["E028"]
    assert ["StatementInCheckError" in each.msg for each in run_checks() if each.id == "hardening.E028"] == [True]


def test_a_check_that_fails_as_a_whole_becomes_a_warning(settings):
    def check_badges(app_configs, **kwargs):
        raise OddError

    (warning,) = guard_check(check_badges)(None)

    assert (warning.id, warning.msg.partition(" in ")[0]) == ("hardening.W045", "check_badges did not finish: OddError")
