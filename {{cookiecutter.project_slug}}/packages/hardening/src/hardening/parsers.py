"""A JSON parser that takes JSON texts only: what two readers could read differently is refused (RFC 8259)."""

import json
import math
import re
from typing import IO, Any

from django.utils.http import parse_header_parameters
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from hardening.renderers import JSONRenderer

MAX_DEPTH = 32
MAX_DIGITS = 100

_BRACKET = re.compile(r"[\[\]{}]")


class JSONParser(BaseParser):
    """Parse UTF-8 without a BOM, at most `MAX_DEPTH` deep, with no key twice and no number beyond `MAX_DIGITS`."""

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the value of *stream*; raise `ParseError`, or `UnsupportedMediaType` for another charset."""
        _name, parameters = parse_header_parameters(media_type or "")
        if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType(media_type or "")
        try:
            return parse_text(stream.read().decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise ParseError("The body is not valid JSON in UTF-8.", "malformed") from error


def parse_text(text: str) -> Any:
    """Return the value of the JSON document *text*; raise `ParseError`, `ValueError` or `RecursionError`."""
    if _depth(text) > MAX_DEPTH:
        raise ParseError(f"The JSON is nested deeper than {MAX_DEPTH} levels.", "too_deep")
    return json.loads(
        text,
        object_pairs_hook=_unique_keys,
        parse_constant=_no_number,
        parse_float=_finite,
        parse_int=_short,
    )


def _depth(text: str) -> int:
    """Return how deep *text* nests arrays and objects, in one pass over it.

    Without escaped backslashes and escaped quotes, every other part between quotes is a string. Each step is linear
    in the length of *text*: a regular expression for strings would start again at every quote of one that never ends.
    """
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    outside_strings = text.replace("\\\\", "").replace('\\"', "").split('"')[::2]
    depth = deepest = 0
    for bracket in _BRACKET.findall("".join(outside_strings)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ParseError("The JSON has the same key twice in one object.", "duplicate_key")
    return found


def _no_number(name: str) -> Any:
    raise ParseError("NaN and Infinity are no JSON numbers.", "invalid_number")


def _finite(text: str) -> float:
    if len(text) > MAX_DIGITS or not math.isfinite(number := float(text)):  # the length first: conversion costs more
        raise ParseError("The JSON has a number that is too large.", "invalid_number")
    return number


def _short(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ParseError("The JSON has a number that is too large.", "invalid_number")
    return int(text)
