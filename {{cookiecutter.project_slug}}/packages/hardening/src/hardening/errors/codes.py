"""The catalogue of error codes: each code with its HTTP status and meaning, as documented in `docs/errors.md`."""

from collections.abc import Iterator
from typing import NamedTuple

from django.apps import apps
from rest_framework.exceptions import APIException, ValidationError

from hardening.exceptions import status_of_code
from hardening.integrity.constraints import get_constraints

# Codes without an exception class of their own. A test checks that responses contain no other codes.
VALIDATION = {
    "blank": "The string is empty.",
    "date": "A date-time was sent; a date was expected.",
    "datetime": "A date was sent; a date-time was expected.",
    "does_not_exist": "The object does not exist, or is not visible to the user.",
    "duplicate_key": "A JSON object or a form contains the same key twice.",
    "empty": "The list is empty.",
    "immutable": "The field cannot be changed once it is set.",
    "incorrect_match": "The URL is that of another kind of object.",
    "incorrect_type": "The value does not have the JSON type of the related object's primary key.",
    "invalid": "The value is invalid; also used if the errors of a response have different codes.",
    "invalid_choice": "The value is not one of the choices.",
    "invalid_cursor": "The cursor is not one of this list.",
    "invalid_number": "The JSON contains an invalid number, or one with too many digits.",
    "invalid_page_size": "The page size is out of range.",
    "invalid_token": "The token is invalid, expired or already used.",
    "invalid_type": "The value does not have the JSON type of the field.",
    "make_aware": "The date-time does not exist or is ambiguous in its time zone.",
    "malformed": "The request body is not valid JSON in UTF-8.",
    "max_body_items": "The request body contains too many list items in total.",
    "max_body_rows": "The request body contains too many objects to write in total.",
    "max_decimal_places": "The number has too many decimal places.",
    "max_digits": "The number has too many digits.",
    "max_items": "The list contains too many objects.",
    "max_length": "The value is too long.",
    "max_string_length": "The number has too many characters.",
    "max_value": "The number is too large.",
    "max_values": "The JSON document contains too many values and keys.",
    "max_terms": "The search has too many terms.",
    "max_whole_digits": "The number has too many digits before the decimal point.",
    "min_length": "The value is too short.",
    "min_value": "The number is too small.",
    "mismatch": "Two fields that must be equal differ.",
    "no_match": "The URL does not match an object of this API.",
    "not_a_dict": "The value is not an object.",
    "not_a_list": "The value is not a list.",
    "null": "The value is null.",
    "null_characters_not_allowed": "The string contains a NUL character.",
    "overflow": "The value is out of range.",
    "password_entirely_numeric": "The password consists of digits only.",
    "password_too_common": "The password is too common.",
    "password_too_short": "The password is too short.",
    "password_too_similar": "The password is too similar to the user's other data.",
    "repeated_parameter": "The query string contains a parameter more than once.",
    "required": "The field is missing.",
    "surrogate_characters_not_allowed": "The string contains a lone surrogate.",
    "too_deep": "The JSON is nested too deeply.",
    "unknown_field": "The request body contains an unknown field name.",
    "unknown_parameter": "The query string contains an unknown parameter.",
    "wrong_password": "The current password is incorrect.",
}
# Instead of DRF's messages, which have a placeholder.
MESSAGES = {
    "method_not_allowed": "The method is not allowed for this URL.",
    "unsupported_media_type": "The media type of the request body is not supported.",
}
CONFLICTS = {
    "unique": "An object with this value exists already.",
    "unique_together": "An object with this combination of values exists already.",
}


class Entry(NamedTuple):
    """An error code; *status* is that of a response whose errors all have this status."""

    code: str
    status: int
    meaning: str


def entries() -> list[Entry]:
    """Return all error codes, with those of exception classes and of constraints, in alphabetical order."""
    catalogue = {code: Entry(code, 400, meaning) for code, meaning in VALIDATION.items()}
    catalogue |= {code: Entry(code, 409, meaning) for code, meaning in CONFLICTS.items()}
    for entry in (*_list_exceptions(APIException), *_list_constraints()):
        catalogue.setdefault(entry.code, entry)
    return sorted(catalogue.values())


def _list_exceptions(exception: type[APIException]) -> Iterator[Entry]:
    for subclass in exception.__subclasses__():
        if subclass is not ValidationError and subclass.default_code != exception.default_code:
            code = str(subclass.default_code)
            yield Entry(code, subclass.status_code, MESSAGES.get(code, str(subclass.default_detail)))
        yield from _list_exceptions(subclass)
    if exception is APIException:
        yield Entry(str(exception.default_code), exception.status_code, str(exception.default_detail))


def _list_constraints() -> Iterator[Entry]:
    for model in apps.get_models():
        for constraint in get_constraints(model):
            if constraint.definition.violation_error_code:
                error = constraint.error()
                yield Entry(str(error.code), status_of_code(error.code), str(error))
