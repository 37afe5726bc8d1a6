"""The checks examine the rows and permissions that a view chooses, and never raise."""

import pytest
from django.core.checks import run_checks
from django.db.models import Exists, OuterRef
from django.urls import path
from rest_framework import serializers as drf, viewsets
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

from hardening.checks.guard import guard_check
from hardening.models import QuerySet
from hardening.permissions import Public
from hardening.resources.idempotency import IdempotencyMixin
from hardening.viewsets import ModelViewSet
from shapes.models import Badge, Crate, Parcel
from shapes.routed import serializer, serve, view
from test_checks_of_choices import SoundSerializer, viewset


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
def test_a_get_queryset_that_leaves_visible_to_out_is_rejected(found, rows, numbers, declared):
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


def test_permissions_that_cannot_be_chosen_by_a_check_are_rejected_until_they_are_declared(found):
    def get_permissions(self):
        return [{"a": IsAuthenticated, "b": Public}[self.request.query_params["kind"]]()]

    assert found(view(None, get_permissions=get_permissions)) == ["E029"]
    assert found(view(None, get_permissions=get_permissions, permission_choices=(IsAuthenticated, Public))) == []
    assert found(view(None, get_permissions=get_permissions, permission_choices=(IsAuthenticatedOrReadOnly,))) == [
        "E011"
    ]


def test_idempotency_keys_of_a_write_that_is_open_by_any_permission_are_rejected(found):
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
def test_a_view_of_drfs_own_is_rejected_only_if_it_has_rows(found, base, attributes, numbers):
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
    failing = path("a/", viewset(visible_to=None, get_queryset=fail))
    serve(settings, failing, path("b/", view(None, permission_classes=[AllowAny])))

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
