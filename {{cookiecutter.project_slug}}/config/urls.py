"""The routes of the apps under `/api/v1/`, the OpenAPI document and its page, the health probes and the admin."""

from pathlib import Path

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from hardening.openapi.documentation import DocsView, ErrorCodesView, SchemaView
from hardening.operations.health import livez, readyz

api = [path("", include(f"{app}.urls")) for app in settings.APPS if Path(settings.BASE_DIR, app, "urls.py").exists()]

urlpatterns = [
    path("api/v1/", include(api)),
    path("api/v1/errors/", ErrorCodesView.as_view(), name="error-codes"),
    path("api/v1/schema/", SchemaView.as_view(), name="schema"),
    path("livez", livez),
    path("readyz", readyz),
]
if settings.ADMIN_PATH:
    urlpatterns += [path(settings.ADMIN_PATH, admin.site.urls)]
if settings.DEBUG:
    urlpatterns += [
        path("", RedirectView.as_view(pattern_name="docs")),
        path("api/v1/", RedirectView.as_view(pattern_name="docs")),
        path("api/v1/docs/", DocsView.as_view(), name="docs"),
        path("api-auth/", include("rest_framework.urls")),
    ]
