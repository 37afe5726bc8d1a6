"""Checks of views."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage
from rest_framework.authentication import BasicAuthentication
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.serializers import ModelSerializer, Serializer

from hardening.checks import routes
from hardening.checks.choices import chooses_rows, find_queryset, find_serializers, reads_body
from hardening.checks.permissions import examine_access
from hardening.checks.routes import Fault, exists
from hardening.checks.rows import examine_rows, has_visibility
from hardening.checks.stand_ins import send_stand_in, served_methods
from hardening.models import VersionedModel
from hardening.permissions import Public
from hardening.resources.column_lists import FlatListMixin
from hardening.resources.idempotency import IdempotencyMixin
from hardening.resources.preconditions import PreconditionsMixin
from hardening.serializers.polymorphic import PolymorphicMixin
from hardening.throttling import GuardThrottle
from hardening.viewsets import GenericViewSet


def check_views(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check every routed view."""
    return routes.faults(_CHECKS)


def check_deployed_views(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check every routed view for classes that are only for development."""
    return routes.faults([_check_development])


def _check_permissions(view: Any) -> Iterator[Fault]:
    if any(issubclass(kind, AllowAny) and not issubclass(kind, Public) for kind in _classes_of(view)):
        yield _OPEN
        return
    queryset = find_queryset(view)
    for method in served_methods(view):
        access = examine_access(view, method, queryset)
        if access.is_open and not access.is_public:
            yield _OPEN
            return
        if access.problem:
            yield Fault(
                f"has permissions that could not be determined for an anonymous user: {access.problem}.",
                "Begin permission_classes with IsAuthenticated, use Public, or list the permissions that "
                "get_permissions() may return in permission_choices = (...).",
                "E029",
            )
            return


_OPEN = Fault(
    "is open to anonymous users.", "Declare that with hardening.permissions.Public, or require authentication.", "E011"
)


def _classes_of(view: Any) -> list[type]:
    declared = (*view.permission_classes, *getattr(view, "permission_choices", ()))
    return [permission for permission in declared if isinstance(permission, type)]


def _check_serializers(view: Any) -> Iterator[Fault]:
    chosen = find_serializers(view)
    hint = "List the serializers that it may use in serializer_classes = (...), or () for none."
    if chosen.problem:
        yield Fault(f"has a serializer that could not be determined: {chosen.problem}.", hint, "E027")
    for kind in chosen.serializers:
        if hasattr(kind, "model_serializer_mapping") and not issubclass(kind, PolymorphicMixin):
            yield Fault(
                f"writes by {kind.__name__}, which bypasses save() of the serializers that it delegates to.",
                "Put hardening.serializers.polymorphic.PolymorphicMixin before PolymorphicSerializer in its bases.",
                "E032",
            )
    unsafe = {"post", "put", "patch"} & set(served_methods(view))
    if unsafe and not chosen.serializers and not hasattr(view, "serializer_classes") and reads_body(view):
        yield Fault("reads the request body without a serializer that the checks can find.", hint, "W046")


def _check_visibility(view: Any) -> Iterator[Fault]:
    queryset = find_queryset(view)
    if not issubclass(type(view), GenericAPIView):
        return
    if queryset is not None and not has_visibility(queryset):
        yield Fault(
            f"shows every {queryset.model.__name__} to every user.",
            "Define visible_to(user) on its queryset, which derives from hardening.models.QuerySet.",
            "E010",
        )
    elif chooses_rows(view):
        yield from _check_get_queryset(view)


def _check_get_queryset(view: Any) -> Iterator[Fault]:
    hint = "Begin get_queryset() with super().get_queryset(), or apply visible_to(self.request.user) there."
    rows = examine_rows(view)
    if rows.is_unrestricted:
        yield Fault("returns rows from get_queryset() that visible_to() hides.", hint, "E010")
    elif rows.problem:
        yield Fault(f"has a queryset that could not be determined: {rows.problem}.", hint, "E028")


def _check_pages(view: Any) -> Iterator[Fault]:
    if issubclass(type(view), ListModelMixin) and getattr(view, "pagination_class", None) is None:
        yield Fault("lists objects without pagination.", "Use the default pagination_class.", "E012")


def _check_kind(view: Any) -> Iterator[Fault]:
    if not issubclass(type(view), GenericAPIView) or isinstance(view, GenericViewSet):
        return
    if find_queryset(view) is not None:
        yield Fault(
            "derives from DRF's own class, which does not apply visible_to() and does not lock the object it changes.",
            "Derive it from a class of hardening.viewsets.",
            "E015",
        )


def _check_idempotency(view: Any) -> Iterator[Fault]:
    if not isinstance(view, IdempotencyMixin):
        return
    queryset = find_queryset(view)
    if any(examine_access(view, method, queryset).is_open for method in served_methods(view) if method != "get"):
        text = "stores idempotency keys of anonymous users, which cannot be told apart."
        yield Fault(text, "Require authentication for its unsafe methods.", "E014")


def _check_versions(view: Any) -> Iterator[Fault]:
    queryset = find_queryset(view) if isinstance(view, PreconditionsMixin) else None
    if queryset is None:
        return
    model = queryset.model
    if not issubclass(model, VersionedModel):
        hint = "Derive the model from hardening.models.VersionedModel."
        yield Fault(f"has ETags of {model.__name__}, which has no version.", hint, "E016")
    for field in model._meta.concrete_fields:
        if field.is_relation and "SET" in getattr(field.remote_field.on_delete, "__name__", "").upper():
            hint = "Use CASCADE, RESTRICT or PROTECT, because SET_NULL and SET_DEFAULT do not increment the version."
            yield Fault(f"keeps its ETag when deleting a related object changes {field.name!r}.", hint, "E018")


def _check_mixin_order(view: Any) -> Iterator[Fault]:
    mro = type(view).__mro__
    for mixin in (PreconditionsMixin, IdempotencyMixin, FlatListMixin):
        if mixin in mro and GenericViewSet in mro and mro.index(mixin) > mro.index(GenericViewSet):
            hint = "Put it before the viewset in the bases."
            yield Fault(f"has {mixin.__name__} after the viewset, where it has no effect.", hint, "E017")


def _check_names(view: Any) -> Iterator[Fault]:
    queryset = find_queryset(view)
    for option in ("search_fields", "ordering_fields") if queryset is not None else ():
        names = getattr(view, option, None) or ()
        for name in () if isinstance(names, str) else names:
            path = name.lstrip("^=@$-")
            if path not in queryset.query.annotations and not exists(queryset.model, path):
                yield Fault(f"names {name!r} in {option}, which does not exist.", "Correct the name.", "E004")


def _check_log_ins(view: Any) -> Iterator[Fault]:
    """Find log-ins without a throttle: a serializer with a password that is not that of a model."""
    chosen = find_serializers(view).serializers
    reads = any(_reads_password(kind, prepared) for kind, prepared in chosen.items())
    queryset = find_queryset(view)
    for method in served_methods(view) if reads else ():
        throttles = send_stand_in(view, method, "anonymous").get_throttles()
        if (
            not any(isinstance(throttle, GuardThrottle) for throttle in throttles)
            and examine_access(view, method, queryset).is_open
        ):
            yield Fault(
                "checks passwords of anonymous users without a limit of attempts.",
                "Set throttle_classes = [LoginAddressThrottle, LoginAccountThrottle] from hardening.throttling.",
                "W047",
            )
            return


def _reads_password(kind: type[Any], view: Any) -> bool:
    if issubclass(kind, ModelSerializer) or not issubclass(kind, Serializer):
        return False
    password = kind(context={"request": getattr(view, "request", None), "view": view}).fields.get("password")
    return password is not None and not password.read_only


_CHECKS = (
    _check_permissions,
    _check_serializers,
    _check_kind,
    _check_visibility,
    _check_pages,
    _check_idempotency,
    _check_versions,
    _check_mixin_order,
    _check_names,
    _check_log_ins,
)


def _check_development(view: Any) -> Iterator[Fault]:
    for kind, classes in (
        (BrowsableAPIRenderer, view.renderer_classes),
        (BasicAuthentication, view.authentication_classes),
    ):
        if any(issubclass(configured, kind) for configured in classes):
            yield Fault(f"uses {kind.__name__} in production.", "Use it with DEBUG only.", "E013")
