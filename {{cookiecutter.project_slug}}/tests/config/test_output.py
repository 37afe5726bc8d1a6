"""Security headers of every response, and the origins that may read it (CORS)."""

from typing import Any

import pytest

from hardening.exceptions import TryAgain
from hardening.testing.client import Client

pytestmark = pytest.mark.django_db

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
PROFILES, LOGIN = "/api/v1/profiles/", "/api/v1/auth/login/"
PROFILE = {"username": "ada", "email": "ada@example.com"}

# status: (method, path, body, headers); {profile} is Ada's.
ANSWERS: dict[int, tuple[str, str, Any, dict[str, str]]] = {
    200: ("get", PROFILES, None, {}),
    201: ("post", PROFILES, PROFILE | {"username": "new", "email": "new@example.com"}, {}),
    204: ("delete", PROFILES + "{profile}/", None, {}),
    400: ("post", PROFILES, {}, {}),
    401: ("get", PROFILES, None, {"Authorization": "Bearer none"}),
    404: ("get", "/nothing", None, {}),
    405: ("delete", PROFILES, None, {}),
    406: ("get", PROFILES, None, {"Accept": "image/png"}),
    409: ("post", PROFILES, PROFILE, {}),
    411: ("post", PROFILES, None, {"Transfer-Encoding": "chunked"}),
    413: ("post", PROFILES, {"bio": "x" * 1024 * 1024}, {}),
    415: ("post", PROFILES, {}, {"Content-Encoding": "gzip"}),
}


@pytest.fixture
def ids(ada: Client) -> dict[str, int]:
    return {"profile": ada.post(PROFILES, PROFILE).json()["id"]}


def ask(client: Client, status: int, ids: dict[str, int]) -> Any:
    method, path, body, headers = ANSWERS[status]
    response = getattr(client, method)(path.format(**ids), body, headers=headers, secure=True)
    assert response.status_code == status
    return response


def carried(response: Any) -> dict[str, str]:
    return {name: response.get(name) for name in HEADERS}


@pytest.mark.parametrize("status", ANSWERS)
def test_every_status_has_the_security_headers(ada, ids, status):
    assert carried(ask(ada, status, ids)) == HEADERS


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/admin/", "/api/v1/errors/"])
def test_probes_admin_and_error_codes_have_the_security_headers(client, path):
    response = client.get(path, secure=True)

    for name in HEADERS.keys() - {"Cache-Control", "Content-Security-Policy"}:
        assert response[name] == HEADERS[name]
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


@pytest.mark.parametrize(("error", "status"), [(TryAgain, 503), (ZeroDivisionError, 500), (PermissionError, 500)])
def test_server_errors_have_the_security_headers(ada, monkeypatch, error, status):
    def fail(*args: Any) -> None:
        raise error

    monkeypatch.setattr("accounts.views.ProfileViewSet.list", fail)

    response = ada.get(PROFILES, secure=True)

    assert response.status_code == status
    assert carried(response) == HEADERS


def test_a_throttled_response_has_the_security_headers(ada, monkeypatch):
    monkeypatch.setattr("hardening.throttling.UserRateThrottle.rate", "1/day", raising=False)
    ada.get(PROFILES)

    response = ada.get(PROFILES, secure=True)

    assert response.status_code == 429
    assert carried(response) == HEADERS


def test_a_response_with_a_token_is_not_cached(ada, client):
    response = client.post(LOGIN, {"username": "ada", "password": "correct horse battery"})

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"


def test_responses_do_not_name_the_server_software(ada):
    for path in (PROFILES, "/nothing", "/livez"):
        assert not {"Server", "X-Powered-By", "Via"} & set(ada.get(path).headers)


ORIGIN = "https://app.example.com"
PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization",
}


def allowed(response: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in response.items() if name.lower().startswith("access-control-")}


@pytest.mark.parametrize("origin", [ORIGIN, "null", "http://localhost:3000", "https://testserver"])
def test_cors_is_off_by_default(client, ada, origin):
    for response in (
        client.options(PROFILES, headers=PREFLIGHT | {"Origin": origin}),
        ada.get(PROFILES, headers={"Origin": origin}),
        ada.get("/nothing", headers={"Origin": origin}),
    ):
        assert allowed(response) == {}


def test_only_cors_allowed_origins_may_read_responses_and_errors(ada, settings):
    settings.CORS_ALLOWED_ORIGINS, settings.CORS_URLS_REGEX = [ORIGIN], ""

    too_large = ada.post(PROFILES, {"bio": "x" * 1024 * 1024}, headers={"Origin": ORIGIN})
    assert too_large.status_code == 413
    assert allowed(too_large)["access-control-allow-origin"] == ORIGIN
    for path in (PROFILES, "/nothing"):
        assert allowed(ada.get(path, headers={"Origin": ORIGIN}))["access-control-allow-origin"] == ORIGIN
        for other in ("https://app.example.com.evil.example", "http://app.example.com", "https://example.com", "null"):
            assert allowed(ada.get(path, headers={"Origin": other})) == {}


def test_a_preflight_is_200_without_a_token(client, settings):
    settings.CORS_ALLOWED_ORIGINS, settings.CORS_URLS_REGEX = [ORIGIN], ""

    response = client.options(PROFILES, headers=PREFLIGHT)  # without a token; OPTIONS of the view is 401

    assert response.status_code == 200
    assert response.content == b""
    assert allowed(response)["access-control-allow-origin"] == ORIGIN
    assert "authorization" in allowed(response)["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in allowed(response)
    assert client.options(PROFILES).status_code == 401
