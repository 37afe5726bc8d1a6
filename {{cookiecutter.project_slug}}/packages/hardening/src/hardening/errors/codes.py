"""Every stable error code, with its status and its meaning: what `type` of problem details names."""

from collections.abc import Iterator
from typing import NamedTuple

from django.apps import apps
from rest_framework.exceptions import APIException, ValidationError

from hardening.exceptions import status_of_code
from hardening.integrity.constraints import promises

# Codes of validation that no class of ours stands for. A test holds that no other code ever leaves.
VALIDATION = {
    "blank": "The text is empty.",
    "date": "A moment was sent where a day belongs.",
    "datetime": "A day was sent where a moment belongs.",
    "does_not_exist": "The object is not there, or not for this caller.",
    "duplicate_key": "A JSON object, or a form, has the same key twice.",
    "empty": "The list is empty.",
    "immutable": "The field has another value, and never changes.",
    "incorrect_match": "The link leads to another kind of object.",
    "incorrect_type": "The value is of another type than the key of the object.",
    "invalid": "The value breaks a rule of its field; also where several errors have different codes.",
    "invalid_choice": "The value is none of the choices.",
    "invalid_cursor": "The cursor was not given out by this list.",
    "invalid_number": "The JSON has a number that is none, or too long.",
    "invalid_page_size": "The page size is out of its bounds.",
    "invalid_token": "The token is wrong, too old or used.",
    "invalid_type": "The value has another JSON type than its field.",
    "make_aware": "The clock of the time zone skips the date-time, or shows it twice.",
    "malformed": "The body is no JSON text in UTF-8.",
    "max_body_items": "The request body has too many list items in all its fields.",
    "max_body_rows": "The request body has too many rows in all its lists.",
    "max_decimal_places": "The number has too many decimal places.",
    "max_digits": "The number has too many digits.",
    "max_items": "The list names too many objects.",
    "max_length": "The value is too long.",
    "max_string_length": "The number is written with too many characters.",
    "max_value": "The number is too large.",
    "max_values": "The JSON document has too many values and keys.",
    "max_terms": "The search has too many terms.",
    "max_whole_digits": "The number has too many digits before its point.",
    "min_length": "The value is too short.",
    "min_value": "The number is too small.",
    "mismatch": "The value was to be sent twice, and differs.",
    "no_match": "The link leads nowhere.",
    "not_a_dict": "The value is no object.",
    "not_a_list": "The value is no list.",
    "null": "The value is null.",
    "null_characters_not_allowed": "The text has a NUL character.",
    "overflow": "The value is out of range.",
    "password_entirely_numeric": "The password has digits only.",
    "password_too_common": "The password is a common one.",
    "password_too_short": "The password is too short.",
    "password_too_similar": "The password is too similar to the account.",
    "repeated_parameter": "The query has a parameter more than once.",
    "required": "The value is missing.",
    "surrogate_characters_not_allowed": "The text has half of a surrogate pair.",
    "too_deep": "The JSON is nested too deeply.",
    "unknown_field": "The body has a key that does not exist.",
    "unknown_parameter": "The query has a parameter that does not exist.",
    "wrong_password": "The current password is not that.",
}
# Where DRF's own words have a gap for what was sent.
WORDS = {
    "method_not_allowed": "The method is not allowed here.",
    "unsupported_media_type": "The media type of the body is not supported.",
}
CONFLICTS = {"unique": "The value is taken.", "unique_together": "The values are taken together."}


class Entry(NamedTuple):
    """One code; *status* is what it asks for where all codes of an answer agree."""

    code: str
    status: int
    meaning: str


def entries() -> list[Entry]:
    """Return all codes, those of exceptions and of the models' constraints included, in alphabetical order."""
    found = {code: Entry(code, 400, meaning) for code, meaning in VALIDATION.items()}
    found |= {code: Entry(code, 409, meaning) for code, meaning in CONFLICTS.items()}
    for each in (*_of_exceptions(APIException), *_of_constraints()):
        found.setdefault(each.code, each)
    return sorted(found.values())


def _of_exceptions(exception: type[APIException]) -> Iterator[Entry]:
    for each in exception.__subclasses__():
        if each is not ValidationError and each.default_code != exception.default_code:
            code = str(each.default_code)
            yield Entry(code, each.status_code, WORDS.get(code, str(each.default_detail)))
        yield from _of_exceptions(each)
    if exception is APIException:
        yield Entry(str(exception.default_code), exception.status_code, str(exception.default_detail))


def _of_constraints() -> Iterator[Entry]:
    for model in apps.get_models():
        for promise in promises(model):
            if promise.constraint.violation_error_code:
                error = promise.error()
                yield Entry(str(error.code), status_of_code(error.code), str(error))
