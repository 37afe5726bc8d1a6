"""The test client, which sends JSON and checks every error response."""

import functools
import json
import re
from typing import Any

from django.conf import settings
from rest_framework.exceptions import ErrorDetail
from rest_framework.test import APIClient

from hardening.errors.codes import entries

REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_INTERNALS = re.compile("psycopg|sqlite|select .* from |insert into |constraint “|traceback", re.IGNORECASE)


class Client(APIClient):
    """DRF's test client, which sends JSON and checks the format of every response; *user* is the authenticated user."""

    default_format = "json"

    def __init__(self, *, user: Any = None, **headers: Any) -> None:
        super().__init__(raise_request_exception=False, **headers)
        self.user = user

    def send(self, method: str, path: str, body: Any, **headers: str) -> Any:
        """Send *body* as it is if it is bytes, or else as JSON in ASCII, which can contain lone surrogates."""
        text = body if isinstance(body, bytes) else json.dumps(body)
        return getattr(self, method)(path, text, content_type="application/json", headers=headers)

    def request(self, **kwargs: Any) -> Any:
        response = super().request(**kwargs)
        if "hardening.middleware.request_id" in settings.MIDDLEWARE:
            assert REQUEST_ID.fullmatch(response["X-Request-ID"])
        has_body = kwargs["REQUEST_METHOD"] != "HEAD" and kwargs.get("HTTP_ACCEPT") != "text/html"
        ours = hasattr(response, "data") or "hardening.middleware.error_documents" in settings.MIDDLEWARE
        if response.status_code >= 400 and has_body and ours:
            assert_error_document(response)
        return response


# Codes of the test-only models in `shapes`.
OF_SHAPES = {"same_name", "taken", "wrong_kind"}


def documented_codes() -> set[str]:
    """Return the codes in the catalogue, which grows as modules declare them, and those of the test-only models."""
    return {entry.code for entry in entries()} | OF_SHAPES


@functools.cache
def _documented_before() -> set[str]:
    """Return the codes that were documented at the first error response; to list them for each one is slow."""
    return documented_codes()


def codes(data: Any) -> set[str]:
    """Return the codes of all `ErrorDetail`s in *data*."""
    if isinstance(data, dict):
        return {code for value in data.values() for code in codes(value)}
    if isinstance(data, list):
        return {code for item in data for code in codes(item)}
    return {str(data.code)} if isinstance(data, ErrorDetail) else set()


def assert_error_document(response: Any) -> None:
    """Assert that an error is JSON in one of the two formats, with documented codes and without SQL or driver names."""
    media_type = response["Content-Type"].partition(";")[0]
    assert media_type in ("application/json", "application/problem+json"), response.content
    body = response.json()
    assert isinstance(body, dict)
    if media_type == "application/problem+json":
        assert body["status"] == response.status_code
        assert body["request_id"] == response.get("X-Request-ID", "")
        assert {"type", "title", "detail"} <= body.keys()
        assert ("errors" in body) != ("code" in body)
    elif isinstance(body.get("detail"), str):
        assert set(body) == {"detail", "code"}
    unknown = codes(getattr(response, "data", None)) - _documented_before()
    unknown = unknown and unknown - documented_codes()
    assert not unknown, f"{unknown}: declare a FieldError with this code, see docs/errors.md"
    assert not _INTERNALS.search(response.content.decode())
