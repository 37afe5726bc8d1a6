"""Retries that are safe (draft-ietf-httpapi-idempotency-key-header): a POST has its effect once, and one answer.

One line on the viewset, before the others it derives from:

    class PurchaseViewSet(IdempotencyMixin, ModelViewSet): ...

A client that sends `Idempotency-Key` may send the same request again until it has an answer. The answer is stored
in the transaction of the effect, so there is never one without the other; a refusal has no effect, and is not kept.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connections
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from hardening.exceptions import BadRequest, KeyInUse, KeyReused
from hardening.models import StoredAnswer

if TYPE_CHECKING:
    from hardening.viewsets import ModelViewSet as _ViewSet  # what the mixin stands before
else:
    _ViewSet = object

_KEY = re.compile(r'([A-Za-z0-9._-]{1,255})|"([A-Za-z0-9._-]{1,255})"')
_KEPT_HEADERS = ("ETag", "Location")


class IdempotencyMixin(_ViewSet):
    """Takes `Idempotency-Key` on POST; keys are a user's own, and live for `IDEMPOTENCY_KEY_TTL`.

    A retry gets the stored answer with `Idempotency-Replayed: true`. A key that is malformed is 400, one whose
    request is still running 409, and one that was sent with another request 422.
    """

    @cached_property
    def idempotency_key(self) -> str | None:
        """The key of a POST that has one. Raises `BadRequest` for one that is malformed."""
        sent = self.request.headers.get("Idempotency-Key") if self.request.method == "POST" else None
        if sent is None:
            return None
        found = _KEY.fullmatch(sent)
        if found is None:
            raise BadRequest(_("Idempotency-Key has 1 to 255 letters, digits, dots, dashes and underscores."))
        return found[1] or found[2]

    def is_one_unit(self) -> bool:
        """Tell whether all that the handler does is one transaction; where there is a key, it is."""
        has_key = self.idempotency_key is not None  # a malformed one is rejected before any transaction
        return has_key or super().is_one_unit()

    def run(self, handler: Callable[..., Response], *args: Any, **kwargs: Any) -> Response:
        """Return what *handler* answers, or answered; raise `KeyInUse` or `KeyReused`."""
        if self.idempotency_key is None:
            return super().run(handler, *args, **kwargs)
        claim = Claim(self.request, self.idempotency_key, self.unit.using)
        if (stored := claim.stored()) is not None:
            return replay(stored)
        response: Response = super().run(handler, *args, **kwargs)
        claim.store(response)
        return response

    def get_error_statuses(self, method: str) -> set[int]:
        """Return the statuses of the view, and those of a key that cannot be used."""
        statuses: set[int] = super().get_error_statuses(method)
        return statuses | {409, 422} if method == "POST" else statuses

    def get_header_parameters(self, method: str) -> list[OpenApiParameter]:
        """Return the headers of the view, and the key on a POST."""
        parameters: list[OpenApiParameter] = super().get_header_parameters(method)
        if method != "POST":
            return parameters
        schema = {"type": "string", "pattern": f"^(?:{_KEY.pattern})$"}
        description = "Any text of the client's own: the request may be sent again, and has its effect once."
        key = OpenApiParameter("Idempotency-Key", schema, OpenApiParameter.HEADER, description=description)
        return [*parameters, key]


class Claim:
    """The use of a key by one request, in the transaction that runs on the database *using*."""

    def __init__(self, request: Request, key: str, using: str) -> None:
        """Claim the key until the transaction ends; raise `KeyInUse` where another request has it."""
        self.user: Any = request.user
        self.key, self.using = key, using
        self.fingerprint = fingerprint(request)
        if connections[using].vendor == "postgresql" and not self._lock():
            raise KeyInUse  # SQLite's transactions come one after the other

    def stored(self) -> StoredAnswer | None:
        """Return the answer of this key, if one is kept; raise `KeyReused` where it is another request's."""
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
        """Keep *response* for retries, unless it is a refusal."""
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
    """Return the digest of what *request* asks for: its method, its path with the query, and its body's content."""
    content = [request.method, request.get_full_path(), request.data]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def replay(stored: StoredAnswer) -> Response:
    """Return the answer that was *stored*, marked as such."""
    data = json.loads(stored.body) if stored.body else None
    return Response(data, status=stored.status, headers={**stored.headers, "Idempotency-Replayed": "true"})


def kept_since() -> Any:
    """Return the moment before which stored answers have expired."""
    return timezone.now() - getattr(settings, "IDEMPOTENCY_KEY_TTL", timedelta(hours=24))


def expired() -> QuerySet[StoredAnswer]:
    """Return the answers that no retry gets any more."""
    return StoredAnswer.objects.filter(created__lte=kept_since())
