"""A viewset for every serializer, and one that takes lists."""

from typing import Any

from django.db.models import Count
from rest_framework.metadata import SimpleMetadata
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.renderers import BrowsableAPIRenderer

from hardening.filters import OrderingFilter
from hardening.parsers import JSONParser
from hardening.renderers import JSONRenderer
from hardening.resources.column_lists import FlatListMixin
from hardening.resources.idempotency import IdempotencyMixin
from hardening.resources.preconditions import PreconditionsMixin
from hardening.resources.retries import RetryMixin
from hardening.viewsets import ModelViewSet
from shapes.models import Badge, Basket, Remote, Ticket
from shapes.serializers import BadgeSerializer, CountedSerializer, TicketSerializer


def over(serializer: Any, kind: type[ModelViewSet] | None = None) -> type[ModelViewSet]:
    """Return a viewset for *serializer*, of a *kind* other than one that takes lists."""
    shape = serializer.Meta.model
    names = {"queryset": shape.objects.all(), "serializer_class": serializer, "lookup_value_regex": "[^/]+"}
    return type(f"{shape.__name__}ViewSet", (kind or Listed,), names)


class Listed(ModelViewSet):
    """Takes one object, or a list of them."""

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        if self.action == "create" and isinstance(kwargs.get("data"), list):
            kwargs["many"] = True
        return super().get_serializer(*args, **kwargs)


class Searched(ModelViewSet):
    """Takes one object, and searches texts."""

    search_fields = ("text",)


class Ordered(ModelViewSet):
    """Lists in an order of the caller's choice."""

    filter_backends = [OrderingFilter]
    ordering_fields = ("integer", "day")


class Paged(Listed):
    """What DEBUG adds: the browsable API, its forms, and OPTIONS."""

    renderer_classes = [JSONRenderer, BrowsableAPIRenderer]
    parser_classes = [JSONParser, FormParser, MultiPartParser]
    metadata_class = SimpleMetadata


def page(serializer: Any) -> type[ModelViewSet]:
    """Return a viewset for *serializer* with the browsable API."""
    names = {"queryset": serializer.Meta.model.objects.all(), "serializer_class": serializer}
    return type(f"{serializer.Meta.model.__name__}Page", (Paged,), names)


def flat(serializer: Any) -> type[ModelViewSet]:
    """Return a viewset for *serializer* that lists columns."""
    names = {"queryset": serializer.Meta.model.objects.all(), "serializer_class": serializer}
    return type(f"Flat{serializer.Meta.model.__name__}", (FlatListMixin, ModelViewSet), names)


class CountedViewSet(ModelViewSet):
    """A queryset whose rows SQL cannot lock, and that no attribute names."""

    serializer_class = CountedSerializer

    def get_queryset(self) -> Any:
        return Basket.objects.annotate(labels=Count("label"))


class TicketViewSet(IdempotencyMixin, PreconditionsMixin, Listed):
    """Retries that are safe, and no change without having seen what it changes."""

    queryset = Ticket.objects.all()
    serializer_class = TicketSerializer


class LaxTicketViewSet(TicketViewSet):
    """Takes changes from who says nothing of what they saw."""

    require_if_match = False


class RetriedViewSet(RetryMixin, ModelViewSet):
    """Repeats what lost against another transaction, and does what its rows say."""

    queryset = Badge.objects.all()
    serializer_class = BadgeSerializer

    def perform_create(self, serializer: Any) -> None:
        match serializer.validated_data.get("note"):
            case "email":
                self.note_side_effect()
            case "elsewhere":
                Remote.objects.create(name="x")
        super().perform_create(serializer)
