"""Check of JSON parsers other than `hardening.parsers.JSONParser`."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage

from hardening.checks import routes
from hardening.checks.routes import Fault
from hardening.errors.problem_details import JSON
from hardening.parsers import JSONParser


def check_parsers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check the parsers of every routed view."""
    return routes.faults([_check_json_parsers])


def _check_json_parsers(view: Any) -> Iterator[Fault]:
    for parser in view.parser_classes:
        if getattr(parser, "media_type", None) == JSON and not issubclass(parser, JSONParser):
            yield Fault(
                f"parses JSON by {parser.__name__}, which accepts NaN, duplicate keys and unlimited nesting.",
                "Derive the parser from hardening.parsers.JSONParser, and convert the value that its parse() returns.",
                "W041",
            )
