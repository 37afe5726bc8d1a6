"""Errors that keep DRF's per-field shape and choose their own HTTP status.

DRF rebuilds error details at every level of nesting, but passes the *code object* of each detail on by
identity. So the status rides on the code, and survives serializers, lists and aggregation.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError

# Codes of validators that know nothing of this module, such as Django's own `full_clean()`.
STATUS_BY_CODE = {"unique": status.HTTP_409_CONFLICT, "unique_together": status.HTTP_409_CONFLICT}


class Code(str):
    """An error code that carries the HTTP status it asks for: `Code("unique", 409)`."""

    status: int

    def __new__(cls, code: str, status: int) -> "Code":
        """Return *code*, a string like any other, with its *status* beside it."""
        self = super().__new__(cls, code)
        self.status = status
        return self

    def __reduce__(self) -> tuple[type["Code"], tuple[str, int]]:  # copies and pickles keep the status
        return type(self), (str(self), self.status)


class FieldError(ValidationError):
    """A validation error that asks for a status of its own; raise it wherever DRF's own may be raised.

    A subclass is its status, its sentence and its code, and a field where it always means the same one:

        class NameTaken(FieldError):
            status_code = 409
            default_detail = "This name is taken."
            default_code = "name_taken"
            default_field = "name"

    *detail* is a text, a list of texts, or a mapping of field names to either. Raised beside errors that
    ask for another status, it keeps its text and code, and the answer is 400 (see `status_of`).
    """

    default_field: ClassVar[str | None] = None

    def __init__(self, detail: Any = None, code: str | None = None, *, field: str | None = None) -> None:
        detail = self.default_detail if detail is None else detail
        field = field or self.default_field
        if field is not None and not isinstance(detail, Mapping):
            detail = {field: detail}
        super().__init__(detail, code)
        self.detail = _with_status(self.detail, self.status_code)


class Forbidden(FieldError):
    """The caller may not give this field this value."""

    status_code = status.HTTP_403_FORBIDDEN
    default_detail = _("You may not use this value.")
    default_code = "forbidden"


class Conflict(FieldError):
    """The value clashes with what is stored already."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("This conflicts with what is stored already.")
    default_code = "conflict"


class Gone(FieldError):
    """What the field names existed once and never will again."""

    status_code = status.HTTP_410_GONE
    default_detail = _("This is gone.")
    default_code = "gone"


class UnprocessableEntity(FieldError):
    """The value is well-formed, and cannot be acted on."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = _("This cannot be processed.")
    default_code = "unprocessable"


class Locked(FieldError):
    """The value may not change at present."""

    status_code = status.HTTP_423_LOCKED
    default_detail = _("This is locked.")
    default_code = "locked"


class BadRequest(APIException):
    """The request cannot be read, whatever it was meant for."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = _("This request cannot be read.")
    default_code = "bad_request"


class LengthRequired(APIException):
    """The body came without its length, so that nobody could refuse it before reading (RFC 9110, 15.5.12)."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_detail = _("Send the body with its Content-Length.")
    default_code = "length_required"


class PreconditionFailed(APIException):
    """The object has changed since the caller read it (RFC 9110, 15.5.13)."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = _("This has changed since you read it. Read it again.")
    default_code = "precondition_failed"


class PreconditionRequired(APIException):
    """The change came without a word on which state of the object it is meant for (RFC 6585, 3)."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = _("Send If-Match with the ETag of what you read.")
    default_code = "precondition_required"


class PayloadTooLarge(APIException):
    """The body is larger than the server reads."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The body is too large.")
    default_code = "too_large"


class KeyInUse(APIException):
    """Another request with the same `Idempotency-Key` has not ended yet."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("A request with this Idempotency-Key is still running. Send it again later.")
    default_code = "idempotency_key_in_use"
    wait = 1


class KeyReused(APIException):
    """The `Idempotency-Key` belongs to another request."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = _("This Idempotency-Key was used for another request. Take a new one.")
    default_code = "idempotency_key_reused"


class InUse(APIException):
    """The object cannot be deleted while others refer to it."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("This is in use.")
    default_code = "in_use"


class TryAgain(APIException):
    """The database was busy with others, or away; nothing was written, and the same request may be sent again."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("The service is busy. Try again.")
    default_code = "try_again"
    wait = 1  # seconds; DRF's handler sends them as `Retry-After`


def details(detail: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], ErrorDetail]]:
    """Yield `(path, detail)` for each single error in DRF's nested *detail*; *path* holds keys and indexes."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            yield from details(value, (*path, key))
    elif isinstance(detail, list):
        nested = any(isinstance(item, list | Mapping) for item in detail)
        for index, item in enumerate(detail):
            yield from details(item, (*path, index) if nested else path)
    else:
        yield path, detail


def status_of(detail: Any) -> int:
    """Return the status that all the codes in DRF's nested *detail* agree on, 400 where they do not."""
    statuses = {status_of_code(single.code) for _path, single in details(detail)}
    return statuses.pop() if len(statuses) == 1 else status.HTTP_400_BAD_REQUEST


def status_of_code(code: str | None) -> int:
    """Return the status that a single *code* asks for."""
    return code.status if isinstance(code, Code) else STATUS_BY_CODE.get(code or "", status.HTTP_400_BAD_REQUEST)


def _with_status(detail: Any, status_code: int, *, top: bool = True) -> Any:
    """Return DRF's *detail* with *status_code* in every code, and every field's errors as a list."""
    if isinstance(detail, Mapping):
        return {key: _with_status(value, status_code, top=False) for key, value in detail.items()}
    if isinstance(detail, list):
        return [_with_status(item, status_code) for item in detail]
    single = ErrorDetail(str(detail), Code(detail.code or "invalid", status_code))
    return single if top else [single]
