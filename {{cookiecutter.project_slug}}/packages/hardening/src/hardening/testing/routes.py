"""The routes of a project, each with its app, its methods, its model and the path of an object."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from rest_framework.mixins import ListModelMixin
from rest_framework.schemas.generators import EndpointEnumerator
from rest_framework.views import APIView

from hardening.checks import routes as checks
from hardening.checks.choices import find_queryset, find_serializers
from hardening.checks.stand_ins import served_methods


class Route(NamedTuple):
    """A URL pattern, called by its name or else by its text.

    *view* is an instance as the route configures it, or None for a plain Django view. *app* is the label of the
    project's app that the view belongs to, or "" for a view of the project or of a package. *parameters* are the names
    of the path's parameters, and *template* is the path with their names in braces.
    """

    name: str
    app: str
    view: Any
    callback: Any
    parameters: tuple[str, ...]
    template: str
    is_unnamed: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def methods(self) -> list[str]:
        """The HTTP methods that the view implements, in upper case; GET stands for HEAD too."""
        return ["GET"] if self.view is None else [method.upper() for method in served_methods(self.view)]

    @property
    def model(self) -> Any:
        """The model of the view's queryset, or None."""
        return None if self.view is None else getattr(find_queryset(self.view), "model", None)

    @property
    def lists(self) -> bool:
        """Whether a GET returns a list of the objects of the model."""
        action = (getattr(self.callback, "actions", None) or {"get": "list"}).get("get")
        return isinstance(self.view, ListModelMixin) and action == "list" and self.model is not None

    def list_serializers(self) -> list[Any]:
        """Return an instance of every serializer class that the view can use."""
        if self.view is None:
            return []
        chosen = find_serializers(self.view).serializers
        return [checks.make_serializer(kind, prepared) for kind, prepared in chosen.items()]

    def path(self, instance: Any = None, paths: Mapping[str, Callable[[Any], dict[str, Any]]] | None = None) -> str:
        """Return the path of the route, for *instance* if it has parameters.

        *paths* are functions by the name of the route, which return the parameters of *instance*. A route with a single
        parameter needs none.
        """
        if self.name in (paths or {}):
            return reverse(self.name, kwargs=(paths or {})[self.name](instance))
        lookup = getattr(self.view, "lookup_field", "pk")
        value = functools.reduce(getattr, lookup.split("__"), instance) if self.parameters else None
        target = self.callback if self.is_unnamed else self.name
        return reverse(target, kwargs=dict.fromkeys(self.parameters, value))


def list_routes() -> list[Route]:
    """Return every route except for the admin's, sorted by app and name."""
    return sorted(_walk(get_resolver(), (), (), ""), key=lambda route: (route.app, route.name))


def _walk(resolver: URLResolver, namespaces: tuple[str, ...], names: tuple[str, ...], start: str) -> list[Route]:
    """Return the routes of *resolver*, which is included in *namespaces* and under *start* with parameters *names*."""
    found: list[Route] = []
    for pattern in resolver.url_patterns:
        parameters = (*names, *pattern.pattern.regex.groupindex)
        text = start + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            found.append(_build(pattern, namespaces, parameters, text))
        elif pattern.app_name != "admin":
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            found += _walk(pattern, inner, parameters, text)
    return found


def _build(pattern: URLPattern, namespaces: tuple[str, ...], parameters: tuple[str, ...], text: str) -> Route:
    callback: Any = pattern.callback
    kind = getattr(callback, "cls", None) or getattr(callback, "view_class", None)
    is_api = isinstance(kind, type) and issubclass(kind, APIView)
    view = checks.make_view(kind, pattern, dict.fromkeys(parameters, "1")) if is_api else None
    name = ":".join((*namespaces, pattern.name or str(pattern.pattern)))
    template = EndpointEnumerator(patterns=[]).get_path_from_regex(text)
    return Route(name, _find_app(kind or callback), view, callback, parameters, template, not pattern.name)


def _find_app(view: Any) -> str:
    config = apps.get_containing_app_config(view.__module__)
    return config.label if config is not None and config.label in list_apps() else ""


def list_apps() -> dict[str, Path]:
    """Return the folders of the project's own apps by label.

    They are those in the setting `APPS`, or else those in `BASE_DIR` and outside of the environment.
    """
    names = getattr(settings, "APPS", None)
    if names is None:
        return {config.label: Path(config.path) for config in apps.get_app_configs() if _is_own(Path(config.path))}
    own = [config for config in apps.get_app_configs() if config.name in names]
    return {config.label: Path(config.path) for config in own}


def _is_own(folder: Path) -> bool:
    root = Path(getattr(settings, "BASE_DIR", Path.cwd()))
    outside = {"site-packages", "dist-packages", "packages", ".venv"}
    return folder.is_relative_to(root) and not outside & set(folder.relative_to(root).parts)
