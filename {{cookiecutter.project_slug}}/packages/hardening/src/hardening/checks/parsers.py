"""What a parser of other people's may not leave out."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage

from hardening.checks import routes
from hardening.checks.routes import Fault
from hardening.errors.problem_details import JSON
from hardening.parsers import JSONParser


def check_parsers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Check the parsers of every routed view."""
    return routes.faults([_lax])


def _lax(view: Any) -> Iterator[Fault]:
    for parser in view.parser_classes:
        if getattr(parser, "media_type", None) == JSON and not issubclass(parser, JSONParser):
            yield Fault(
                f"reads JSON by {parser.__name__}: NaN, a name twice, and any depth, on which Python's parser fails.",
                "Derive the parser from hardening.parsers.JSONParser, and change what its parse() returns.",
                "W041",
            )
