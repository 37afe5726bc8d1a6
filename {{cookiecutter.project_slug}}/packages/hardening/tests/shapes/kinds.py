"""A column of every type, times the values that are none of it, and strange ones that are."""

from collections.abc import Iterator
from typing import Any

from hardening.testing import values
from hardening.testing.rows import Row
from hardening.testing.values import Refused

MANY = "/shapes/kinds/"


def invalid(*each: Any) -> Refused:
    return [(value, "invalid") for value in each]


NO_TEXTS = [(value, code) for value, code in values.NO_TEXTS if value is not None]
NO_NUMBERS = invalid(True, [], {}, "", "a", "\0", "\ud800")

REFUSED: dict[str, Refused] = {
    "address": [
        ("", "blank"),
        *invalid("a", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4/8", ":::", "::g", "1.2.3.4\0"),
        *((each, code) for each, code in (([], "invalid"), ({}, "invalid"), (True, "invalid"), (1, "invalid"))),
    ],
    "amount": [
        ("", "invalid_type"),
        (" ", "invalid_type"),
        *invalid("a", "\0", [], {}, True, "NaN", "sNaN", "Infinity", "-Infinity", "1,5", "0x1"),
        ("1.555", "max_decimal_places"),
        (1.555, "max_decimal_places"),
        ("1e999999", "max_digits"),
        ("1" * 5000, "max_string_length"),
        (10**9, "max_digits"),
        ("1000000", "max_whole_digits"),
        ("1e-50", "max_digits"),
    ],
    "big": [each for each in values.NO_INTEGERS if each[0] is not None],
    "choice": [(each, "invalid_choice") for each in (0, 3, -1, "", "a", "\0", "\ud800", True, 1.5, 10**99, [], {})]
    + [("1", "invalid_type")],
    "clock": invalid(
        "", "a", "25:00", "12:60", "12", "24:00:01", "12:00:00+01:00", "120000", "\u0661\u0662:00", "\0", "\ud800",
        "1" * 5000, 0, 1.5, True, [], {},
    ),
    "data": [
        *values.UNSTORABLE,
        *(({"a": text}, code) for text, code in values.UNSTORABLE),
        *(({text: "a"}, code) for text, code in values.UNSTORABLE),
        *(([["a", {"b": [text]}]], code) for text, code in values.UNSTORABLE),
    ],
    "day": [
        *invalid(
            "", "a", "2026", "2026-13-01", "2026-02-30", "0000-01-01", "10000-01-01", "-2026-01-01", "20261201",
            "2026-W49-2", "\u0662\u0660\u0662\u0666-12-01", "\0", "\ud800", "1" * 5000, 0, 1.5, True, [], {},
        ),
        ("2026-12-01T00:00:00Z", "invalid"),
    ],
    "flag": [
        *((each, "invalid_type") for each in ("true", "True", "1", "yes", "", 1, 0)),
        *invalid("a", "\0", "\ud800", 2, 1.5, [], {}),
    ],
    "identity": [
        *invalid("", "a", "\0", "\ud800", "1" * 5000, [], {}, 1.5, 10**50, "g" * 32, "0" * 31, "0" * 33),
        (1, "invalid_type"),
        (True, "invalid_type"),
    ],
    "integer": [
        *values.NO_INTEGERS,
        (2**31, "max_value"),
        (-(2**31) - 1, "min_value"),
    ],
    "link": [
        *((each, "invalid") for each, _code in NO_TEXTS),
        *values.UNSTORABLE,
        *invalid(
            "a", "//a.example", "http:", "http://", "http:///x", "javascript:alert(1)", "data:text/html,x",
            "file:///etc/passwd", "gopher://a.example", "http://a b.example", "http://[::1",
            "http://-a.example", "http://a..example",
        ),
        ("http://a.example/" + "x" * 200, "max_length"),
    ],
    "moment": [each for each in values.NO_MOMENTS if each[0] is not None],
    "ratio": [
        *invalid([], {}, "", "a", "\0", "\ud800", "nan", "inf", "1e400"),
        (True, "invalid_type"),
        ("1.5", "invalid_type"),
        ("1" * 5000, "max_string_length"),
    ],
    "slug": [
        *((each, code) for each, code in NO_TEXTS if each != 1.5),
        *values.UNSTORABLE,
        *invalid(1.5, "a b", "a/b", "é", "a%00", "../a"),
        ("x" * 51, "max_length"),
    ],
    "small": [
        *values.NO_INTEGERS,
        (40_000, "max_value"),
        (32_768, "max_value"),
        (-1, "min_value"),
    ],
    "span": [
        *invalid(
            "", "a", " ", "P", "PT", "-", "day", "P1H", "\u0661", "1:2:3:4", "0" * 65, "\0", "\ud800", [], {}, True,
            "P1Y",
        ),
        (0, "invalid_type"),
        (1.5, "invalid_type"),
        ("999999999 00:00:00", "max_value"),
        ("-999999999 00:00:00", "min_value"),
        ("106751992 00:00:00", "max_value"),
        ("9999999999 00:00:00", "overflow"),
        ("9" * 64, "overflow"),
    ],
    "table": [
        *((each, "not_a_dict") for each in ([], "", "a", 1, True)),
        *(({text: 1}, code) for text, code in values.UNSTORABLE),
    ],
    "text": [*NO_TEXTS, *values.UNSTORABLE, ("x" * 11, "max_length"), ("", "blank")],
    "texts": [
        *((each, "not_a_list") for each in ({}, "", "a", 1, True)),
        (["a"] * 4, "max_length"),
        (["a"] * 20_000, "max_length"),
    ],
    "several": [*((each, "not_a_list") for each in ("", "a", 1, True)), (["a", "c"], "invalid_choice")],
}  # fmt: skip

# Strange values that are what they should be, shown again as they are, or as stated.
TAKEN: dict[str, list[Any]] = {
    "address": ["::1", "1.2.3.4", "2001:db8::1"],
    "amount": ["0.00", "-999999.99", "999999.99"],
    "big": [2**63 - 1, -(2**63), 0],
    "choice": [1, 2],
    "data": [
        None, 0, "", [], {}, True, "\u2028", "🦆", "\\u0000", {"": ""}, {"a": {"b": [1.5, None, "c"]}}, 10**99, -0.5,
        "\ufffe", [[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]], "x" * 100_000,
    ],
    "day": ["0001-01-01", "9999-12-31", "2024-02-29"],
    "flag": [True, False, None],
    "identity": ["00000000-0000-0000-0000-000000000000"],
    "integer": [2**31 - 1, -(2**31)],
    "link": ["http://a.example", "https://a.example/%00?x=%FF#y", "http://127.0.0.1:1/"],
    "moment": ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"],
    "ratio": [0.0, -1.5, 1e308, 5e-324],
    "small": [0, 32_767],
    "span": ["106751991 00:00:00", "-106751991 00:00:00", "00:00:00.000001"],
    "text": ["🦆" * 10, "\u202eabc", "a\u0300", "<script>", "'; DROP--", "%s %(a)s", "{0} {a}", "\x01\x7f", "\ufffd"],
}  # fmt: skip


def rows(one: str) -> Iterator[Row]:
    """Yield a row for every invalid value; *one* is the path of an object."""
    for field, refused in REFUSED.items():
        for value, code in refused:
            yield Row("POST", MANY, 400, code, f"/{field}", {field: value})
            yield Row("PATCH", one, 400, code, f"/{field}", {field: value})


def taken(one: str) -> Iterator[Row]:
    """Yield a row for every strange value that is valid."""
    for field, accepted in TAKEN.items():
        for value in accepted:
            yield Row("POST", MANY, 201, body={field: value})
            yield Row("PATCH", one, 200, body={field: value})
