"""Invalid values for fields of each type, with the code of the error; `invalid_values.py` chooses them for a field."""

from collections.abc import Iterator
from typing import Any, NamedTuple

Refused = list[tuple[Any, str]]

MISSING = object()  # the field is not in the request body

NUL, SURROGATE = "null_characters_not_allowed", "surrogate_characters_not_allowed"
WRONG_TYPE = "invalid_type"

UNSTORABLE: Refused = [
    ("\0", NUL),
    ("a\0b", NUL),
    ("\ud800", SURROGATE),
    ("a\udfffb", SURROGATE),
    ("\udc00\ud800", SURROGATE),
]
NO_TEXTS: Refused = [
    (None, "null"),
    (True, "invalid"),
    (False, "invalid"),
    ([], "invalid"),
    (["a"], "invalid"),
    ({}, "invalid"),
    ({"a": "b"}, "invalid"),
    (5, WRONG_TYPE),
    (-1, WRONG_TYPE),
    (1.5, WRONG_TYPE),
]
BLANK: Refused = [("", "blank"), (" ", "blank"), ("\t\n", "blank"), ("\u00a0", "blank"), ("\u2003", "blank")]
TEXTS = NO_TEXTS + UNSTORABLE + BLANK
NO_EMAILS: Refused = [
    (value, "invalid")
    for value in (
        "a", "@", "a@", "@b.example", "a@b", "a b@c.example", "a@b..example", "a@-b.example", "a@b.example,c@d.example",
        "a@[1.2.3]", "<a@b.example>", "a@b.example\nBcc: c@d.example", "a@b.example ;", "a@b_c.example",
        "a" * 65 + "@b",
    )
]  # fmt: skip

NO_KEYS: Refused = [
    (True, "incorrect_type"),
    (False, "incorrect_type"),
    (1.5, "incorrect_type"),
    (1.0, "incorrect_type"),
    (1e300, "incorrect_type"),
    ([], "incorrect_type"),
    ({}, "incorrect_type"),
    ({"id": 1}, "incorrect_type"),
    ("1", "incorrect_type"),
    ("a", "incorrect_type"),
    ("\0", "incorrect_type"),
    ("\ud800", "incorrect_type"),
    ("\u0661", "incorrect_type"),
    ("1 OR 1=1", "incorrect_type"),
    (0, "does_not_exist"),
    (-1, "does_not_exist"),
    (2**31, "does_not_exist"),
    (2**63 - 1, "does_not_exist"),
    (2**63, "does_not_exist"),
    (-(2**63) - 1, "does_not_exist"),
    (10**20, "does_not_exist"),
    (10**99, "does_not_exist"),
]

NO_INTEGERS: Refused = [
    (True, "invalid"),
    (False, "invalid"),
    ("1", WRONG_TYPE),
    ("", "invalid"),
    ("a", "invalid"),
    ("\0", "invalid"),
    ("\ud800", "invalid"),
    ("1" * 5000, "max_string_length"),
    ([], "invalid"),
    ({}, "invalid"),
    (1.5, "invalid"),
    (1e300, "invalid"),
    (2**63, "max_value"),
    (10**99, "max_value"),
    (-(2**63) - 1, "min_value"),
    (-(10**98), "min_value"),
]

NO_MOMENTS: Refused = [
    (value, "invalid")
    for value in (
        "", "a", "2026", "2026-12", "2026-12-01T25:00:00Z", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
        "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2026-12-01T00:00:60Z", "2026-12-01T00:00:00+99:00",
        "-2026-12-01T00:00:00Z", "now", "\0", "\ud800", "1" * 5000, "2026-12-01T00:00:00 Europe/Berlin",
        "20261201T000000Z", "2026-12-01x00:00:00Z", "2026-W49-2T00:00:00Z",
        "\u0662\u0660\u0662\u0666-12-01T00:00:00Z", " 2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z\n",
    )
] + [
    (None, "null"),
    (True, "invalid"),
    (0, "invalid"),
    (1764547200, "invalid"),
    (1.5, "invalid"),
    ([], "invalid"),
    ({}, "invalid"),
    ("0001-01-01T00:00:00+14:00", "overflow"),
    ("9999-12-31T23:59:59-14:00", "overflow"),
]  # fmt: skip
# For a number, an email field has DRF's own code.
NO_ADDRESSES: Refused = [
    *((value, "invalid" if code == WRONG_TYPE else code) for value, code in NO_TEXTS),
    *UNSTORABLE,
    *BLANK,
    *NO_EMAILS,
]


def _invalid(*values: Any, code: str = "invalid") -> Refused:
    return [(value, code) for value in values]


