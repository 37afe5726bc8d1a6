"""Our serializers and viewsets for the measurements along an axis."""

from typing import Any

from accounts.models import Profile
from accounts.serializers import ProfileSerializer
from django.db import connection
from hardening import serializers
from hardening.viewsets import ModelViewSet
from rest_framework.routers import SimpleRouter

from bench.models import TABLES, Place

MOST_ROWS = 200
PAUSE = 0.01  # seconds


class BulkProfileViewSet(ModelViewSet):
    """Create a list of profiles."""

    queryset = Profile.objects.all()
    serializer_class = ProfileSerializer

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        return super().get_serializer(*args, many=True, max_length=MOST_ROWS, **kwargs)


class PlaceViewSet(ModelViewSet):
    """Create a place in a transaction that lasts longer than its statements, as one that calls other code does."""

    queryset = Place.objects.all()

    def perform_create(self, serializer: Any) -> None:
        super().perform_create(serializer)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s)", [PAUSE])


def _make_serializer(shape: Any) -> type[serializers.ModelSerializer]:
    names = tuple(field.name for field in shape._meta.fields)
    meta = type("Meta", (), {"model": shape, "fields": names})
    return type(f"{shape.__name__}Serializer", (serializers.ModelSerializer,), {"Meta": meta})


def _make_viewset(shape: Any, base: type[ModelViewSet] = ModelViewSet) -> type[ModelViewSet]:
    attributes = {"queryset": shape.objects.all(), "serializer_class": _make_serializer(shape)}
    return type(f"{shape.__name__}ViewSet", (base,), attributes)


router = SimpleRouter()
router.register("bulk", BulkProfileViewSet, basename="bulk")
router.register("places", _make_viewset(Place, PlaceViewSet), basename="place")
for _count, _shape in TABLES.items():
    router.register(f"constraints/{_count}", _make_viewset(_shape), basename=f"constraints{_count}")
