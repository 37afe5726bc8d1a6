"""The base of all views: what is rejected before a handler runs, and the transaction in which it runs."""

import io
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import Any
from urllib.parse import unquote_to_bytes

import structlog
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.http import HttpRequest
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import views
from rest_framework.exceptions import (
    AuthenticationFailed,
    ErrorDetail,
    NotAuthenticated,
    PermissionDenied,
    ValidationError,
)
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

import hardening.errors.handler  # noqa: F401  # before the first error: DRF imports it by name then
from hardening.deprecation import Deprecated, build_headers
from hardening.errors.problem_details import JSON
from hardening.exceptions import BadRequest
from hardening.integrity.atomic_requests import find_databases, open_own_transactions, run_in_transactions
from hardening.integrity.transactions import Unit, Writes, delete_orphans, note_writes, open_unit
from hardening.routing.nested_routes import names_of_parents
from hardening.throttling import AnonRateThrottle, rate_limit_headers
from hardening.truncation import shortened

MAX_NAMED = 20  # parameters that one error names


class APIView(views.APIView):
    """DRF's view; it rejects unknown query parameters, and its serializers unknown keys."""

    strict_input = True

    names_of_parents: Collection[str] = ()
    """The field names in the body whose values come from the URL and not from the client."""

    is_handling = False  # set when authentication, permissions and throttles have let the request through

    in_one_transaction = False
    """Whether every unsafe request is one transaction, from validation on: for related fields whose scopes lock."""

    deprecated: Deprecated | None = None
    """Since when the route is deprecated; a serializer names its deprecated fields in `Meta.deprecated`."""

    error_statuses: Collection[int] = ()
    throttles: Sequence[Any] = ()
    unit: Unit
    writes: Writes | None = None

    @classmethod
    def as_view(cls, *args: Any, **initkwargs: Any) -> Any:
        """Return DRF's view, which opens the transactions of ATOMIC_REQUESTS itself."""
        return open_own_transactions(super().as_view(*args, **initkwargs))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Respond as DRF does; with ATOMIC_REQUESTS explain a violation at COMMIT, too."""
        if not _has_atomic_requests():
            return self._dispatch(request, *args, **kwargs)
        dispatch = partial(self._dispatch, request, *args, **kwargs)
        return run_in_transactions(dispatch, find_databases(request), self.explain_commit)

    def _dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Return the response: DRF's `dispatch()`, with the handler of an unsafe method run by `handle_unsafe()`."""
        self.args, self.kwargs = args, kwargs
        self.request = prepared = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(prepared, *args, **kwargs)
            method = str(prepared.method).lower()
            # Only names of methods: a client may also send REQUEST or SETTINGS, which name attributes of a view.
            handler = getattr(self, method, None) if method in self.http_method_names else None
            if handler is None:
                response = self.http_method_not_allowed(prepared, *args, **kwargs)
            elif prepared.method in SAFE_METHODS:
                response = handler(prepared, *args, **kwargs)
            else:
                response = self.handle_unsafe(handler, prepared, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  # as DRF does: what it does not know, it raises again
            response = self.handle_exception(error)
        self.response = self.finalize_response(prepared, response, *args, **kwargs)
        return self.response

    def explain_commit(self, error: Exception) -> Response:
        """Return the response to *error*, a violation that COMMIT found after the handler had returned."""
        running: Unit | None = getattr(self, "unit", None)
        if running is not None and isinstance(error, DatabaseError):
            error = running.translate(error)
        answer = self.handle_exception(error)
        self.response = self.finalize_response(self.request, answer, *self.args, **self.kwargs)
        return self.response

    @property
    def allowed_methods(self) -> list[str]:
        """The methods for `Allow`: OPTIONS only where the view does not answer it with 405 (RFC 9110, 10.2.1)."""
        methods: list[str] = super().allowed_methods
        has_options = self.metadata_class is not None or type(self).options is not views.APIView.options
        return [method for method in methods if has_options or method != "OPTIONS"]

    def get_error_statuses(self, method: str) -> set[int]:
        """Return the statuses of errors of *method* beside the usual ones, for the schema."""
        return set(self.error_statuses)

    def get_empty_statuses(self, method: str) -> set[int]:
        """Return the statuses that *method* answers with and that have no body, for the schema."""
        return set()

    def get_header_parameters(self, method: str) -> list[OpenApiParameter]:
        """Return the request headers that *method* reads, for the schema."""
        return []

    def get_throttles(self) -> list[Any]:
        """Return DRF's throttles, and keep them to tell the client what they counted."""
        self.throttles = super().get_throttles()
        return self.throttles

    def check_throttles(self, request: Request, throttles: Sequence[Any] | None = None) -> None:
        """Raise `Throttled` at the first throttle that rejects the request; the others count only what it lets pass."""
        self.throttles = self.get_throttles() if throttles is None else throttles
        for throttle in self.throttles:
            if not throttle.allow_request(request, self):
                self.throttled(request, throttle.wait())

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Finish *response* as DRF does, with headers for what is left of each rate, and for what is deprecated."""
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in (*rate_limit_headers(self.throttles), *build_headers(self)):
            response[name] = value
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let DRF authenticate, authorize and throttle, and check the query string and the parents in the URL.

        DRF rejects a request without access before it counts it; here it counts too, so that nobody may guess tokens,
        or have them looked up, without limit.
        """
        try:
            super().initial(request, *args, **kwargs)
        except (AuthenticationFailed, NotAuthenticated, PermissionDenied):
            known = getattr(request.user, "is_authenticated", False)
            APIView.check_throttles(self, request, None if known else [AnonRateThrottle()])
            raise
        if request.user.pk is not None:
            structlog.contextvars.bind_contextvars(user=request.user.pk)
        if request.META.get("QUERY_STRING"):
            self.check_query_string(request)
        self.is_handling = True
        if hasattr(self, "_get_parent_lookup_kwargs"):
            self.names_of_parents = names_of_parents(self)

    def is_one_unit(self) -> bool:
        """Tell whether all that the handler of an unsafe method does is one transaction, as under ATOMIC_REQUESTS."""
        return self.in_one_transaction or _has_atomic_requests()

    def get_write_database(self) -> str:
        """Return the alias of the database of that transaction."""
        return DEFAULT_DB_ALIAS

    def handle_unsafe(self, handler: Callable[..., Response], *args: Any, **kwargs: Any) -> Response:
        """Return what *handler*, of an unsafe method, answers; run as one transaction if the request is one unit.

        A violation then leaves nothing behind, at COMMIT too. After every failure, uploaded files are deleted, and it
        is known which tables were written.
        """
        using = self.get_write_database() if self.is_one_unit() else None
        if using is not None:
            self.read_body()
        with delete_orphans(), note_writes() as self.writes:
            if using is None:
                return handler(*args, **kwargs)
            with open_unit(using) as self.unit:
                return handler(*args, **kwargs)

    def read_body(self) -> None:
        """Read and parse the request body, since a client that is slow to send it must not hold a transaction open.

        An empty body is left to a handler that asks for it: many clients send `Content-Type` with every DELETE.
        """
        if self.request.META.get("CONTENT_LENGTH") not in (None, "", "0"):
            self.request.data  # noqa: B018  # the property reads

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Return DRF's request; of a class of ours for a JSON body of no bytes."""
        prepared: Any = super().initialize_request(request, *args, **kwargs)
        if not _is_empty_json(request):
            return prepared
        return _EmptyRequest(
            request,
            parsers=prepared.parsers,
            authenticators=prepared.authenticators,
            negotiator=prepared.negotiator,
            parser_context=prepared.parser_context,
        )

    def validated(self, serializer_class: type[BaseSerializer[Any]]) -> Any:
        """Return the body as *serializer_class* reads it; raise its `ValidationError`. For views without a model."""
        serializer = serializer_class(data=self.request.data, context={"request": self.request, "view": self})
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def get_query_parameters(self) -> Collection[str]:
        """Return the names of the query parameters that this request may have."""
        return ()

    def get_repeatable_parameters(self) -> Collection[str]:
        """Return the names of the query parameters that this request may have more than once."""
        return ()

    def check_query_string(self, request: Request) -> None:
        """Raise `BadRequest` for one that is no text, `ValidationError` for parameters that are not known."""
        try:
            text = unquote_to_bytes(request.META["QUERY_STRING"]).decode("utf-8")
        except UnicodeError as error:
            raise BadRequest(_("The query string is not UTF-8.")) from error
        if "\0" in text:
            raise BadRequest(_("The query string has a NUL character."))
        query = request.query_params
        # Each reader between the client and us may take another one of them.
        repeated = [name for name, values in query.lists() if len(values) > 1]
        if repeated and (repeated := sorted(set(repeated) - set(self.get_repeatable_parameters()))):
            raise _reject(repeated, _("This parameter is there more than once."), "repeated_parameter")
        if unknown := query.keys() - set(self.get_query_parameters()):
            raise _reject(unknown, _("This parameter does not exist."), "unknown_parameter")


class _EmptyRequest(Request):
    """DRF's request, whose body has no bytes, and so is not a JSON text: DRF would read an empty object."""

    @property
    def stream(self) -> Any:
        """A stream without bytes, which the parser rejects."""
        return io.BytesIO()


def _is_empty_json(request: HttpRequest) -> bool:
    if (request.META.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower() != JSON:
        return False
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0) == 0
    except ValueError:  # Django and DRF read such a body as empty
        return True


def _has_atomic_requests() -> bool:
    return any(each["ATOMIC_REQUESTS"] for each in connections.settings.values())


def _reject(names: Iterable[str], text: str, code: str) -> ValidationError:
    return ValidationError({shortened(name): [ErrorDetail(text, code)] for name in sorted(names)[:MAX_NAMED]})
