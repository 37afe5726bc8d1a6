"""Support `Idempotency-Key` on POST, so that clients can retry safely (draft-ietf-httpapi-idempotency-key-header).

Add the mixin to the viewset, as its first base class:

    class PurchaseViewSet(IdempotencyMixin, ModelViewSet): ...

A client that sends `Idempotency-Key` may repeat the request until it receives a response. The response is stored in
the transaction that makes the changes, so that both are committed or neither is. Error responses are not stored.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connections
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from hardening.exceptions import BadRequest, KeyInUse, KeyReused, OutcomeUnknown, TryAgain
from hardening.models import StoredAnswer

if TYPE_CHECKING:
    from hardening.viewsets import ModelViewSet as _ViewSet  # the class that the mixin extends
else:
    _ViewSet = object

_KEY = re.compile(r'([A-Za-z0-9._-]{1,255})|"([A-Za-z0-9._-]{1,255})"')
_KEPT_HEADERS = ("ETag", "Location")


class IdempotencyMixin(_ViewSet):
    """Process a POST request with `Idempotency-Key` only once, and repeat its response for retries.

    Each user has keys of their own, which expire after the setting `IDEMPOTENCY_KEY_TTL`. The response to a retry has
    the header `Idempotency-Replayed: true`. The status is 400 for a malformed key, 409 while the first request with
    the key is still running, and 422 if the key was used for a different request.
    """

    def handle_unsafe(self, handler: Callable[..., Response], *args: Any, **kwargs: Any) -> Response:
        """Return the response of *handler*, or the stored one for a retry; raise `KeyInUse` or `KeyReused`.

        Raises `BadRequest` for a malformed key, before a transaction begins.
        """
        key = read_key(self.request)
        if key is None:
            return super().handle_unsafe(handler, *args, **kwargs)
        self.in_one_transaction = True  # the response is stored with the changes that it reports
        try:
            return super().handle_unsafe(partial(self._run_once, key, handler), *args, **kwargs)
        except OutcomeUnknown as error:
            raise TryAgain from error  # the key makes it safe to repeat the request

    def _run_once(self, key: str, handler: Callable[..., Response], *args: Any, **kwargs: Any) -> Response:
        claim = Claim(self.request, key, self.unit.using)
        if (stored := claim.stored()) is not None:
            return replay(stored)
        response = handler(*args, **kwargs)
        claim.store(response)
        return response

    def get_error_statuses(self, method: str) -> set[int]:
        """Return the error statuses of the view, with those of idempotency keys for a POST."""
        statuses: set[int] = super().get_error_statuses(method)
        return statuses | {409, 422} if method == "POST" else statuses

    def get_header_parameters(self, method: str) -> list[OpenApiParameter]:
        """Return the header parameters of the view, with `Idempotency-Key` for a POST."""
        parameters: list[OpenApiParameter] = super().get_header_parameters(method)
        if method != "POST":
            return parameters
        schema = {"type": "string", "pattern": f"^(?:{_KEY.pattern})$"}
        description = "A unique text chosen by the client, so that a repeated request is processed only once."
        key = OpenApiParameter("Idempotency-Key", schema, OpenApiParameter.HEADER, description=description)
        return [*parameters, key]


def read_key(request: Request) -> str | None:
    """Return the idempotency key of a POST *request*, or None; raise `BadRequest` if it is malformed."""
    sent = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    if sent is None:
        return None
    found = _KEY.fullmatch(sent)
    if found is None:
        raise BadRequest(_("Idempotency-Key must have 1 to 255 letters, digits, dots, hyphens or underscores."))
    return found[1] or found[2]


class Claim:
    """The claim of one request to an idempotency key, in the current transaction of the database *using*."""

    def __init__(self, request: Request, key: str, using: str) -> None:
        """Lock the key until the transaction ends; raise `KeyInUse` if another request holds it."""
        self.user: Any = request.user
        self.key, self.using = key, using
        self.fingerprint = fingerprint(request)
        if connections[using].vendor == "postgresql" and not self._lock():
            raise KeyInUse  # SQLite runs only one write transaction at a time

    def stored(self) -> StoredAnswer | None:
        """Return the stored response for this key, or None; raise `KeyReused` if it belongs to another request."""
        found = StoredAnswer.objects.using(self.using).filter(user=self.user, key=self.key).first()
        if found is None:
            return None
        if found.created <= kept_since():
            found.delete()
            return None
        if found.fingerprint != self.fingerprint:
            raise KeyReused
        return found

    def store(self, response: Response) -> None:
        """Store *response* for retries, unless it is an error."""
        if response.status_code >= 400:
            return
        StoredAnswer.objects.using(self.using).create(
            user=self.user,
            key=self.key,
            fingerprint=self.fingerprint,
            status=response.status_code,
            headers={name: response[name] for name in _KEPT_HEADERS if name in response},
            body=JSONRenderer().render(response.data).decode(),
            created=timezone.now(),
        )

    def _lock(self) -> bool:
        digest = hashlib.sha256(f"{self.user.pk}:{self.key}".encode()).digest()
        with connections[self.using].cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(digest[:8], signed=True, byteorder="big")]
            )
            return bool(cursor.fetchone()[0])


def fingerprint(request: Request) -> str:
    """Return a digest of the method, the path with the query string, and the parsed body of *request*."""
    content = [request.method, request.get_full_path(), request.data]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def replay(stored: StoredAnswer) -> Response:
    """Return the *stored* response with the header `Idempotency-Replayed`."""
    data = json.loads(stored.body) if stored.body else None
    return Response(data, status=stored.status, headers={**stored.headers, "Idempotency-Replayed": "true"})


def kept_since() -> Any:
    """Return the date-time up to which stored responses have expired."""
    return timezone.now() - getattr(settings, "IDEMPOTENCY_KEY_TTL", timedelta(hours=24))


def expired() -> QuerySet[StoredAnswer]:
    """Return the stored responses that have expired."""
    return StoredAnswer.objects.filter(created__lte=kept_since())
