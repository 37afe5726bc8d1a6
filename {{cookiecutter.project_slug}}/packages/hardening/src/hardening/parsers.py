"""A strict JSON parser, which rejects documents that two parsers could read differently (RFC 8259)."""

import json
import math
import re
from itertools import accumulate
from typing import IO, Any

from django.utils.http import parse_header_parameters
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from hardening.renderers import JSONRenderer

MAX_DEPTH = 32
MAX_DIGITS = 100

_BRACKET = re.compile(r"[\[\]{}]")
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}  # by which a bracket changes the depth


class JSONParser(BaseParser):
    """Parse JSON in UTF-8.

    Reject a byte order mark, duplicate keys, `NaN` and `Infinity`, numbers of more than `MAX_DIGITS` characters, and
    nesting deeper than `MAX_DEPTH`.
    """

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the parsed request body; raise `ParseError`, or `UnsupportedMediaType` if the charset is not UTF-8."""
        _name, parameters = parse_header_parameters(media_type or "")
        if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType(media_type or "")
        try:
            return parse_text(stream.read().decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise ParseError("The request body is not valid JSON in UTF-8.", "malformed") from error


def parse_text(text: str) -> Any:
    """Return the parsed JSON document *text*; raise `ParseError`, `ValueError` or `RecursionError`."""
    if _measure_depth(text) > MAX_DEPTH:
        raise ParseError(f"The JSON is nested deeper than {MAX_DEPTH} levels.", "too_deep")
    return json.loads(
        text,
        object_pairs_hook=_build_object,
        parse_constant=_reject_constant,
        parse_float=_parse_float,
        parse_int=_parse_int,
    )


def _measure_depth(text: str) -> int:
    """Return the depth of nested arrays and objects in *text*.

    Once escaped backslashes and escaped quotes are removed, every second part between quotes is a string. All steps
    take linear time. A regular expression for strings would take quadratic time on a string that is never closed.
    """
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    outside_strings = text.replace("\\\\", "").replace('\\"', "").split('"')[::2]
    steps = map(_STEPS.__getitem__, _BRACKET.findall("".join(outside_strings)))
    return max(accumulate(steps, initial=0))


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ParseError("The JSON contains an object with a duplicate key.", "duplicate_key")
    return members


def _reject_constant(name: str) -> Any:
    raise ParseError("NaN and Infinity are not valid JSON numbers.", "invalid_number")


def _parse_float(text: str) -> float:
    # The length first, because converting a long number is slow.
    if len(text) > MAX_DIGITS or not math.isfinite(number := float(text)):
        raise ParseError("The JSON contains a number that is too large.", "invalid_number")
    return number


def _parse_int(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ParseError("The JSON contains a number that is too large.", "invalid_number")
    return int(text)
