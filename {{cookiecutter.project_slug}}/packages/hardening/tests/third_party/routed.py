"""Viewsets and routes of the tests in this folder."""

from types import ModuleType
from typing import Any

from django.core.checks import run_checks
from django.test import override_settings
from rest_framework.routers import SimpleRouter

from hardening.viewsets import ModelViewSet


def viewset(serializer_class: Any, *bases: type, **attributes: Any) -> Any:
    """Return a viewset over all rows of the model of *serializer_class*."""
    model = serializer_class.Meta.model
    names = {"queryset": model._default_manager.all(), "serializer_class": serializer_class, **attributes}
    return type(f"{model.__name__}ViewSet", (*bases, ModelViewSet), names)


def routes(**viewsets: Any) -> list[Any]:
    """Return the routes of *viewsets* by their prefixes."""
    router = SimpleRouter()
    for prefix, each in viewsets.items():
        router.register(prefix, each, basename=prefix)
    return router.urls


def checked(urlpatterns: list[Any]) -> list[str]:
    """Return the ids of what the checks of the core find in *urlpatterns*."""
    urls = ModuleType("checked_urls")
    urls.urlpatterns = urlpatterns  # type: ignore[attr-defined]  # what the resolver reads
    with override_settings(ROOT_URLCONF=urls):
        messages = [each for each in run_checks() if str(each.id).startswith("hardening.")]
    assert all(each.hint for each in messages)
    return [str(each.id).removeprefix("hardening.") for each in messages]
