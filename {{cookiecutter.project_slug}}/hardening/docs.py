"""The views that show the schema; apart from it, since DRF loads the schema's class while it loads these."""

from django.conf import settings
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import IsAuthenticated

from hardening.permissions import Public


class SchemaView(SpectacularAPIView):
    """The schema as JSON or YAML; without `DEBUG` it takes a token."""

    permission_classes = [Public] if settings.DEBUG else [IsAuthenticated]


class DocsView(SpectacularSwaggerSplitView):
    """The page of the schema, with its assets from this server; there with `DEBUG` only."""

    permission_classes = [Public]
