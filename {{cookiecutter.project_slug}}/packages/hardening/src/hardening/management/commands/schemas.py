"""Write the OpenAPI document of every app, `<app>/schema.json`.

The files are committed, so that a review shows how the API changes. The whole API is at `/api/v1/schema/`.
"""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer


class Command(BaseCommand):
    help = "Write <app>/schema.json for every app with URLs; with --check, fail if one is not up to date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        for app in settings.APPS:
            if find_spec(f"{app}.urls") is None:
                continue
            file, text = Path(settings.BASE_DIR, app, "schema.json"), document(app)
            if not options["check"]:
                file.write_text(text + "\n", encoding="utf-8")
            elif not file.exists() or read_api(file.read_text(encoding="utf-8")) != read_api(text):
                raise CommandError(f"{app}/schema.json is not up to date: run `make schema`, and review the changes.")


def document(app: str) -> str:
    """Return the OpenAPI document of *app* as JSON."""
    generator = SchemaGenerator(patterns=[path("api/v1/", include(f"{app}.urls"))])
    text: bytes = OpenApiJsonRenderer().render(generator.get_schema(request=None, public=True), renderer_context={})
    return text.decode()


def read_api(text: str) -> Any:
    """Return the OpenAPI document in *text* without `info`, which has the project's name and version."""
    return {key: value for key, value in json.loads(text).items() if key != "info"}