NO_URLS = _invalid(
    "a", "//a.example", "http:", "http://", "http:///x", "javascript:alert(1)", "data:text/html,x",
    "file:///etc/passwd", "gopher://a.example", "http://a b.example", "http://[::1", "http://-a.example",
    "http://a..example",
)  # fmt: skip
NO_SLUGS = _invalid("a b", "a/b", "a%00", "../a", "a.b")
NO_IP_ADDRESSES: Refused = [
    *_invalid("a", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4/8", ":::", "::g", "1.2.3.4\0"),
    *_invalid([], {}, True, 1),
]
NO_BOOLEANS: Refused = [
    *((value, WRONG_TYPE) for value in ("true", "True", "1", "yes", "on", 1, 0)),
    *_invalid("a", "\0", "\ud800", 2, 1.5, [], {}),
]
NO_FLOATS: Refused = [
    *_invalid([], {}, "", "a", "\0", "\ud800", "nan", "inf", "1e400"),
    (True, WRONG_TYPE),
    ("1.5", WRONG_TYPE),
    ("1" * 5000, "max_string_length"),
]
NO_DECIMALS: Refused = [
    ("", WRONG_TYPE),
    (" ", WRONG_TYPE),
    *_invalid("a", "\0", [], {}, True, "NaN", "sNaN", "Infinity", "-Infinity", "1,5", "0x1"),
    ("1e999999", "max_digits"),
    ("1" * 5000, "max_string_length"),
    (10**99, "max_digits"),
]
NO_DATES = _invalid(
    "", "a", "2026", "2026-13-01", "2026-02-30", "0000-01-01", "10000-01-01", "-2026-01-01", "20261201", "2026-W49-2",
    "\u0662\u0660\u0662\u0666-12-01", "\0", "\ud800", "1" * 5000, 0, 1.5, True, [], {}, "2026-12-01T00:00:00Z",
)  # fmt: skip
NO_TIMES = _invalid(
    "", "a", "25:00", "12:60", "12", "24:00:01", "12:00:00+01:00", "120000", "\u0661\u0662:00", "\0", "\ud800",
    "1" * 5000, 0, 1.5, True, [], {},
)  # fmt: skip
NO_DURATIONS: Refused = [
    *_invalid(
        "", "a", " ", "P", "PT", "-", "day", "P1H", "\u0661", "1:2:3:4", "0" * 65, "\0", "\ud800", [], {}, True, "P1Y"
    ),
    (0, WRONG_TYPE),
    (1.5, WRONG_TYPE),
    ("9999999999 00:00:00", "overflow"),
    ("9" * 64, "overflow"),
]
NO_UUIDS: Refused = [
    *_invalid("", "a", "\0", "\ud800", "1" * 5000, [], {}, 1.5, 10**50, "g" * 32, "0" * 31, "0" * 33),
    (1, WRONG_TYPE),
    (True, WRONG_TYPE),
]
NO_JSON: Refused = [
    *UNSTORABLE,
    *(({"a": text}, code) for text, code in UNSTORABLE),
    *(({text: "a"}, code) for text, code in UNSTORABLE),
    *(([["a", {"b": [text]}]], code) for text, code in UNSTORABLE),
]
NO_CHOICES = _invalid(
    True, [], {}, 1.5, 10**99, "?", " ", "\0", "a\0", "\ud800", "x" * 100_000, code="invalid_choice"
)  # fmt: skip
NO_LISTS = _invalid({}, {"0": 1}, "", "a", "1", 1, True, code="not_a_list")
NO_DICTS = _invalid([], "", "a", 1, True, code="not_a_dict")
NO_OBJECTS = _invalid(True, 1, 1.5, "", "a", [], [1])  # for a nested serializer
NO_SLUG_KEYS = _invalid(True, False, 1.5, [], {}, {"id": 1}, "\0", "\ud800")
NO_LINKS: Refused = [
    *_invalid(True, False, 5, 1.5, [], {}, {"id": 1}, code="incorrect_type"),
    *_invalid("a", "\0", "\ud800", "http://[", "/nothing/", "x" * 5000, code="no_match"),
]
# For a text that repeats another one.
UNEQUAL: Refused = [
    *_invalid(True, False, [], ["a"], {}, {"a": "b"}),
    ("", "blank"),
    *((value, "mismatch") for value in ("another one", " ", "\0", "\ud800", 5, -1, 1.5, "x" * 100_000)),
]
NO_FILES = _invalid(True, 1, 1.5, "", "a", [], {})


def longer_than(limit: int, code: str = "max_length") -> Refused:
    """Return strings that are longer than *limit* characters."""
    return [("x" * (limit + 1), code), ("é" * (limit + 1), code), ("x" * 100_000, code)]


REQUIRED: Refused = [(MISSING, "required")]


class Invalid(NamedTuple):
    """A value that a field rejects, the codes of which one is reported, and the rest of the error's JSON pointer.

    *queries* is whether the value may be the key of an object, so that the rejection costs a query.
    """

    value: Any
    codes: tuple[str, ...]
    at: str = ""
    queries: bool = False


def with_codes(refused: Refused) -> Iterator[Invalid]:
    """Return *refused* without null, which depends on the field."""
    return (Invalid(value, (code,)) for value, code in refused if value is not None)
