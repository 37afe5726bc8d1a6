"""Invalid values for fields of each type, with the code of the error."""

from typing import Any

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


def longer_than(limit: int, code: str = "max_length") -> Refused:
    """Return strings that are longer than *limit* characters."""
    return [("x" * (limit + 1), code), ("é" * (limit + 1), code), ("x" * 100_000, code)]


REQUIRED: Refused = [(MISSING, "required")]
