"""Validation errors that carry their own HTTP status and keep DRF's format of errors per field.

DRF rebuilds error details at every level of nesting, but keeps the *code object* of each detail. The status is
therefore an attribute of the code, so that it survives serializers, lists and aggregation.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError

# For codes without a status of their own, such as those of Django's `full_clean()`.
STATUS_BY_CODE = {"unique": status.HTTP_409_CONFLICT, "unique_together": status.HTTP_409_CONFLICT}


class Code(str):
    """An error code with an HTTP status: `Code("unique", 409)`."""

    status: int

    def __new__(cls, code: str, status: int) -> "Code":
        """Create the string *code* with the attribute *status*."""
        self = super().__new__(cls, code)
        self.status = status
        return self

    def __reduce__(self) -> tuple[type["Code"], tuple[str, int]]:  # copies and pickles keep the status
        return type(self), (str(self), self.status)


class FieldError(ValidationError):
    """A validation error with its own HTTP status; raise it wherever a DRF `ValidationError` may be raised.

    A subclass sets a status, a message and a code, and optionally the field that it belongs to:

        class NameTaken(FieldError):
            status_code = 409
            default_detail = "This name is taken."
            default_code = "name_taken"
            default_field = "name"

    *detail* is a message, a list of messages, or a mapping of field names to either. Among errors with other
    statuses, it keeps its message and code, and the response is 400 (see `status_of`).
    """

    default_field: ClassVar[str | None] = None

    def __init__(self, detail: Any = None, code: str | None = None, *, field: str | None = None) -> None:
        detail = self.default_detail if detail is None else detail
        field = field or self.default_field
        if field is not None and not isinstance(detail, Mapping):
            detail = {field: detail}
        super().__init__(detail, code)
        self.detail = _set_status(self.detail, self.status_code)


class Forbidden(FieldError):
    """The requesting user may not set the field to this value."""

    status_code = status.HTTP_403_FORBIDDEN
    default_detail = _("You may not use this value.")
    default_code = "forbidden"


class Conflict(FieldError):
    """The value conflicts with a stored object."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("This conflicts with an existing object.")
    default_code = "conflict"


class Gone(FieldError):
    """The object that the field refers to existed once and is permanently deleted."""

    status_code = status.HTTP_410_GONE
    default_detail = _("This object no longer exists.")
    default_code = "gone"


class UnprocessableEntity(FieldError):
    """The value is well-formed, but cannot be processed."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = _("This value cannot be processed.")
    default_code = "unprocessable"


class Locked(FieldError):
    """The value cannot be changed at the moment."""

    status_code = status.HTTP_423_LOCKED
    default_detail = _("This value is locked.")
    default_code = "locked"


class BadRequest(APIException):
    """The request is malformed as a whole, so that no view can process it."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = _("The request is malformed.")
    default_code = "bad_request"


class LengthRequired(APIException):
    """The request has a body without `Content-Length`, so that its size is unknown (RFC 9110, 15.5.12)."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_detail = _("Send the request body with a Content-Length header.")
    default_code = "length_required"


class PreconditionFailed(APIException):
    """The object has changed since the client read it (RFC 9110, 15.5.13)."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = _("The object has changed since you read it. Read it again and retry.")
    default_code = "precondition_failed"


class PreconditionRequired(APIException):
    """The request changes an object without naming the state that it is based on (RFC 6585, 3)."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = _("Send If-Match with the ETag of the object.")
    default_code = "precondition_required"


class PayloadTooLarge(APIException):
    """The request body is larger than `DATA_UPLOAD_MAX_MEMORY_SIZE`."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The request body is too large.")
    default_code = "too_large"


class KeyInUse(APIException):
    """Another request with the same `Idempotency-Key` is still being processed."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("A request with this Idempotency-Key is still being processed. Try again later.")
    default_code = "idempotency_key_in_use"
    wait = 1  # seconds; DRF's exception handler sends them as `Retry-After`


class KeyReused(APIException):
    """The `Idempotency-Key` was used for a request with another method, path or body."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = _("This Idempotency-Key was used for another request. Use a new key.")
    default_code = "idempotency_key_reused"


class InUse(APIException):
    """The object cannot be deleted while other objects refer to it."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("This is in use.")
    default_code = "in_use"


class TryAgain(APIException):
    """The database is busy or unavailable, and nothing was written; the client may repeat the request."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("The service is busy. Try again.")
    default_code = "try_again"
    wait = 1  # seconds; DRF's exception handler sends them as `Retry-After`


class OutcomeUnknown(APIException):
    """The database was lost at the moment of the commit, so that the change may have been saved or not.

    There is no `Retry-After`, because a client that repeats the request by itself may write twice.
    """

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _(
        "The connection to the database was lost, and it is unknown whether the change was saved. Check before you "
        "repeat the request. A POST with an Idempotency-Key can be repeated safely."
    )
    default_code = "outcome_unknown"


def details(detail: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], ErrorDetail]]:
    """Yield `(path, error)` for each error in DRF's nested *detail*; *path* has field names and list indexes."""
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
    """Return the common status of all codes in DRF's nested *detail*, or 400 if they differ."""
    statuses = {status_of_code(error.code) for _path, error in details(detail)}
    return statuses.pop() if len(statuses) == 1 else status.HTTP_400_BAD_REQUEST


def status_of_code(code: str | None) -> int:
    """Return the HTTP status of *code*; 400 for a code without one."""
    return code.status if isinstance(code, Code) else STATUS_BY_CODE.get(code or "", status.HTTP_400_BAD_REQUEST)


def _set_status(detail: Any, status_code: int, *, top: bool = True) -> Any:
    """Return DRF's *detail* with *status_code* in every code, and the errors of every field as a list."""
    if isinstance(detail, Mapping):
        return {key: _set_status(value, status_code, top=False) for key, value in detail.items()}
    if isinstance(detail, list):
        return [_set_status(item, status_code) for item in detail]
    error = ErrorDetail(str(detail), Code(detail.code or "invalid", status_code))
    return error if top else [error]
