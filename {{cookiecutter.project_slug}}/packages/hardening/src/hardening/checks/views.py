"""What a view may not leave open."""

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
    """Check every routed view for what only belongs on a developer's machine."""
    return routes.faults([_development])


def _permissions(view: Any) -> Iterator[Fault]:
    if any(issubclass(each, AllowAny) and not issubclass(each, Public) for each in _classes_of(view)):
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
                f"has permissions that could not be examined for an anonymous user: {access.problem}.",
                "Begin permission_classes with IsAuthenticated, name Public, or list what get_permissions() may choose "
                "in permission_choices = (...).",
                "E029",
            )
            return


_OPEN = Fault("is open to anyone.", "Say so with hardening.permissions.Public, or ask for a user.", "E011")


def _classes_of(view: Any) -> list[type]:
    declared = (*view.permission_classes, *getattr(view, "permission_choices", ()))
    return [each for each in declared if isinstance(each, type)]


def _serializers(view: Any) -> Iterator[Fault]:
    chosen = find_serializers(view)
    hint = "List the classes that it may choose in serializer_classes = (...), () for none."
    if chosen.problem:
        yield Fault(f"chooses its serializer in a way that could not be examined: {chosen.problem}.", hint, "E027")
    for kind in chosen.serializers:
        if hasattr(kind, "model_serializer_mapping") and not issubclass(kind, PolymorphicMixin):
            yield Fault(
                f"writes by {kind.__name__}, which passes save() of the serializers that it chooses from by.",
                "Derive it from hardening.serializers.polymorphic.PolymorphicMixin, before PolymorphicSerializer.",
                "E032",
            )
    unsafe = {"post", "put", "patch"} & set(served_methods(view))
    if unsafe and not chosen.serializers and not hasattr(view, "serializer_classes") and reads_body(view):
        yield Fault("reads the request body without a serializer that the checks can find.", hint, "W046")


def _visibility(view: Any) -> Iterator[Fault]:
    queryset = find_queryset(view)
    if not issubclass(type(view), GenericAPIView):
        return
    if queryset is not None and not has_visibility(queryset):
        yield Fault(
            f"shows every {queryset.model.__name__} to every caller.",
            "Give its queryset a visible_to(user) of its own: derive it from hardening.models.QuerySet.",
            "E010",
        )
    elif chooses_rows(view):
        yield from _chosen_rows(view)


def _chosen_rows(view: Any) -> Iterator[Fault]:
    hint = "Begin get_queryset() with super().get_queryset(), or apply visible_to(self.request.user) there."
    rows = examine_rows(view)
    if rows.is_unrestricted:
        yield Fault("chooses rows in get_queryset() that visible_to() hides.", hint, "E010")
    elif rows.problem:
        yield Fault(f"chooses its rows in a way that could not be examined: {rows.problem}.", hint, "E028")


def _pages(view: Any) -> Iterator[Fault]:
    if issubclass(type(view), ListModelMixin) and getattr(view, "pagination_class", None) is None:
        yield Fault("lists without pages.", "Leave pagination_class as the settings have it.", "E012")


def _kind(view: Any) -> Iterator[Fault]:
    if not issubclass(type(view), GenericAPIView) or isinstance(view, GenericViewSet):
        return
    if find_queryset(view) is not None:
        yield Fault(
            "is DRF's own: it asks no visible_to(), and changes objects without a lock.",
            "Derive it from the classes of hardening.viewsets.",
            "E015",
        )


def _keys(view: Any) -> Iterator[Fault]:
    if not isinstance(view, IdempotencyMixin):
        return
    queryset = find_queryset(view)
    if any(examine_access(view, method, queryset).is_open for method in served_methods(view) if method != "get"):
        yield Fault("keeps keys for callers that it cannot tell apart.", "Ask for a user there.", "E014")


def _versions(view: Any) -> Iterator[Fault]:
    queryset = find_queryset(view) if isinstance(view, PreconditionsMixin) else None
    if queryset is None:
        return
    model = queryset.model
    if not issubclass(model, VersionedModel):
        hint = "Derive the model from hardening.models.VersionedModel."
        yield Fault(f"has ETags of {model.__name__}, which has no version.", hint, "E016")
    for field in model._meta.concrete_fields:
        if field.is_relation and "SET" in getattr(field.remote_field.on_delete, "__name__", "").upper():
            hint = "Use CASCADE, RESTRICT or PROTECT there: what sets it counts no version."
            yield Fault(f"keeps its ETag when a deletion elsewhere changes {field.name!r}.", hint, "E018")


def _order(view: Any) -> Iterator[Fault]:
    line = type(view).__mro__
    for mixin in (PreconditionsMixin, IdempotencyMixin, FlatListMixin):
        if mixin in line and GenericViewSet in line and line.index(mixin) > line.index(GenericViewSet):
            yield Fault(f"has {mixin.__name__} without effect.", "Name it before the viewset among the bases.", "E017")


def _names(view: Any) -> Iterator[Fault]:
    queryset = find_queryset(view)
    for option in ("search_fields", "ordering_fields") if queryset is not None else ():
        offered = getattr(view, option, None) or ()
        for name in () if isinstance(offered, str) else offered:
            path = name.lstrip("^=@$-")
            if path not in queryset.query.annotations and not exists(queryset.model, path):
                yield Fault(f"names {name!r} in {option}, which does not exist.", "Correct the name.", "E004")


def _guesses(view: Any) -> Iterator[Fault]:
    """Find a log-in, such as a package's: a serializer that reads a password, and not to store it in a model."""
    chosen = find_serializers(view).serializers
    reads = any(_reads_password(kind, prepared) for kind, prepared in chosen.items())
    queryset = find_queryset(view)
    for method in served_methods(view) if reads else ():
        guards = [
            each for each in send_stand_in(view, method, "anonymous").get_throttles() if isinstance(each, GuardThrottle)
        ]
        if not guards and examine_access(view, method, queryset).is_open:
            yield Fault(
                "checks passwords for anonymous users, and does not limit how many they try.",
                "Set throttle_classes = [LoginAddressThrottle, LoginAccountThrottle], of hardening.throttling.",
                "W047",
            )
            return


def _reads_password(kind: type[Any], view: Any) -> bool:
    if issubclass(kind, ModelSerializer) or not issubclass(kind, Serializer):
        return False
    password = kind(context={"request": getattr(view, "request", None), "view": view}).fields.get("password")
    return password is not None and not password.read_only


_CHECKS = (_permissions, _serializers, _kind, _visibility, _pages, _keys, _versions, _order, _names, _guesses)


def _development(view: Any) -> Iterator[Fault]:
    for kind, classes in (
        (BrowsableAPIRenderer, view.renderer_classes),
        (BasicAuthentication, view.authentication_classes),
    ):
        if any(issubclass(each, kind) for each in classes):
            yield Fault(f"uses {kind.__name__} in production.", "Leave it to DEBUG.", "E013")
